/** What the launchers say while they work: one line a step, with the time it took. Node built-ins only: nothing is installed yet. */
const colour = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code, text) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);

export const bold = (text) => paint("1", text);
export const dim = (text) => paint("2", text);

/** An error whose message is meant for the person at the terminal; it is printed without a stack. */
export class Halt extends Error {}

/** One line about what happens by itself. */
export const tell = (text) => process.stdout.write(`${dim("•")} ${text}\n`);

/** Runs one step of the start and says how it went. `work` receives a function that reports progress. */
export async function step(name, work) {
  const started = Date.now();
  tell(`${name} …`);
  const progress = (text) => process.stdout.write(`  ${dim(text)}\n`);
  const result = await work(progress);
  process.stdout.write(`${paint("32", "✓")} ${name} ${dim(`${((Date.now() - started) / 1000).toFixed(1)} s`)}\n`);
  return result;
}

/** Ends a launcher: a Halt is an answer, anything else is a bug and shows its stack. */
export function fail(error) {
  process.stderr.write(`\n${paint("31", "✗")} ${error instanceof Halt ? error.message : (error?.stack ?? error)}\n`);
  process.exit(1);
}
