/** Every path that takes events in, as one table for whoever mounts it. */
import type { Route } from "@/lib/http/route";
import { handleEvents } from "./handle-events";
import { foreignRoutes } from "./intake";

/** The native path and those of the foreign protocols. Made once a process: readers of log lines remember. */
export const ingestRoutes = (): Route[] => [{ method: "POST", path: "/api/v1/events", handler: handleEvents }, ...foreignRoutes()];
