import Link from "next/link";
import { Card } from "@/app/ui/card";
import { Table } from "@/app/ui/table";
import { Time } from "@/app/ui/time";
import { tunedWeights } from "@/lib/detection/detectors/hijack-weights";
import type { HijackFactor, HijackLesson } from "@/lib/model/hijack-lesson";
import { incidentName } from "@/lib/model/incident";
import { ForgetLessons } from "./forget-lessons";

const WORDS: Record<HijackFactor, string> = {
  country: "Country",
  network: "Network",
  device: "Program or system",
  downgrade: "Older version",
  deviceId: "Device id",
  tls: "TLS fingerprint",
  language: "Language",
  credential: "Credential",
  interleaving: "Used in turns",
  rate: "Pace",
  targets: "Target pattern",
  person: "Person",
  afterSignOut: "After sign-out",
};
const VERDICTS = { true: "a true alarm", benign: "harmless", false: "a false alarm" };

/** What each change inside a session weighs, what verdicts made of it, and the way back. */
export function Lessons({ lessons, mayWrite }: { lessons: readonly HijackLesson[]; mayWrite: boolean }) {
  const [builtIn, now] = [tunedWeights([]), tunedWeights(lessons)];
  const rows = (Object.keys(WORDS) as HijackFactor[]).map((factor) => ({ factor, builtIn: builtIn[factor], now: now[factor] })); // the keys of WORDS are the factors
  const latest = lessons.at(-1);
  return (
    <Card
      title="Points by change"
      note="100 are an alert"
      flush
      aside={mayWrite && lessons.length > 0 && <ForgetLessons />}
      footer={
        latest ? (
          <span className="small muted">
            {lessons.length === 1 ? "One verdict" : `${lessons.length} verdicts`} taught this; the last called{" "}
            <Link href={`/incidents/${incidentName(latest.incident)}`}>{incidentName(latest.incident)}</Link> {VERDICTS[latest.verdict]} (
            {latest.by}, <Time at={Date.parse(latest.at)} />
            ). A verdict moves a weight by a twentieth up or a tenth down, never below half or above five quarters of what it came with.
          </span>
        ) : (
          <span className="small muted">As it came. Verdicts about incidents will move these points a little, within bounds.</span>
        )
      }
    >
      <Table
        caption="Points of each change inside a session"
        rowKey={({ factor }) => factor}
        rows={rows}
        columns={[
          { id: "factor", header: "Change", cell: ({ factor }) => WORDS[factor], phone: "title" },
          { id: "built-in", header: "As it came", cell: (row) => row.builtIn, align: "end" },
          { id: "now", header: "Now", cell: (row) => (row.now === row.builtIn ? row.now : <strong>{row.now}</strong>), align: "end" },
        ]}
      />
    </Card>
  );
}
