/** The incident: the alerts that a person works on together. */
import { z } from "zod";

export const IncidentState = z.enum(["open", "acknowledged", "snoozed", "resolved"]);
export type IncidentState = z.infer<typeof IncidentState>;

/** What a person found it to be. `benign`: real, but allowed. `false`: the rule is wrong. */
export const Verdict = z.enum(["true", "benign", "false", "duplicate"]);
export type Verdict = z.infer<typeof Verdict>;

/** The name people say and mails carry: INC-42. */
export const incidentName = (number: number): string => `INC-${number}`;
