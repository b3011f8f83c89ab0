"use client";
import { useState } from "react";
import { Button } from "@/app/ui/button";
import { CopyButton } from "@/app/ui/copy-button";
import { cx } from "@/app/ui/cx";
import { FilterableValue } from "@/app/ui/filterable-value";
import { spelled } from "@/lib/model/visible";
import { EVENT_FIELDS } from "@/lib/query/event-fields";
import { isFieldName } from "@/lib/query/fields";
import styles from "./json-tree.module.css";

/** The public field at a path of the document; undefined for places that cannot be asked for. */
function fieldAt(path: readonly string[]): string | undefined {
  const steps = path.map((step) => (/^\d+$/.test(step) ? "*" : step));
  const known = EVENT_FIELDS.fields.find((field) => field.paths.some((one) => one.join("/") === steps.join("/")) && field.kind !== "time");
  if (known) return known.name;
  const open = EVENT_FIELDS.open.find(({ root }) => root.every((step, i) => path[i] === step) && path.length > root.length);
  const name = open && open.prefix + path.slice(open.root.length).join(".");
  return name && isFieldName(name) ? name : undefined;
}

/** The document as it is kept: as a tree whose every value can be asked about, or as raw text. */
export function JsonTree({ document }: { document: Record<string, unknown> }) {
  const [raw, setRaw] = useState(false);
  const text = JSON.stringify(document, null, 2);
  return (
    <div>
      <div className={styles.tools}>
        <Button size="s" tone="quiet" aria-pressed={raw} onClick={() => setRaw(!raw)}>
          {raw ? "Tree" : "Raw"}
        </Button>
        <CopyButton text={text} what="the event as JSON" />
      </div>
      {raw ? <pre className={styles.raw}>{text}</pre> : <Node value={document} path={[]} />}
    </div>
  );
}

function Node({ value, path }: { value: unknown; path: readonly string[] }) {
  if (value !== null && typeof value === "object") return <Branch value={value} path={path} />;
  const field = fieldAt(path);
  const text = typeof value === "string" ? spelled(JSON.stringify(value)) : String(value);
  const look = typeof value === "string" ? styles.string : styles.number;
  return field !== undefined && value !== null ? (
    <FilterableValue field={field} value={String(value)} mono className={look}>
      {text}
    </FilterableValue>
  ) : (
    <span className={look}>{text}</span>
  );
}

function Branch({ value, path }: { value: object; path: readonly string[] }) {
  const entries = Object.entries(value);
  return (
    <ul className={cx(styles.branch, path.length > 0 && styles.inner)}>
      {entries.map(([key, child]) => (
        <Entry key={key} name={key} value={child} path={[...path, key]} />
      ))}
      {entries.length === 0 && <li className={styles.entry}>{Array.isArray(value) ? "[ ]" : "{ }"}</li>}
    </ul>
  );
}

function Entry({ name, value, path }: { name: string; value: unknown; path: readonly string[] }) {
  const branch = value !== null && typeof value === "object";
  const size = branch ? Object.keys(value).length : 0;
  const [open, setOpen] = useState(path.length < 3 && size <= 20);
  return (
    <li>
      <div className={styles.entry}>
        {branch ? (
          <button type="button" className={styles.fold} aria-expanded={open} onClick={() => setOpen(!open)}>
            <span aria-hidden className={cx(styles.arrow, open && styles.down)}>
              ▸
            </span>
            {spelled(name)}
          </button>
        ) : (
          <span className={styles.key}>{spelled(name)}</span>
        )}
        {branch ? (
          <span className="faint">
            {Array.isArray(value) ? `${size} ${size === 1 ? "item" : "items"}` : `${size} ${size === 1 ? "field" : "fields"}`}
          </span>
        ) : (
          <Node value={value} path={path} />
        )}
      </div>
      {branch && open && <Branch value={value} path={path} />}
    </li>
  );
}
