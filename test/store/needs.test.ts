import { expect, it } from "vitest";
import { listNeeds } from "@/lib/incidents/needs";
import { recordAlerts } from "@/lib/incidents/record-alerts";
import type { Alert } from "@/lib/model/alert";
import type { Context } from "@/lib/model/user";
import { inTransaction } from "@/lib/store/db";
import { anAlert, NOON } from "@/test/support/alerts";
import { useDatabase } from "@/test/support/database";

useDatabase();
const ctx: Context = { actor: { type: "system", name: "test" }, now: new Date(NOON + 600_000) };

it("what needs a person is ordered by risk, then by whether somebody got in, then by time", async () => {
  const record = (alert: Alert) =>
    inTransaction((tx) => recordAlerts(tx, [alert], { historical: false, world: "live", now: new Date(NOON + 300_000) }));
  const quiet = { related: [], firstAt: NOON, lastAt: NOON + 60_000 };
  await record(anAlert("203.0.113.7", { ...quiet, techniques: ["T1110", "T1078"] }));
  await record(anAlert("198.51.100.1", { ...quiet, lastAt: NOON + 120_000 }));
  await record(anAlert("192.0.2.9", { ...quiet, level: "critical" }));
  await record(anAlert("198.18.7.7", { ...quiet, level: "low" }));
  const { needs, total, others } = await listNeeds(ctx, 10);
  expect({ total, others }).toEqual({ total: 3, others: 1 });
  expect(needs.map(({ entities }) => entities.find(({ type }) => type === "ip")?.value)).toEqual([
    "192.0.2.9",
    "203.0.113.7",
    "198.51.100.1",
  ]);
});
