"use client";
import { Search } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { type FormEvent, useState } from "react";
import { cx } from "@/app/ui/cx";
import { countryName, reasonWords } from "@/lib/model/event-words";
import { formatCount } from "@/lib/model/format";
import { visible } from "@/lib/model/visible";
import { choiceOf, withChoice } from "@/lib/query/edit";
import { EVENT_FIELDS } from "@/lib/query/event-fields";
import { findField } from "@/lib/query/fields";
import { parseQuery } from "@/lib/query/parse";
import styles from "./facets.module.css";
import { type EventView, viewHref } from "./view";

type Address = Pick<EventView, "q" | "range" | "service">;

/** Counts of a field's values, as the store gives them. */
export interface FacetData {
  field: string;
  values: { value: string; count: number }[];
  distinct: number;
  complete: boolean;
  /** Counted without what the query asks of this field. */
  wider: boolean;
}

const SHOWN = 5;

/** Values as people say them; the query keeps the stored form. */
function wordsOf(field: string, value: string): string {
  if (field === "country") return countryName(value.toUpperCase());
  if (field === "reason") return reasonWords(value);
  if (field === "exists") return value === "yes" ? "Yes" : "No";
  return visible(value);
}

/** The most frequent values of each field. The box adds a value to the choice, the name makes it the only one; what is left out stays, struck through. */
export function Facets({ view, facets }: { view: Address; facets: readonly FacetData[] }) {
  const [search, setSearch] = useState("");
  const wanted = search.trim().toLowerCase();
  const complete = facets.every((facet) => facet.complete);
  const query = parseQuery(view.q, EVENT_FIELDS);
  return (
    <div className={styles.facets}>
      <h2 className="visually-hidden">Values</h2>
      <label className={styles.search}>
        <Search size={14} aria-hidden />
        <input
          value={search}
          onChange={(event) => setSearch(event.target.value)}
          placeholder="Find a field or value"
          aria-label="Find a field or value"
        />
      </label>
      {facets.map((facet) => {
        const label = findField(EVENT_FIELDS, facet.field)?.label ?? facet.field;
        const choice = choiceOf(query, EVENT_FIELDS, facet.field);
        const named = label.toLowerCase().includes(wanted) || facet.field.includes(wanted);
        const values = named
          ? facet.values
          : facet.values.filter(({ value }) => wordsOf(facet.field, value).toLowerCase().includes(wanted));
        const chosen = [...choice.wanted, ...choice.excluded].filter((value) => !facet.values.some((one) => same(one.value, value)));
        if (values.length === 0 && (chosen.length === 0 || wanted !== "")) return null;
        return (
          <Facet
            key={facet.field}
            {...{ view, label, choice, distinct: facet.distinct, open: wanted !== "" }}
            field={facet.field}
            values={[...chosen.map((value) => ({ value, count: 0 })), ...values]}
          />
        );
      })}
      {!complete && <p className={styles.note}>Counted over the newest 20,000 matching events.</p>}
    </div>
  );
}

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

interface FacetProps {
  view: Address;
  field: string;
  label: string;
  values: { value: string; count: number }[];
  distinct: number;
  choice: { wanted: string[]; excluded: string[] };
  open: boolean;
}

function Facet({ view, field, label, values, distinct, choice, open }: FacetProps) {
  const [more, setMore] = useState(false);
  const max = Math.max(...values.map(({ count }) => count), 1);
  const shown = more || open ? values : values.slice(0, SHOWN);
  if (field === "status" && values.length > 1) return <NumberFacet view={view} field={field} label={label} values={values} />;
  return (
    <section className={styles.facet} aria-label={label}>
      <h3>{label}</h3>
      <ul>
        {shown.map(({ value, count }) => (
          <Value key={value} {...{ view, field, value, count, max, choice }} />
        ))}
      </ul>
      {!open && (values.length > SHOWN || distinct > values.length) && (
        <button type="button" className={styles.more} onClick={() => setMore(!more)} disabled={values.length <= SHOWN}>
          {more ? "Fewer" : `${formatCount(distinct - SHOWN)} more`}
        </button>
      )}
    </section>
  );
}

interface ValueProps {
  view: Address;
  field: string;
  value: string;
  count: number;
  max: number;
  choice: { wanted: string[]; excluded: string[] };
}

function Value({ view, field, value, count, max, choice }: ValueProps) {
  const router = useRouter();
  const words = wordsOf(field, value);
  const ticked = choice.wanted.some((one) => same(one, value) || (field === "exists" && one === (value === "yes" ? "true" : "false")));
  const excluded = choice.excluded.some((one) => same(one, value) || (field === "exists" && one === (value === "yes" ? "true" : "false")));
  const others = choice.wanted.filter((one) => !same(one, value));
  const kept = choice.excluded.filter((one) => !same(one, value));
  const href = (wanted: string[], out: string[]) =>
    viewHref(view, { q: withChoice(view.q, EVENT_FIELDS, { field, wanted, excluded: out }) });
  return (
    <li className={cx(styles.value, excluded && styles.out)}>
      <i style={{ width: `${(count / max) * 100}%` }} aria-hidden />
      <input
        type="checkbox"
        checked={ticked}
        aria-label={`${words}: ${ticked ? "remove from" : "add to"} the filter`}
        onChange={() => router.push(href(ticked ? others : [...choice.wanted, value], kept))}
      />
      <Link
        href={ticked && others.length === 0 ? href([], kept) : href([value], [])}
        className={cx(styles.name, (field === "ip" || field === "route") && "mono")}
        title={`Only ${words}`}
      >
        {words}
      </Link>
      <span className={styles.acts}>
        <Link href={href([value], [])} aria-label={`Only ${words}`}>
          Only
        </Link>
        <Link
          href={excluded ? href(choice.wanted, kept) : href(others, [...choice.excluded, value])}
          aria-label={excluded ? `Take ${words} back in` : `Leave out ${words}`}
        >
          {excluded ? "In" : "Out"}
        </Link>
      </span>
      <span className={styles.count}>{excluded ? "out" : count === 0 ? "" : formatCount(count)}</span>
    </li>
  );
}

/** A span of numbers, written with two fields; the values that came stand under it. */
function NumberFacet({ view, field, label, values }: Pick<FacetProps, "view" | "field" | "label" | "values">) {
  const router = useRouter();
  const numbers = values.map(({ value }) => Number(value)).filter((value) => Number.isFinite(value));
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const [from, to] = [Number(form.get("from")), Number(form.get("to"))].sort((a, b) => a - b);
    const rest = withChoice(view.q, EVENT_FIELDS, { field, wanted: [], excluded: [] });
    router.push(viewHref(view, { q: `${rest} ${field}:${from}..${to}`.trim() }));
  };
  return (
    <section className={styles.facet} aria-label={label}>
      <h3>{label}</h3>
      <form onSubmit={submit} className={styles.span} key={`${low} ${high}`}>
        <input name="from" type="number" defaultValue={low} aria-label={`${label} from`} />
        <span className="faint">to</span>
        <input name="to" type="number" defaultValue={high} aria-label={`${label} to`} />
        <button type="submit" className="visually-hidden">
          Apply
        </button>
      </form>
      <p className={styles.codes}>
        {values.slice(0, 8).map(({ value, count }) => (
          <Link
            key={value}
            href={viewHref(view, { q: withChoice(view.q, EVENT_FIELDS, { field, wanted: [value], excluded: [] }) })}
            title={`Only ${value}`}
          >
            <span className="num">{value}</span> <span className="faint num">{formatCount(count)}</span>
          </Link>
        ))}
      </p>
    </section>
  );
}
