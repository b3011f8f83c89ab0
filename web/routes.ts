/** What the web process answers itself, before Next: the paths that take in events, and the probes that must stay cheap. */
import type { Route } from "@/lib/http/route";
import { health, metrics, ready } from "@/lib/http/probes";
import { handleEvents } from "@/lib/ingest/handle-events";
import { foreignRoutes } from "@/lib/ingest/intake";

export const routes: readonly Route[] = [
  { method: "GET", path: "/api/health", handler: health },
  { method: "GET", path: "/api/ready", handler: ready },
  { method: "GET", path: "/api/metrics", handler: metrics },
  { method: "POST", path: "/api/v1/events", handler: handleEvents },
  ...foreignRoutes(),
];
