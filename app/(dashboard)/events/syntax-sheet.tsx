"use client";
import { Dialog } from "@/app/ui/dialog";
import { EVENT_FIELDS } from "@/lib/query/event-fields";
import styles from "./syntax-sheet.module.css";

const LINES: readonly [string, string][] = [
  ["outcome:failure", "a field has a value; A-Z and a-z are the same"],
  ["outcome:failure service:api", "both: conditions side by side are all meant"],
  ["service:(api OR web)", "one of several values"],
  ["-country:de", "not: also NOT or !"],
  ["status:>=400", "numbers: > >= < <="],
  ["status:400..499", "a range; also 4xx and [400 TO 499]"],
  ["ip:10.0.0.0/8", "a network, v4 or v6; also 10.* and from..to"],
  ["path:/v1/*", "* stands for anything"],
  ["user_agent:curl", "texts contain it; :=… is the whole text"],
  ["key:*   -key:*", "there is a key; there is none"],
  ["metadata.order.total:>100", "anything you sent; also header.x-trace"],
  ['"wrong password"', "free text, in the usual fields; quotes keep spaces and signs"],
  ["(a OR b) -c", "OR is weaker than side by side; parentheses group"],
];

/** The whole language on one page. */
export function SyntaxSheet({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const groups = [...new Set(EVENT_FIELDS.fields.map((field) => field.group))];
  return (
    <Dialog title="How to write a query" open={open} onOpenChange={onOpenChange}>
      <div className={styles.sheet}>
        <dl className={styles.lines}>
          {LINES.map(([query, words]) => (
            <div key={query}>
              <dt>
                <code>{query}</code>
              </dt>
              <dd>{words}</dd>
            </div>
          ))}
        </dl>
        {groups.map((group) => (
          <section key={group}>
            <h3>{group}</h3>
            <p className={styles.fields}>
              {EVENT_FIELDS.fields
                .filter((field) => field.group === group)
                .map((field) => (
                  <code key={field.name} title={`${field.label}, like ${field.example}`}>
                    {field.name}
                  </code>
                ))}
            </p>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
