import { Button, LinkButton } from "@/app/ui/button";
import { Card } from "@/app/ui/card";
import { Progress } from "@/app/ui/progress";
import { formatCount, plural } from "@/lib/model/format";
import type { SampleDataState } from "@/lib/ingest/sample-data";
import styles from "./onboarding.module.css";
import { RemoveSample } from "./remove-sample";
import { loadSample } from "./sample-actions";

/** A made-up company's week to look around in: load it, see how far that is, and take it away again. */
export function SampleData({ state }: { state: SampleDataState }) {
  const { events, loading } = state;
  return (
    <Card title={events > 0 && !loading ? "Sample data is here" : "Or look around first"}>
      <div className={styles.form}>
        <p className="muted">
          A week of a made-up company: people, partners, phones and planes, with three attacks in it. Marked “sample” everywhere, kept apart
          from yours, and never mailed.
        </p>
        {loading ? <Loading done={loading.done} total={loading.total} /> : <Ready events={events} />}
      </div>
    </Card>
  );
}

function Loading({ done, total }: { done: number; total: number | null }) {
  return (
    <>
      <Progress share={total ? done / total : undefined} label="Loading the sample data" />
      <p className="muted num" role="status">
        {total ? `${formatCount(done)} of ${plural(total, "event")}` : "Making up a week …"}
      </p>
    </>
  );
}

function Ready({ events }: { events: number }) {
  if (events === 0)
    return (
      <form action={loadSample} className="row wrap">
        <Button type="submit">Load sample data</Button>
        <span className="faint small">One click removes it all again.</span>
      </form>
    );
  return (
    <div className="row wrap">
      <LinkButton href="/?last=7d">Look around</LinkButton>
      <RemoveSample events={events} />
      <span className="faint small num">{plural(events, "event")}</span>
    </div>
  );
}
