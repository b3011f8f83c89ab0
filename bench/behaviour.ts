/** The suite of behaviour: `npm run --silent bench -- behaviour` measures the families of attacks, `… behaviour scale` what many sources and sessions cost. */
export {};

const [part, ...args] = process.argv.slice(2);

if (part === "scale") await import("./behaviour/scale").then(({ run }) => run(args));
else await import("./behaviour/families");
