/** Whether a rule runs, and whether anybody is told of what it says. */
import { z } from "zod";

/** `off`: it does not run. `test`: it runs, and its alerts stay on its own page: no incident, no mail. `on`: people hear of it. */
export const RuleMode = z.enum(["off", "test", "on"]);
export type RuleMode = z.infer<typeof RuleMode>;

/** What rows keep of a mode. */
export interface Switches {
  enabled: boolean;
  testOnly: boolean;
}

export const modeOf = ({ enabled, testOnly }: Switches): RuleMode => (enabled ? (testOnly ? "test" : "on") : "off");

/** A rule that is switched off forgets that it was only tested: who switches it on later means on. */
export const switchesOf = (mode: RuleMode): Switches => ({ enabled: mode !== "off", testOnly: mode === "test" });

export const RULE_MODE_WORDS: Record<RuleMode, string> = { off: "Off", test: "Test only", on: "On" };
