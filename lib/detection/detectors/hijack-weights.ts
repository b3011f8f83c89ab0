/** How verdicts of people move the weights of the session detector: a little each, within bounds, and back again when a verdict is taken back. */
import type { HijackFactor, HijackLesson } from "@/lib/model/hijack-lesson";
import { type HijackWeights, sessionHijackDefaults } from "./session-hijack";

const STEP = { true: 1.05, benign: 0.9, false: 0.9 };
// No verdict can switch a factor off: half of its weight stays, so that two or three changes at once still reach the line.
const BOUNDS = [0.5, 1.25] as const;

/** Names of the factors as alerts say them. */
const SAID: Readonly<Record<string, HijackFactor>> = {
  country: "country",
  network: "network",
  device: "device",
  "older version": "downgrade",
  "device id": "deviceId",
  "TLS fingerprint": "tls",
  language: "language",
  credential: "credential",
  interleaving: "interleaving",
  rate: "rate",
  "target pattern": "targets",
  person: "person",
  fixation: "person",
  "after sign-out": "afterSignOut",
};

/** The weights behind the factors of an alert, each once; names that no weight stands behind are left out. */
export const factorsSaid = (names: readonly string[]): HijackFactor[] => [
  ...new Set(names.flatMap((name) => (Object.hasOwn(SAID, name) ? (SAID[name] ?? []) : []))),
];

/** The weights after all lessons, in whole points; the same lessons in any order give the same within the bounds. */
export function tunedWeights(lessons: readonly HijackLesson[], defaults: HijackWeights = sessionHijackDefaults.weights): HijackWeights {
  const share = new Map<HijackFactor, number>();
  for (const { verdict, factors } of lessons)
    for (const factor of new Set(factors)) share.set(factor, (share.get(factor) ?? 1) * STEP[verdict]);
  const weights = { ...defaults };
  for (const [factor, times] of share) weights[factor] = Math.round(defaults[factor] * Math.min(BOUNDS[1], Math.max(BOUNDS[0], times)));
  return weights;
}
