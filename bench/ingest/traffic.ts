/** Events of about 1 KiB as an API gateway would send them, the same for the same seed. */
import { ID_MARK } from "./load";

const paths = [
  "/v1/orders",
  "/v1/orders/{id}",
  "/v1/customers/{id}",
  "/v1/payments",
  "/v1/payments/{id}/refund",
  "/v1/search",
  "/v1/login",
  "/v1/export",
];
const agents = [
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
  "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
  "okhttp/4.12.0",
  "python-requests/2.31.0",
  "curl/8.5.0",
];

/** A small seeded generator of numbers in [0, 1). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** One event of about 1 KiB. `at`: its time, ms; `withId`: it carries an id that the load generator makes fresh. */
export function eventOf(random: () => number, { at, withId }: { at: number; withId: boolean }): object {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T; // an index inside the list
  const number = Math.floor(random() * 1e9);
  const route = pick(paths);
  const user = Math.floor(random() * 5000);
  const status = random() < 0.9 ? 200 : pick([401, 403, 404, 500]);
  return {
    ...(withId ? { id: ID_MARK } : {}),
    occurred_at: new Date(at - Math.floor(random() * 60_000)).toISOString(),
    action: route === "/v1/login" ? "user.login" : "http.request",
    outcome: status < 400 ? "success" : "failure",
    service: pick(["orders-api", "billing-api", "search-api"]),
    environment: "production",
    actor: { type: "user", id: `u_${user}`, name: `Person ${user}`, email: `person${user}@example.com`, role: "customer" },
    session: { id: `sess_${(user * 7919).toString(36)}_${"k".repeat(16)}` },
    credential: { type: "session", scopes: ["orders:read", "orders:write"] },
    source: {
      ip: `${11 + Math.floor(random() * 180)}.${Math.floor(random() * 20)}.${Math.floor(random() * 20)}.7`,
      port: 40_000 + (number % 20_000),
      user_agent: pick(agents),
    },
    targets: [{ type: "order", id: `o_${number}` }],
    http: {
      method: pick(["GET", "GET", "GET", "POST", "PUT", "DELETE"]),
      host: "api.example.com",
      path: route.replace("{id}", String(number)),
      route,
      query: `page=${number % 40}&sort=created_at&expand=customer,items&trace=${number.toString(16)}`,
      status,
      request_bytes: number % 2000,
      response_bytes: number % 90_000,
      duration_ms: Math.round(random() * 4000) / 10,
      headers: {
        accept: "application/json",
        "accept-language": "de-DE,de;q=0.9,en;q=0.7",
        "x-request-id": `req-${number.toString(36)}-${user}`,
        "content-type": "application/json",
      },
    },
    metadata: {
      region: "eu-central-1",
      pod: `orders-api-7f9c6d5b8-${(number % 46_656).toString(36)}`,
      build: "2026.11.3",
      feature_flags: ["new-cart", "fast-search"],
      retries: number % 3,
    },
  };
}
