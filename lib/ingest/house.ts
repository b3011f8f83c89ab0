/** What the steps of ingest share in one process: the redactor, the IP data, the open groups, the keys, the refusals. Made at first use. */
import path from "node:path";
import { KeyRing } from "@/lib/access/key-ring";
import { config } from "@/lib/config";
import { openPlaces } from "@/lib/geo/places";
import { ring } from "@/lib/queue/bells";
import { appendEvents } from "@/lib/store/events";
import { AtMost } from "./at-most";
import { Capacity } from "./capacity";
import { GroupCommit } from "./group-commit";
import { defaultLimits, type IngestLimits } from "./limits";
import type { Tools } from "./prepare-event";
import { RateLimits } from "./rate-limits";
import { readAgent } from "./read-agent";
import { createMask, createRedactor } from "./redact-event";
import { RefusalLog } from "./refusal-log";
import { remember } from "./remember";

/** The shared parts. */
export interface IngestHouse {
  tools: Tools;
  limits: IngestLimits;
  keys: KeyRing;
  rates: RateLimits;
  capacity: Capacity;
  commits: GroupCommit;
  refusals: RefusalLog;
  /** Bodies being inflated: each may become its largest size in memory. */
  inflations: AtMost;
  /** Large requests being prepared. */
  turns: AtMost;
}

let opening: Promise<IngestHouse> | undefined;

/** The parts of this process. The first call opens the IP data, which takes about half a second. */
export function ingestHouse(): Promise<IngestHouse> {
  opening ??= open().catch((error: unknown) => {
    opening = undefined;
    throw error;
  });
  return opening;
}

async function open(): Promise<IngestHouse> {
  const { HASH_KEY, GEO_CITY_MMDB, MAX_BODY_MB, MAX_INFLATED_MB, REDACT_NAMES, VEDETTE_HOME } = config();
  const places = await openPlaces({ modulesDirectory: path.join(process.cwd(), "node_modules"), cityFile: GEO_CITY_MMDB });
  const names = REDACT_NAMES.split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  const hashKey = Buffer.from(HASH_KEY);
  const commits = new GroupCommit(appendEvents, () => void ring("detect"));
  return {
    tools: {
      redact: createRedactor(hashKey, { names }),
      placeOf: remember(50_000, (ip) => places.placeOf(ip)),
      agentOf: remember(10_000, readAgent),
    },
    limits: { ...defaultLimits, rawBytes: MAX_BODY_MB, inflatedBytes: MAX_INFLATED_MB },
    keys: new KeyRing(),
    rates: new RateLimits(),
    capacity: new Capacity(VEDETTE_HOME),
    commits,
    refusals: new RefusalLog(createMask(hashKey, { names })),
    inflations: new AtMost(2),
    turns: new AtMost(1),
  };
}

/** Writes what is left to write, so that the process can end. */
export async function closeIngest(): Promise<void> {
  const house = await opening;
  opening = undefined;
  house?.capacity.close();
  await house?.refusals.close();
}
