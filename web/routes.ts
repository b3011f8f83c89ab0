/** What the web process answers itself, before Next: the paths of the API, and the probes that must stay cheap. */
import type { Route } from "@/lib/http/route";
import { openApi } from "@/lib/http/openapi";
import { health, metrics, ready } from "@/lib/http/probes";
import { readAlerts, readEvent, readEvents, readIncidents } from "@/lib/http/read/handlers";
import { readRiskScores } from "@/lib/http/read/risk";
import { readSessions } from "@/lib/http/read/sessions";
import { ruleRoutes } from "@/lib/http/rules/paths";
import { ingestRoutes } from "@/lib/ingest/routes";

export const routes: readonly Route[] = [
  { method: "GET", path: "/api/health", handler: health },
  { method: "GET", path: "/api/ready", handler: ready },
  { method: "GET", path: "/api/metrics", handler: metrics },
  { method: "GET", path: "/api/v1/events", handler: readEvents },
  { method: "GET", path: "/api/v1/events/{id}", handler: readEvent },
  { method: "GET", path: "/api/v1/alerts", handler: readAlerts },
  { method: "GET", path: "/api/v1/incidents", handler: readIncidents },
  { method: "GET", path: "/api/v1/risk", handler: readRiskScores },
  { method: "GET", path: "/api/v1/sessions", handler: readSessions },
  { method: "GET", path: "/api/v1/openapi.json", handler: openApi },
  ...ruleRoutes,
  ...ingestRoutes(),
];
