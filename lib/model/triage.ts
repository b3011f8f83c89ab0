/**
 * The questions that decide whether an incident is real. A rule names the ones that matter for it (`vedette.triage`); `lib/incidents` answers them with
 * numbers from the data. A closed list: whoever adds an id here also writes its answer there.
 */
import { z } from "zod";

/** Ids of triage questions, damage first, as an incident page shows them. */
export const TriageQuestion = z.enum([
  "success_after_failures",
  "still_in",
  "bytes_out",
  "answered_success",
  "privileged_after",
  "first_seen_source",
  "accounts_touched",
  "accounts_exist",
  "targets_touched",
  "failures_vs_usual",
  "rate_vs_usual",
  "same_network_as_usual",
  "same_device_as_usual",
  "usual_hour",
  "several_sources",
  "key_owner",
  "first_use_of_route",
  "destination_known",
  "other_alerts",
  "known_attacker",
]);
export type TriageQuestion = z.infer<typeof TriageQuestion>;

/** How a question is asked, which group it stands in, and which answer speaks for an attack. */
export interface TriageText {
  question: string;
  group: "damage" | "attack_or_mistake";
  /** The one-word answer that points to an attack; the other one points away from it. */
  attackIf: "yes" | "no";
  /** What has to be counted or compared to answer it, over the incident's entities and time. */
  measure: string;
}

/** The text of every question. Answers are a word and a number: "Yes. 41 failures in 3 min." */
export const triageTexts: Readonly<Record<TriageQuestion, TriageText>> = {
  success_after_failures: {
    question: "Did anyone get in?",
    group: "damage",
    attackIf: "yes",
    measure: "successful sign-ins by the attacking sources or to the attacked accounts after the first failure",
  },
  still_in: {
    question: "Are they still in?",
    group: "damage",
    attackIf: "yes",
    measure: "open sessions of the attacking sources, and their last request",
  },
  bytes_out: {
    question: "Did they take much?",
    group: "damage",
    attackIf: "yes",
    measure: "response bytes and export actions of the attacking entities against their usual",
  },
  answered_success: {
    question: "Did the service answer as if it worked?",
    group: "damage",
    attackIf: "yes",
    measure: "evidence events with status 2xx or outcome success",
  },
  privileged_after: {
    question: "Did they change rights, keys or sign-in settings?",
    group: "damage",
    attackIf: "yes",
    measure: "privileged actions of the entities after the first alert",
  },
  first_seen_source: {
    question: "First time for these addresses?",
    group: "attack_or_mistake",
    attackIf: "yes",
    measure: "earliest event of each source address in the last 30 days",
  },
  accounts_touched: {
    question: "Many accounts, few addresses?",
    group: "attack_or_mistake",
    attackIf: "yes",
    measure: "distinct actors tried, by how many addresses",
  },
  accounts_exist: {
    question: "Do the accounts exist here?",
    group: "attack_or_mistake",
    attackIf: "no",
    measure: "share of tried actors with actor.exists true or with an earlier success",
  },
  targets_touched: {
    question: "Many different things touched?",
    group: "attack_or_mistake",
    attackIf: "yes",
    measure: "distinct targets or paths against this entity's usual number",
  },
  failures_vs_usual: {
    question: "Far more failures than usual?",
    group: "attack_or_mistake",
    attackIf: "yes",
    measure: "failures against successes, and against the same hours of the last 7 days",
  },
  rate_vs_usual: {
    question: "Far more requests than usual?",
    group: "attack_or_mistake",
    attackIf: "yes",
    measure: "requests per minute against this entity's and this service's usual",
  },
  same_network_as_usual: {
    question: "Same network as in the last 30 days?",
    group: "attack_or_mistake",
    attackIf: "no",
    measure: "ASN and country now against those of the last 30 days of the same actor or key",
  },
  same_device_as_usual: {
    question: "Same device as in the last 30 days?",
    group: "attack_or_mistake",
    attackIf: "no",
    measure: "agent family, system and device id now against the last 30 days",
  },
  usual_hour: {
    question: "At their usual hour?",
    group: "attack_or_mistake",
    attackIf: "no",
    measure: "hour of week against the last 30 days of the same actor or key",
  },
  several_sources: {
    question: "From several places at once?",
    group: "attack_or_mistake",
    attackIf: "yes",
    measure: "distinct addresses, networks and countries within the alert's time",
  },
  key_owner: {
    question: "Is the key's owner using it?",
    group: "attack_or_mistake",
    attackIf: "no",
    measure: "network and agent of this key's requests now against its last 30 days",
  },
  first_use_of_route: {
    question: "First time on this route?",
    group: "attack_or_mistake",
    attackIf: "yes",
    measure: "earlier requests of the same actor, key or role to these routes",
  },
  destination_known: {
    question: "Do we usually call this host?",
    group: "attack_or_mistake",
    attackIf: "no",
    measure: "outbound events to the host in the last 30 days",
  },
  other_alerts: {
    question: "Did they do other suspicious things?",
    group: "attack_or_mistake",
    attackIf: "yes",
    measure: "other alerts that share an entity, 24 h around",
  },
  known_attacker: {
    question: "Known as an attacker from before?",
    group: "attack_or_mistake",
    attackIf: "yes",
    measure: "earlier incidents with the same entity judged true",
  },
};
