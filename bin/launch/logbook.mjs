/** Where the processes' log lines go: all to a file of bounded size, warnings and worse to the terminal too. */
import fs from "node:fs";

const LIMIT = 20 * 1024 * 1024; // 20 MiB, twice: the current file and the one before
const WARN = 40;

/** Takes a process's output: `write(chunk)` keeps it, `tail()` is the last of it, for when the process ended unexpectedly. */
export function openLogbook(file) {
  let size = fs.existsSync(file) ? fs.statSync(file).size : 0;
  let rest = "";
  let last = [];
  return {
    write(chunk) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop();
      for (const line of lines) keep(line);
    },
    tail: () => last.join("\n"),
  };

  function keep(line) {
    if (size > LIMIT) {
      fs.renameSync(file, `${file}.1`);
      size = 0;
    }
    fs.appendFileSync(file, `${line}\n`, { mode: 0o600 });
    size += line.length + 1;
    last = [...last.slice(-19), line];
    if (isWorthSaying(line)) process.stderr.write(`${line}\n`);
  }
}

function isWorthSaying(line) {
  const level = /^\{"level":(\d+)/.exec(line)?.[1];
  return level !== undefined && Number(level) >= WARN;
}
