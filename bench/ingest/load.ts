/** A load generator that costs little itself: requests are written once and sent again and again over raw sockets. Runs as a process of its own. */
import { connect, type Socket } from "node:net";

/** What to send, to where, how. `bodies` are sent in turn; `ids` puts a fresh id into each event at the marks. */
export interface LoadOrder {
  port: number;
  key: string;
  connections: number;
  bodies: string[];
  contentType: string;
  /** Requests to send; undefined: until `seconds` have passed. */
  requests?: number;
  seconds?: number;
  /** Requests a second over all connections; undefined: as fast as answers come. */
  rate?: number;
  /** Whether a refused request is sent again; without it the next one is. Default: true. */
  patient?: boolean;
  /** Makes ids unique over several orders. */
  ids?: string;
}

/** What came of it. `requests` and latencies (ms) are of those taken in, `statuses` of all. */
export interface LoadReport {
  requests: number;
  seconds: number;
  statuses: Record<string, number>;
  p50: number;
  p99: number;
  max: number;
}

/** In a body, replaced by a fresh id of the same length. */
export const ID_MARK = "@@@@@@@@@@@@@@@@@@@@";

process.on("message", (order: LoadOrder) => void run(order).then((report) => process.send?.(report)));

async function run(order: LoadOrder): Promise<LoadReport> {
  const latencies: number[] = [];
  const statuses: Record<string, number> = {};
  const requests = order.bodies.map((body) => Buffer.from(headOf(order, body) + body));
  const marks = order.ids === undefined ? [] : requests.map(marksOf);
  const started = performance.now();
  const end = order.seconds === undefined ? Number.POSITIVE_INFINITY : started + order.seconds * 1000;
  const total = order.requests ?? Number.POSITIVE_INFINITY;
  let sent = 0;
  let fresh = 0;
  const next = (): Buffer | undefined => {
    if (sent >= total || performance.now() >= end) return undefined;
    const index = sent++ % requests.length;
    const request = requests[index];
    if (request === undefined || order.ids === undefined) return request;
    const copy = Buffer.from(request);
    for (const mark of marks[index] ?? []) copy.write(`${order.ids}-${fresh++}`.padEnd(ID_MARK.length, "x"), mark);
    return copy;
  };
  let places = 0;
  const due = (): number => (order.rate === undefined ? 0 : Math.max(0, started + (places++ / order.rate) * 1000 - performance.now()));
  await Promise.all(
    Array.from({ length: order.connections }, () =>
      drive(() => connect(order.port, "127.0.0.1"), {
        next,
        due,
        patient: order.patient ?? true,
        answered: (status, ms) => {
          if (status.startsWith("2")) latencies.push(ms);
          statuses[status] = (statuses[status] ?? 0) + 1;
        },
      }),
    ),
  );
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
  return { requests: latencies.length, seconds: (performance.now() - started) / 1000, statuses, p50: at(0.5), p99: at(0.99), max: at(1) };
}

const headOf = ({ key, contentType }: LoadOrder, body: string): string =>
  `POST /api/v1/events?results=errors HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${key}\r\nContent-Type: ${contentType}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`;

function marksOf(request: Buffer): number[] {
  const marks: number[] = [];
  for (let at = request.indexOf(ID_MARK); at >= 0; at = request.indexOf(ID_MARK, at + 1)) marks.push(at);
  return marks;
}

interface Driver {
  next(): Buffer | undefined;
  /** Takes a place in the row and says how long it is until then, ms: no connection stays silent so long that the server gives it up. */
  due(): number;
  answered(status: string, ms: number): void;
  patient: boolean;
}

const RETRY_MS = 20; // sooner than it was told to: the benchmark measures the server's time, not its patience

/** One request at a time on one connection, until there is none left. */
function drive(open: () => Socket, driver: Driver): Promise<void> {
  const { next, due, answered, patient } = driver;
  const socket = open();
  return new Promise((resolve) => {
    let since = 0;
    let buffer = "";
    let request: Buffer | undefined;
    const send = (): void => {
      const wait = due();
      if (wait > 1) setTimeout(sendNow, wait);
      else sendNow();
    };
    const sendNow = (): void => {
      request = next();
      if (request === undefined) socket.end();
      else write();
    };
    const write = (): void => {
      since = performance.now();
      if (request) socket.write(request);
    };
    socket.setNoDelay(true);
    socket.setEncoding("latin1");
    socket.on("connect", send);
    socket.on("data", (chunk: string) => {
      buffer += chunk;
      const head = buffer.indexOf("\r\n\r\n");
      if (head < 0) return;
      const length = Number(/content-length: (\d+)/i.exec(buffer.slice(0, head))?.[1] ?? 0);
      if (buffer.length < head + 4 + length) return;
      const status = buffer.slice(9, 12);
      answered(status, performance.now() - since);
      const told = /retry-after: \d/i.test(buffer);
      buffer = "";
      if (told && patient)
        setTimeout(write, RETRY_MS); // comes back, as it was told to
      else send();
    });
    socket.on("close", () => (request === undefined ? resolve() : resolve(drive(open, driver))));
    socket.on("error", () => answered("reset", 0)); // for its report; "close" follows
  });
}
