/** `npm run build`: builds the dashboard if its sources have changed. */
import { build, buildIsStale } from "./launch/build.mjs";
import { fail, step } from "./launch/say.mjs";

if (buildIsStale()) await step("Building the dashboard", build).catch(fail);
else process.stdout.write("The build is up to date.\n");
