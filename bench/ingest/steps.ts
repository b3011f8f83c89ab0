/** Where the time of ingest goes: the ingest process by sampling its stack, PostgreSQL by sampling what its sessions do. */
import { Session } from "node:inspector/promises";
import type { Profiler } from "node:inspector";
import { setTimeout as wait } from "node:timers/promises";
import pg from "pg";

/** Step and share of all samples, 0 to 1; the largest first. */
export type Shares = [step: string, share: number][];

/** A frame belongs to the step of the first pattern that its file matches; a sample to the innermost frame that belongs to one. */
const steps: readonly [RegExp, string][] = [
  [/lib\/ingest\/(?:scan-json|decode-body|inspect-json)/, "parse"],
  [/lib\/ingest\/(?:validate-event|compile-check)|node_modules\/zod/, "validate"],
  [/lib\/ingest\/(?:redact-event|secrets)/, "redact"],
  [/lib\/ingest\/content-digest/, "digest"],
  [/lib\/(?:geo|ingest\/(?:enrich-event|read-agent|remember|new-id))/, "enrich"],
  [/lib\/store\/(?:event-rows|row-pages)/, "encode"],
  [/lib\/store\/outcomes/, "account"],
  [/node_modules\/pg/, "COPY and commit"],
  [/lib\/(?:store|ingest\/group-commit)/, "COPY and commit"],
  [/lib\/http|lib\/ingest\/(?:call|handle-events)|node:_?http/, "read and answer"],
];

/** Samples this process until the returned function is called, which tells the shares of its CPU time. */
export async function sampleProcess(): Promise<() => Promise<Shares>> {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.setSamplingInterval", { interval: 1000 });
  await session.post("Profiler.start");
  return async () => {
    const { profile } = await session.post("Profiler.stop");
    session.disconnect();
    return sharesOf(profile);
  };
}

function sharesOf({ nodes, samples = [] }: Profiler.Profile): Shares {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parentOf = new Map(nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node.id] as const)));
  const counts = new Map<string, number>();
  for (const sample of samples) {
    const name = byId.get(sample)?.callFrame.functionName;
    if (name !== "(idle)") add(counts, name === "(garbage collector)" ? "collect garbage" : stepOf(sample));
  }
  return shares(counts);

  function stepOf(sample: number): string {
    for (let id: number | undefined = sample; id !== undefined; id = parentOf.get(id)) {
      const url = byId.get(id)?.callFrame.url ?? "";
      const step = steps.find(([file]) => file.test(url));
      if (step) return step[1];
    }
    return "other";
  }
}

/** Samples what the sessions of the ingest process do in PostgreSQL until the returned function is called. */
export function sampleDatabase(connectionString: string): () => Promise<Shares> {
  const counts = new Map<string, number>();
  let going = true;
  const sampling = (async () => {
    const client = new pg.Client({ connectionString });
    await client.connect();
    for (; going; await wait(10)) {
      const { rows } = await client.query(
        "select query from pg_stat_activity where usename = 'vedette_app' and state = 'active' and backend_type = 'client backend'",
      );
      for (const { query } of rows) add(counts, statementOf(query));
    }
    await client.end();
  })();
  return async () => {
    going = false;
    await sampling;
    return shares(counts);
  };
}

const statementOf = (query: string): string => {
  const words = query.trim().toLowerCase().split(/\s+/);
  if (words[0] === "copy") return "COPY";
  if (words[0] === "commit") return "commit";
  if (words[0] === "insert") return words[2] ?? "insert";
  return words[0] ?? "";
};

const add = (counts: Map<string, number>, name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1);

function shares(counts: ReadonlyMap<string, number>): Shares {
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return [...counts].map(([name, count]): Shares[number] => [name, count / all]).sort(([, a], [, b]) => b - a);
}
