/** @vedette/client: sends API audit events to Vedette. No dependencies. The file endings in the imports are for the published package, which Node reads as it is. */
export { type ClientOptions, type ClientStats, createClient, type VedetteClient } from "./client.ts";
export type { Actor, Credential, VedetteEvent } from "./event.ts";
export type { RecordOptions } from "./exchange.ts";
export { type FastifyRequest, fastifyPlugin } from "./fastify.ts";
export { type ExpressRequest, expressMiddleware, type HttpOptions, httpListener } from "./node-http.ts";
export { honoMiddleware, nextHandler, type OutgoingOptions, recordedFetch, type WebOptions } from "./web.ts";
