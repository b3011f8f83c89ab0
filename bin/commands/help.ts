import { commandNames, loadCommand } from "./main";

export const summary = "Say what the commands do";

export const usage = `Usage: vedette help [COMMAND]

Lists the commands, or explains one.`;

const intro = `Vedette is a sentry for APIs: it takes in what happens at them, notices attacks while they happen, says why, and mails the people who must act.

  npm start                               starts everything; open the address that it prints
  npm run --silent vedette -- COMMAND     runs one of these commands

Commands:`;

const outro = `First steps:
  1. npm start, and sign in with the password that it prints
  2. vedette import --format nginx /var/log/nginx/access.log    to see what attacks are in a log you have
  3. send events: the dashboard has a snippet for your stack under "Send your first event"

More about one command: vedette help COMMAND`;

/** Runs the command. */
export async function run([name]: string[]): Promise<number> {
  const names = commandNames();
  if (name !== undefined) {
    if (!names.includes(name)) {
      console.error(`There is no command "${name}". Commands: ${names.join(", ")}.`);
      return 2;
    }
    const command = await loadCommand(name);
    console.log(`${command.summary}.\n\n${command.usage}`);
    return 0;
  }
  const width = Math.max(...names.map((one) => one.length));
  const lines: string[] = [];
  for (const one of names) lines.push(`  ${one.padEnd(width)}  ${(await loadCommand(one)).summary}`);
  console.log(`${intro}\n${lines.join("\n")}\n\n${outro}`);
  return 0;
}
