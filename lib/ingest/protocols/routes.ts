/** Every path of the foreign protocols, as one table that the web server mounts. */
import { cloudEventRoutes } from "./cloud-events";
import { elasticRoutes } from "./elastic";
import { LineReaders } from "./log-lines";
import { logRoutes } from "./logs";
import { otlpRoutes } from "./otlp";
import type { Intake, ProtocolRoute } from "./protocol";
import { splunkRoutes } from "./splunk";
import { webhookRoutes } from "./webhooks";

/** The routes over one intake; made once per process, because readers of log lines remember. */
export function protocolRoutes(intake: Intake): ProtocolRoute[] {
  const readers = new LineReaders(() => intake.now());
  return [
    ...otlpRoutes(intake, readers),
    ...elasticRoutes(intake, readers),
    ...splunkRoutes(intake, readers),
    ...cloudEventRoutes(intake),
    ...webhookRoutes(intake),
    ...logRoutes(intake, readers),
  ];
}
