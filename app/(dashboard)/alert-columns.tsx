import Link from "next/link";
import { LevelBadge } from "@/app/ui/badge";
import type { Column } from "@/app/ui/table";
import { Ago } from "@/app/ui/time";
import { incidentName } from "@/lib/model/incident";
import type { PlacedAlert } from "@/lib/store/alert-reads";

/** An alert in a line: how bad, what, when last; its title opens the incident. */
export const ALERT_COLUMNS: readonly Column<PlacedAlert>[] = [
  { id: "level", header: "Level", width: "120px", cell: ({ facts }) => <LevelBadge level={facts.level} /> },
  {
    id: "what",
    header: "What",
    phone: "title",
    cell: ({ facts, incident }) => (
      <>
        <Link className="strong" href={`/incidents/${incidentName(incident)}`}>
          {facts.title}
        </Link>{" "}
        <span className="muted break">{facts.explanation.sentence}</span>
      </>
    ),
  },
  { id: "last", header: "Last", width: "130px", nowrap: true, cell: ({ facts }) => <Ago at={facts.lastAt} /> },
];
