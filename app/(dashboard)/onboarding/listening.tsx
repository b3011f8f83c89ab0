import { Card } from "@/app/ui/card";
import { cx } from "@/app/ui/cx";
import { LinkButton } from "@/app/ui/button";
import { Ago, Time } from "@/app/ui/time";
import { actorName } from "@/lib/model/event-words";
import { formatCount, plural } from "@/lib/model/format";
import type { Arrived } from "@/lib/store/onboarding-reads";
import { EventLines } from "./event-lines";
import styles from "./onboarding.module.css";

interface Refused {
  id: number;
  at: number;
  status: number;
  detail: string;
  sample: string | null;
}

/** Everything that knocked since the key was made, in order: refused with its reason, or taken in. */
export function Listening({
  url,
  since,
  refusals,
  first,
  arrivals,
}: {
  url: string;
  since: number | null;
  refusals: readonly Refused[];
  first: Arrived | null;
  arrivals: { events: number; lastAt: number | null };
}) {
  const steps = [
    ...refusals.map((refusal) => ({
      at: refusal.at,
      key: `refused ${refusal.id}`,
      content: <Refusal refusal={refusal} />,
      kind: "bad" as const,
    })),
    ...(first ? [{ at: first.receivedAt, key: "first", content: <First first={first} />, kind: "good" as const }] : []),
  ].toSorted((a, b) => a.at - b.at);
  const more = arrivals.events - 1;
  return (
    <Card
      title={
        <span className={styles.listening}>
          <i className={cx(styles.pulse, !first && styles.waiting)} aria-hidden />
          {first ? "Listening" : since ? "Waiting for the first event" : "Nothing to wait for yet"}
        </span>
      }
      aside={
        <span role="status">
          {arrivals.lastAt && first ? (
            <>
              {plural(arrivals.events, "event")}, last <Ago at={arrivals.lastAt} everyMs={1000} />
            </>
          ) : null}
        </span>
      }
      footer={
        <>
          <span className="faint">Nothing arriving?</span>
          <span>
            Run the curl line: its answer says what is wrong. Then check that <code>{new URL(url).host}</code> can be reached from where
            your service runs.
          </span>
        </>
      }
    >
      <ol className={styles.timeline}>
        {since !== null && (
          <li>
            <Time at={since} precision="second" />
            <i aria-hidden />
            <div>
              <span className="muted">Waiting at</span> <span className="mono break">{url}/api/v1/events</span>
            </div>
          </li>
        )}
        {steps.map((step) => (
          <li key={step.key} className={styles[step.kind]}>
            <Time at={step.at} precision="second" />
            <i aria-hidden />
            <div>{step.content}</div>
          </li>
        ))}
        {first && more > 0 && arrivals.lastAt && (
          <li className={styles.good}>
            <Time at={arrivals.lastAt} precision="second" />
            <i aria-hidden />
            <div className="muted">{formatCount(more)} more since then</div>
          </li>
        )}
      </ol>
      {since === null && !first && (
        <p className="muted">
          Once the service has a key, this shows each request that reaches us: taken in, or refused with the reason and how to mend it.
        </p>
      )}
    </Card>
  );
}

function Refusal({ refusal }: { refusal: Refused }) {
  return (
    <>
      <p className="row wrap">
        <b className="strong break">Refused: {refusal.detail}</b>
        <span className={styles.status}>{refusal.status}</span>
      </p>
      {refusal.sample && <pre className={styles.sample}>{refusal.sample}</pre>}
    </>
  );
}

function First({ first }: { first: Arrived }) {
  const { document } = first;
  const who = actorName(document);
  return (
    <>
      <p className="row wrap">
        <b className="strong break">
          First event: {document.action}
          {who ? ` by ${who}` : ""}
        </b>
        <span className={styles.status}>201</span>
      </p>
      <EventLines document={document} />
      <p className={styles.links}>
        <LinkButton size="s" href={`/events?event=${encodeURIComponent(document.id)}`}>
          Open event
        </LinkButton>
      </p>
    </>
  );
}
