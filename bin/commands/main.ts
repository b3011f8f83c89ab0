/** Finds the command by its name and runs it. A command is a file here that exports `summary`, `usage` and `run`. */
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { AppError } from "@/lib/errors";

/** What each file in this folder exports. `run` resolves to the exit code: 0 done, 1 failed, 2 used wrongly. */
export interface Command {
  summary: string;
  usage: string;
  run(args: string[]): Promise<number>;
}

const folder = path.dirname(fileURLToPath(import.meta.url));

/** The names of all commands. */
export const commandNames = (): string[] =>
  fs
    .readdirSync(folder)
    .filter((file) => file.endsWith(".ts") && file !== "main.ts")
    .map((file) => file.slice(0, -3))
    .sort();

export const loadCommand = (name: string): Promise<Command> => import(path.join(folder, `${name}.ts`));

async function main([name = "help", ...args]: string[]): Promise<number> {
  const known = commandNames();
  if (name === "--help" || name === "-h") return (await loadCommand("help")).run(args);
  if (!known.includes(name)) {
    console.error(`There is no command "${name}". Commands: ${known.join(", ")}. Try: npm run vedette -- help`);
    return 2;
  }
  const command = await loadCommand(name);
  if (args.includes("--help") || args.includes("-h")) {
    console.log(command.usage);
    return 0;
  }
  return command.run(args);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main(process.argv.slice(2)).then(
    (code) => process.exit(code),
    (error: unknown) => {
      console.error(error instanceof AppError ? error.publicMessage : error);
      process.exit(1);
    },
  );
}
