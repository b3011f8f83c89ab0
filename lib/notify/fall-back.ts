/** What happens when a message will never arrive: somebody else gets what it said, and the administrators hear why. */
import { listIncidentsById } from "@/lib/store/incidents";
import type { Tx } from "@/lib/store/db";
import { appendOutbox, type OutboxRow } from "@/lib/store/outbox";
import { listPeople, listRoutes } from "@/lib/store/routes";
import { tellAdministrators } from "@/lib/store/tell-administrators";
import { recipientsOf } from "@/lib/incidents/routing";

/** Writes the incident of a dead message to those who can still be reached, each once, and a note about it once a day. `what` names who cannot be reached. */
export async function fallBack(tx: Tx, row: OutboxRow, { what, error, now }: { what: string; error: string; now: Date }): Promise<void> {
  if (row.kind === "note" || row.kind === "trouble") return; // a note about a note would go round in circles
  if (row.kind === "person") return; // the address is an event's, not ours to mend, and the incident is told by the routes
  const day = now.toISOString().slice(0, 10);
  const paragraphs = [
    `Vedette has given up on a message to ${what}. The last answer was: ${error}`,
    "Whoever relies on these messages does not know what happens. Correct the address or the route, then send what is dead again from the delivery log. What this one said goes to those who can be reached.",
  ];
  const note = {
    subjectKey: `dead:${row.recipient}:${day}`,
    title: `Messages to ${what} do not arrive`,
    paragraphs,
    except: [row.recipient],
  };
  await tellAdministrators(tx, note, now);
  if (row.incidentId !== null && row.reason !== "sample") await sendElsewhere(tx, row, { what, now });
}

/** Administrators first; without any other, whoever any other route reaches. Who was told already is not told again. */
async function sendElsewhere(tx: Tx, row: OutboxRow, { what, now }: { what: string; now: Date }): Promise<void> {
  const [incident] = await listIncidentsById(tx, [row.incidentId ?? 0]);
  if (!incident || incident.mergedIntoId !== null) return;
  const people = await listPeople(tx);
  const others = (names: readonly string[]) => [...new Set(names)].filter((name) => name !== row.recipient);
  const administrators = others(people.filter(({ role }) => role === "admin").map(({ id }) => `user:${id}`));
  const routes = (await listRoutes(tx)).filter(({ enabled, how }) => enabled && how === "at_once");
  const reachable = administrators.length > 0 ? administrators : others(routes.flatMap((route) => recipientsOf(route, people)));
  await appendOutbox(
    tx,
    reachable.map((recipient) => ({
      dedupeKey: `incident:${row.incidentId}:${row.reason}:${recipient}`,
      kind: "incident" as const,
      channel: recipient.startsWith("webhook:") ? ("webhook" as const) : ("mail" as const),
      recipient,
      incidentId: incident.id,
      reason: row.reason,
      level: incident.level,
      payload: { ...row.payload, insteadOf: what },
      dueAt: now,
    })),
    now,
  );
}
