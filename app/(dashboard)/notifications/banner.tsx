import { CircleAlert, Inbox } from "lucide-react";
import { formatSpan, plural } from "@/lib/model/format";
import styles from "./notifications.module.css";

const LATE_MS = 120_000;

/** What stands between a message and its reader right now. */
export function Banner({
  local,
  hears,
  totals,
  now,
}: {
  local: boolean;
  hears: boolean;
  totals: { dead: number; waiting: number; lastError: string | null; oldest: number | null };
  now: number;
}) {
  const late = totals.oldest !== null && now - totals.oldest > LATE_MS;
  return (
    <>
      {local && (
        <div className={styles.banner}>
          <Inbox size={16} aria-hidden />
          <p>
            <b className="strong">No mail server is configured.</b> Mails are kept in the log below and can be read there. Set{" "}
            <code>SMTP_URL</code>, for example <code>smtp://user:password@mail.example.com:587</code>, and start again to send them.
          </p>
        </div>
      )}
      {!hears && (
        <div className={styles.alarm} role="alert">
          <CircleAlert size={16} aria-hidden />
          <p>No route that is on reaches anybody with critical incidents. Add one, or switch one on.</p>
        </div>
      )}
      {(totals.dead > 0 || late) && (
        <div className={styles.alarm} role="alert">
          <CircleAlert size={16} aria-hidden />
          <p>
            {totals.dead > 0 && `${plural(totals.dead, "message")} could not be delivered. `}
            {late &&
              totals.oldest !== null &&
              `${plural(totals.waiting, "message")} ${totals.waiting === 1 ? "waits" : "wait"}, the oldest for ${formatSpan(now - totals.oldest)}. `}
            {totals.lastError && <span className="break">The last answer was: {totals.lastError}</span>}
          </p>
        </div>
      )}
    </>
  );
}
