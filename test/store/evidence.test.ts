import { createHash } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { takeEvidence, taskKind } from "@/lib/incidents/evidence";
import { pinEvent } from "@/lib/incidents/pins";
import { recordAlerts } from "@/lib/incidents/record-alerts";
import type { Context, Role } from "@/lib/model/user";
import { inTransaction } from "@/lib/store/db";
import { findLatestTask } from "@/lib/store/tasks";
import { addPerson, anAlert, NOON } from "@/test/support/alerts";
import { useDatabase } from "@/test/support/database";

const database = useDatabase();
const EVENTS = 2_345; // more than two pages
let ada: string;
let clock = NOON + 600_000;
const as = (role: Role): Context => ({ actor: { type: "user", id: ada, name: "Ada", role }, now: new Date((clock += 1000)) });

beforeAll(async () => {
  ada = await addPerson(database, { email: "ada@example.com" });
  await database.owner("select ensure_event_partition('2026-11-23')");
  await database.owner(
    `with b as (insert into batch (received_at, event_count, min_occurred_at, max_occurred_at) values (now(), $1, now(), now()) returning id)
     insert into event (occurred_at, id, batch_id, received_at, action, outcome, direction, source_ip, document)
     select $2::timestamptz + n * interval '10 ms', 'e' || n, b.id, now(), 'user.login', 'failure', 'inbound', '203.0.113.7',
       json_build_object('id', 'e' || n, 'occurred_at', '2026-11-23T12:00:00Z', 'action', 'user.login', 'outcome', 'failure', 'reason', '<script>' || n)
     from b, generate_series(1, $1) n`,
    [EVENTS, new Date(NOON)],
  );
  const alert = anAlert("203.0.113.7", { evidence: ["e1"], title: "<img src=x onerror=alert(1)>" });
  await inTransaction((tx) => recordAlerts(tx, [alert], { historical: false, world: "live", now: new Date(NOON) }));
  await pinEvent(as("responder"), { number: 1, eventId: "e7", note: "the first" });
});

/** The files of an archive by its directory; `largest` is the largest piece that was ever in memory. */
async function read(bytes: AsyncGenerator<Buffer>) {
  const parts: Buffer[] = [];
  for await (const part of bytes) parts.push(part);
  const archive = Buffer.concat(parts);
  const files = new Map<string, Buffer>();
  const count = archive.readUInt16LE(archive.length - 12);
  for (let at = archive.readUInt32LE(archive.length - 6), n = 0; n < count; n++) {
    const [size, name, local] = [archive.readUInt32LE(at + 24), archive.readUInt16LE(at + 28), archive.readUInt32LE(at + 42)];
    const data = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    files.set(archive.toString("utf8", at + 46, at + 46 + name), archive.subarray(data, data + size));
    at += 46 + name;
  }
  return { files, largest: Math.max(...parts.map(({ length }) => length)) };
}

const sha = (bytes: Buffer | string): string => createHash("sha256").update(bytes).digest("hex");

describe("the evidence bundle", () => {
  it("holds every event with its proof, says the SHA-256 of every file, and is made in small pieces", async () => {
    const { name, bytes } = await takeEvidence(as("auditor"), { number: 1 });
    expect(name).toBe("INC-1-evidence.zip");
    const { files, largest } = await read(bytes);
    expect(largest).toBeLessThan(1_000_000);
    const manifest = JSON.parse(files.get("manifest.json")?.toString() ?? "{}");
    expect(manifest).toMatchObject({
      incident: "INC-1",
      made_by: "Ada",
      query: "ip:203.0.113.7",
      events: EVENTS,
      complete: true,
      proofs: { batches: 1 },
    });
    expect(manifest.files.map(({ path }: { path: string }) => path)).toEqual([...files.keys()].filter((path) => path !== "manifest.json"));
    for (const { path, sha256, bytes: length } of manifest.files) {
      expect(sha(files.get(path) ?? "")).toBe(sha256);
      expect(files.get(path)?.length).toBe(length);
    }
    const events = (files.get("events.ndjson")?.toString() ?? "").trimEnd().split("\n");
    const proofs = (files.get("proofs.ndjson")?.toString() ?? "").trimEnd().split("\n");
    expect(events).toHaveLength(EVENTS);
    proofs.forEach((line, n) =>
      expect(JSON.parse(line)).toMatchObject({ id: JSON.parse(events[n] ?? "{}").id, sha256: sha(events[n] ?? "") }),
    );
    const html = files.get("incident.html")?.toString() ?? "";
    expect(html).not.toContain("<img");
    expect(html).toContain("the first, by Ada");
    expect(files.get("timeline.md")?.toString()).toContain("Pinned event");
    expect(await findLatestTask(taskKind(1))).toMatchObject({ state: "done", done: EVENTS, total: EVENTS });
  });

  it("is written down before its first byte, and a download that is broken off is a failed task", async () => {
    const { bytes } = await takeEvidence(as("responder"), { number: 1 });
    const audit = await database.owner("select action, target_id, after ->> 'events' as events from audit_entry order by id desc limit 1");
    expect(audit.rows).toEqual([{ action: "incident.export", target_id: "INC-1", events: String(EVENTS) }]);
    await bytes.next();
    await bytes.return(undefined);
    expect(await findLatestTask(taskKind(1))).toMatchObject({ state: "failed", error: "The download was broken off." });
  });

  it("is not for those who may not export", async () => {
    await expect(takeEvidence(as("viewer"), { number: 1 })).rejects.toMatchObject({ code: "forbidden" });
  });
});
