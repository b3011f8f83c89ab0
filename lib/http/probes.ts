/** Probes for those who watch over us: is it alive, can it take events, and what do its numbers say (Prometheus text format). */
import client from "prom-client";
import { countMigrations } from "@/lib/store/up";
import { json } from "./problem";
import type { Handler } from "./route";

const started = performance.now();

/** The process runs and answers. Says nothing of the database, so that a restart is not caused by it. */
export const health: Handler = async () => json({ status: "ok", uptime_seconds: Math.round((performance.now() - started) / 1000) });

/** An event sent now would be stored: the database answers and its schema is there. 503 otherwise. */
export const ready: Handler = async () => {
  const migrations = await countMigrations();
  return migrations ? json({ status: "ready", migrations }) : json({ status: "database is out of reach" }, { status: 503 });
};

/** The registry of this process; whoever counts something registers it here. */
export const registry = new client.Registry();
client.collectDefaultMetrics({ register: registry, prefix: "vedette_" });

/** Counters and gauges of this process. */
export const metrics: Handler = async () =>
  new Response(await registry.metrics(), { headers: { "content-type": registry.contentType, "cache-control": "no-store" } });
