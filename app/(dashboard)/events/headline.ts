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
  ip?: string;
  filtered: boolean;
}

/** The facet of a field, when it speaks of the matching events and not of what there would be without the field's own condition. */
const facetOf = (facets: readonly FacetData[], field: string): FacetData | undefined =>
  facets.find((one) => one.field === field && !one.wider);

/** The one value that all the matching events have: events that do not say it, or that were not looked at, could be of another. */
const only = (facets: readonly FacetData[], field: string, { count, exact }: Counted): string | undefined => {
  const facet = facetOf(facets, field);
  const [first] = facet?.values ?? [];
  return exact && facet?.complete && facet.distinct === 1 && first?.count === count ? first.value : undefined;
};

/** How many, said as the table's total: `412` or `10,000+`. */
export const countWords = ({ count, exact }: Counted): string => `${formatCount(count)}${exact ? "" : "+"}`;

/** `412 sign-ins failed from one network.` `pinned` names the values that the query fixes. */
export function headline(counted: Counted, facets: readonly FacetData[], pinned: Pinned): string {
  if (counted.count === 0) return pinned.filtered ? "No events match." : "No events here.";
  const action = pinned.action ?? only(facets, "action", counted);
  const outcome = pinned.outcome ?? only(facets, "outcome", counted);
  const one = counted.count === 1;
  const noun = action === undefined ? "event" : isSignInAction(action) ? "sign-in" : action === "http.request" ? "request" : "event";
  const verb = outcome === "failure" ? " failed" : outcome === "success" ? " succeeded" : "";
  return `${countWords(counted)} ${noun}${one ? "" : "s"}${verb}${origin(facets, counted, pinned)}.`;
}

function origin(facets: readonly FacetData[], counted: Counted, pinned: Pinned): string {
  if (pinned.ip ?? only(facets, "ip", counted)) return " from one address";
  if (only(facets, "network", counted)) return " from one network";
  const country = only(facets, "country", counted);
  return country ? ` from ${countryName(country)}` : "";
}

/** Nearly all is not all: 412 of 414 are 99 %. */
const shareWords = (share: number): string =>
  `${share === 1 ? 100 : share === 0 ? 0 : Math.min(99, Math.max(1, Math.round(share * 100)))} %`;

/** Nothing where the number is not known; `at least` where only the newest events were looked at. */
function howMany(facets: readonly FacetData[], field: string, one: string, many: string): string {
  const facet = facetOf(facets, field);
  if (!facet || facet.distinct === 0) return "";
  return `${facet.complete ? "" : "at least "}${plural(facet.distinct, one, many)}`;
}

/** The line under it: how long (`span` follows “In”), how many addresses and accounts, what failed most. `outcomes` counts by outcome; null where that was not counted. */
export function proof(
  span: string,
  facets: readonly FacetData[],
  outcomes: { keys: readonly string[]; totals: readonly number[] } | null,
): string {
  const who = [howMany(facets, "ip", "address", "addresses"), howMany(facets, "actor", "account", "accounts")]
    .filter(Boolean)
    .join(" and ");
  const reason = facetOf(facets, "reason")?.values[0];
  const failed = outcomes?.keys.indexOf("failure") ?? -1;
  const total = outcomes?.totals.reduce((a, b) => a + b, 0) ?? 0;
  const share = outcomes && failed >= 0 && total > 0 ? `${shareWords((outcomes.totals[failed] ?? 0) / total)} failed` : "";
  const why = reason ? `most often “${reasonWords(reason.value)}”` : "";
  const ghosts = facetOf(facets, "exists")?.values.find(({ value }) => value === "no")?.count ?? 0;
  const unknown = ghosts > 0 ? `${formatCount(ghosts)} at accounts that do not exist` : "";
  const second = [share, why, unknown].filter(Boolean).join(", ");
  return `In ${span}${who ? `: ${who}` : ""}${second ? `; ${second}` : ""}.`;
}
