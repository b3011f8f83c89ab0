import { Card } from "@/app/ui/card";
import { EmptyState } from "@/app/ui/states";
import { Ago } from "@/app/ui/time";
import { TimeSeries } from "@/app/ui/time-series";
import { hasMailServer } from "@/lib/mail/smtp";
import { formatCount, formatSpan, plural } from "@/lib/model/format";
import type { HealthFacts } from "@/lib/model/health";
import { db } from "@/lib/store/db";
import { findLastMail, listMailHours, listMailRefusals } from "@/lib/store/deliveries";
import styles from "./health.module.css";

const HOUR = 3_600_000;
const HOURS = 24;

const parts = [
  { key: "delivered", label: "delivered", colour: "var(--data)" },
  { key: "failed", label: "failed", colour: "var(--fail)" },
];

/** How mails left in the last day: hour by hour, when the last one did, how long the oldest waits, and what the mail server said to the others. */
export async function Mail({ facts: { now, outbox } }: { facts: HealthFacts }) {
  const first = Math.floor(now / HOUR) * HOUR - (HOURS - 1) * HOUR;
  const [hours, refusals, last] = await Promise.all([
    listMailHours(db, new Date(first)),
    listMailRefusals(db, new Date(first)),
    findLastMail(db),
  ]);
  const byHour = new Map(hours.map((hour) => [hour.at.getTime(), hour]));
  const points = Array.from({ length: HOURS }, (_, index) => {
    const { delivered = 0, failed = 0 } = byHour.get(first + index * HOUR) ?? {};
    return { at: first + index * HOUR, values: { delivered, failed } };
  });
  const sum = (key: "delivered" | "failed") => hours.reduce((total, hour) => total + hour[key], 0);
  const waits =
    outbox.oldestAt === null
      ? "Nothing waits."
      : `${plural(outbox.waiting, "message")} ${outbox.waiting === 1 ? "waits" : "wait"}, the oldest for ${formatSpan(Math.max(0, now - outbox.oldestAt))}.`;
  return (
    <div className="grid-2-1">
      <TimeSeries
        title={hasMailServer() ? "Mails per hour" : "Mails per hour, kept here: no mail server is set"}
        points={points}
        parts={parts}
        step={HOUR}
        summary={`In the last ${HOURS} hours ${plural(sum("delivered"), "mail")} delivered, ${formatCount(sum("failed"))} failed.`}
        height={200}
        footer={
          <span className="muted">
            {last ? (
              <>
                Last mail <Ago at={last.getTime()} everyMs={5000} />.{" "}
              </>
            ) : (
              "No mail has left yet. "
            )}
            {waits}
          </span>
        }
      />
      <Card title="Mails not taken, last 24 hours" aside="mails" flush>
        {refusals.length === 0 ? (
          <EmptyState title="Every mail was taken." />
        ) : (
          <ul className={styles.findings}>
            {refusals.map(({ reason, messages, last: at }) => (
              <li key={reason}>
                <span className="num">{formatCount(messages)}</span>
                <span className="break">
                  {reason}{" "}
                  <span className="faint">
                    <Ago at={at.getTime()} />
                  </span>
                </span>
              </li>
            ))}
          </ul>
        )}
      </Card>
    </div>
  );
}
