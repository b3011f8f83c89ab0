/** The page's answer as a sentence, made from the counts that are on the page anyway. Pure. */
import { countryName, isSignInAction, reasonWords } from "@/lib/model/event-words";
import { formatCount, plural } from "@/lib/model/format";
import type { FacetData } from "./facets";

interface Counted {
  count: number;
  exact: boolean;
}

/** What the query fixes to one value, and whether it asks for anything at all. */
interface Pinned {
  action?: string;
  outcome?: string;
  filtered: boolean;
}

const only = (facets: readonly FacetData[], field: string): string | undefined => {
  const facet = facets.find((one) => one.field === field);
  return facet?.distinct === 1 && facet.values.length === 1 ? facet.values[0]?.value : undefined;
};
const distinct = (facets: readonly FacetData[], field: string): number => facets.find((one) => one.field === field)?.distinct ?? 0;

/** How many, said as the table's total: `412` or `10,000+`. */
export const countWords = ({ count, exact }: Counted): string => `${formatCount(count)}${exact ? "" : "+"}`;

/** `412 sign-ins failed from one network.` Facets are counted under their own field's absence, so `pinned` names the values the query fixes. */
export function headline(counted: Counted, facets: readonly FacetData[], pinned: Pinned): string {
  if (counted.count === 0) return pinned.filtered ? "No events match." : "No events here.";
  const action = pinned.action ?? only(facets, "action");
  const outcome = pinned.outcome ?? only(facets, "outcome");
  const one = counted.count === 1;
  const noun = action === undefined ? "event" : isSignInAction(action) ? "sign-in" : action === "http.request" ? "request" : "event";
  const verb = outcome === "failure" ? " failed" : outcome === "success" ? " succeeded" : "";
  return `${countWords(counted)} ${noun}${one ? "" : "s"}${verb}${origin(facets)}.`;
}

function origin(facets: readonly FacetData[]): string {
  if (only(facets, "ip")) return " from one address";
  if (only(facets, "network") ?? only(facets, "asn")) return " from one network";
  const country = only(facets, "country");
  return country ? ` from ${countryName(country)}` : "";
}

/** Nearly all is not all: 412 of 414 are 99 %. */
const shareWords = (share: number): string =>
  `${share === 1 ? 100 : share === 0 ? 0 : Math.min(99, Math.max(1, Math.round(share * 100)))} %`;

/** The line under it: how long (`span` follows “In”), how many addresses and accounts, what failed most. `outcomes` counts by outcome; null where that was not counted. */
export function proof(
  span: string,
  facets: readonly FacetData[],
  outcomes: { keys: readonly string[]; totals: readonly number[] } | null,
): string {
  const [addresses, accounts] = [distinct(facets, "ip"), distinct(facets, "actor")];
  const who = [addresses > 0 && plural(addresses, "address", "addresses"), accounts > 0 && plural(accounts, "account")]
    .filter(Boolean)
    .join(" and ");
  const reason = facets.find(({ field }) => field === "reason")?.values[0];
  const failed = outcomes?.keys.indexOf("failure") ?? -1;
  const total = outcomes?.totals.reduce((a, b) => a + b, 0) ?? 0;
  const share = outcomes && failed >= 0 && total > 0 ? `${shareWords((outcomes.totals[failed] ?? 0) / total)} failed` : "";
  const why = reason ? `most often “${reasonWords(reason.value)}”` : "";
  const ghosts = facets.find(({ field }) => field === "exists")?.values.find(({ value }) => value === "no")?.count ?? 0;
  const unknown = ghosts > 0 ? `${formatCount(ghosts)} at accounts that do not exist` : "";
  const second = [share, why, unknown].filter(Boolean).join(", ");
  return `In ${span}${who ? `: ${who}` : ""}${second ? `; ${second}` : ""}.`;
}
