/** The part of Elasticsearch's REST interface that shippers use to write: bulk, single documents, and the questions they ask before they start. */
import type { AppError } from "@/lib/errors";
import { invalid } from "@/lib/errors";
import { EventInput } from "@/lib/model/event";
import { clip, parseJson, record, said } from "@/lib/ingest/readers/text";
import { percentDecoded } from "@/lib/percent";
import { eventOf, flatten } from "./conventions";
import { fromLogLine, type LineReaders } from "./log-lines";
import {
  acceptGroups,
  type Intake,
  inWordsOf,
  type ItemOutcome,
  jsonResponse,
  linesIn,
  type ProtocolItem,
  type ProtocolRoute,
  presentedKey,
  statusOf,
  unmapped,
} from "./protocol";

/** The version that we answer as: shippers refuse to talk to one older than themselves by a major. */
const VERSION = "9.2.0";
const ROOT = "/api/elastic";

/** Official clients speak only to servers that carry this header. */
const headers = { "x-elastic-product": "Elasticsearch" };
const answer = (body: unknown, status = 200) => jsonResponse(body, status, headers);

export function elasticRoutes(intake: Intake, readers: LineReaders): ProtocolRoute[] {
  const bulk = told(async (request, peer) => {
    const sender = await intake.admit(request, peer, presentedKey(request));
    const started = intake.now();
    const operations = operationsIn((await intake.readBody(request)).toString("utf8"), indexIn(request));
    const outcomes = await acceptGroups(
      intake,
      sender,
      operations.map((one) => (one.refused ? [unmapped(one.refused, one.document)] : itemsOf(one, sender.keyId, readers))),
    );
    const items = operations.map((one, at) => ({ [one.action]: operationAnswer(one, outcomes[at] ?? { status: "rejected" }) }));
    return answer({
      took: Math.max(0, intake.now() - started),
      errors: items.some((one) => Object.values(one)[0]?.error !== undefined),
      items,
    });
  });
  const single = told(async (request, peer) => {
    const sender = await intake.admit(request, peer, presentedKey(request));
    const document = parseJson((await intake.readBody(request)).toString("utf8"));
    if (document === undefined) throw invalid("The body is not JSON.");
    const operation: Operation = {
      action: request.url.includes("/_create/") ? "create" : "index",
      index: indexIn(request),
      id: idIn(request),
      document,
    };
    const [outcome = { status: "rejected" as const }] = await acceptGroups(intake, sender, [itemsOf(operation, sender.keyId, readers)]);
    const { status, error, ...rest } = operationAnswer(operation, outcome);
    return answer(error ? { error: { root_cause: [error], ...error }, status } : rest, status);
  });
  const known =
    (body: unknown): ProtocolRoute["handler"] =>
    async () =>
      answer(body);
  return [
    ...(["POST", "PUT"] as const).flatMap((method) => [
      { method, path: `${ROOT}/_bulk`, handler: bulk },
      { method, path: `${ROOT}/{index}/_bulk`, handler: bulk },
      { method, path: `${ROOT}/{index}/_doc/{id}`, handler: single },
      { method, path: `${ROOT}/{index}/_create/{id}`, handler: single },
    ]),
    { method: "POST", path: `${ROOT}/{index}/_doc`, handler: single },
    ...[ROOT, `${ROOT}/`].flatMap((path): ProtocolRoute[] => [
      { method: "GET", path, handler: known(banner) },
      { method: "HEAD", path, handler: async () => new Response(null, { headers }) },
    ]),
    { method: "GET", path: `${ROOT}/_license`, handler: known({ license }) },
    {
      method: "GET",
      path: `${ROOT}/_xpack`,
      handler: known({ license, features: {}, build: { hash: "vedette", date: "2026-01-01T00:00:00Z" }, tagline: "Vedette" }),
    },
    { method: "GET", path: `${ROOT}/_cluster/health`, handler: told(async () => answer(await healthOf(intake))) },
    {
      method: "GET",
      path: `${ROOT}/_cat/health`,
      handler: told(
        async () => new Response(`${(await healthOf(intake)).status}\n`, { headers: { ...headers, "content-type": "text/plain" } }),
      ),
    },
    {
      method: "GET",
      path: `${ROOT}/_nodes/http`,
      handler: known({ _nodes: { total: 0, successful: 0, failed: 0 }, cluster_name: "vedette", nodes: {} }),
    },
  ];
}

const banner = {
  name: "vedette",
  cluster_name: "vedette",
  cluster_uuid: "vedette",
  version: {
    number: VERSION,
    build_flavor: "default",
    build_type: "tar",
    build_hash: "vedette",
    build_snapshot: false,
    lucene_version: "10.3.0",
    minimum_wire_compatibility_version: "8.19.0",
    minimum_index_compatibility_version: "8.0.0",
  },
  tagline: "You Know, for Search",
};

const license = {
  status: "active",
  uid: "vedette",
  type: "basic",
  issue_date: "2026-01-01T00:00:00.000Z",
  issue_date_in_millis: 1_767_225_600_000,
  max_nodes: 1000,
  issued_to: "vedette",
  issuer: "vedette",
  start_date_in_millis: -1,
};

async function healthOf(intake: Intake) {
  const ready = await intake.ready();
  return {
    cluster_name: "vedette",
    status: ready ? "green" : "red",
    timed_out: false,
    number_of_nodes: 1,
    number_of_data_nodes: 1,
    active_shards: 1,
    relocating_shards: 0,
    unassigned_shards: 0,
  };
}

const segments = (request: Request): string[] => new URL(request.url).pathname.slice(ROOT.length).split("/").filter(Boolean).map(decode);

const decode = (segment: string): string => {
  const decoded = percentDecoded(segment);
  if (decoded === undefined) throw invalid("The path is not well-formed.");
  return decoded;
};

const indexIn = (request: Request): string | undefined => segments(request).find((segment) => !segment.startsWith("_"));
const idIn = (request: Request): string | undefined => segments(request)[2];

interface Operation {
  action: string;
  index: string | undefined;
  id: string | undefined;
  document: unknown;
  /** Why the operation cannot be done: an event is never changed or removed. */
  refused?: string;
}

/** The operations of a bulk body: an action line, and for `index` and `create` a document line. Throws `invalid` where the pairing is lost. */
function operationsIn(body: string, defaultIndex: string | undefined): Operation[] {
  const lines = linesIn(body, 2);
  const operations: Operation[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const [action, meta] = Object.entries(record(parseJson(lines[at] ?? "")))[0] ?? [];
    if (action === undefined || !["index", "create", "update", "delete"].includes(action)) {
      throw invalid(`Malformed action/metadata line [${at + 1}], expected index, create, update or delete.`);
    }
    const index = said(record(meta)._index) ?? defaultIndex;
    const id = said(record(meta)._id);
    if (action === "delete")
      operations.push({ action, index, id, document: undefined, refused: "Events are immutable: delete is not possible." });
    else {
      at += 1;
      if (lines[at] === undefined)
        throw invalid("The bulk request must be terminated by a newline and have a document for each index and create.");
      const refused = action === "update" ? "Events are immutable: update is not possible." : undefined;
      operations.push({ action, index, id, document: parseJson(lines[at] ?? ""), ...(refused ? { refused } : {}) });
    }
  }
  return operations;
}

/** The items of one document: our own wire form as it is, a log line of a known dataset through its reader, ECS otherwise. */
function itemsOf(operation: Operation, sender: string, readers: LineReaders): ProtocolItem[] {
  const { document } = operation;
  if (typeof document !== "object" || document === null || Array.isArray(document))
    return [unmapped("The document is not a JSON object.", document)];
  const id = operation.id === undefined ? undefined : clip(`${operation.index ?? ""}/${operation.id}`, 256);
  if (EventInput.safeParse(document).success) return [{ value: id === undefined || "id" in document ? document : { ...document, id } }];
  const flat = flatten(document);
  const lined = lineIn(flat);
  if (lined) {
    const items = fromLogLine(readers, { sender, ...lined, service: flat.get("service.name") });
    return items.length === 1 && id !== undefined
      ? items.map((item) => (item.problems ? item : { value: { ...(item.value as object), id } }))
      : items;
  }
  return [{ value: eventOf(flat, { id, service: operation.index }) }];
}

const DATASETS: Record<string, string> = {
  "nginx.access": "nginx",
  "nginx.error": "nginx",
  "apache.access": "apache",
  "apache.error": "apache",
  "system.auth": "sshd",
  "traefik.access": "traefik",
};

/** A raw line in `message`, when the document says whose it is and no parser has been at it. sshd's message without its frame gets one. */
function lineIn(flat: Map<string, unknown>): { format: string; line: string } | undefined {
  const message = flat.get("message");
  if (typeof message !== "string" || flat.has("source.ip") || flat.has("event.action")) return undefined;
  const program = said(flat.get("process.name"));
  if (program !== undefined && /^(sshd(-session|-auth)?|sudo|su|login|vsftpd|dovecot)$/.test(program)) {
    const stamp = said(flat.get("@timestamp")) ?? "";
    const pid = flat.get("process.pid");
    return {
      format: "sshd",
      line: `${stamp} ${said(flat.get("host.name")) ?? "-"} ${program}[${typeof pid === "string" || typeof pid === "number" ? pid : 0}]: ${message.trim()}`,
    };
  }
  const format = DATASETS[String(flat.get("event.dataset") ?? "")];
  return format === undefined ? undefined : { format, line: message };
}

function operationAnswer(operation: Operation, outcome: ItemOutcome) {
  const place = { _index: operation.index ?? "vedette", _id: operation.id ?? outcome.id ?? "" };
  if (outcome.status === "rejected")
    return { ...place, status: 400, error: { type: "document_parsing_exception", reason: outcome.error ?? "rejected" } };
  if (outcome.status === "conflict") {
    return {
      ...place,
      status: 409,
      error: { type: "version_conflict_engine_exception", reason: outcome.error ?? "another event has this id" },
    };
  }
  const fresh = outcome.status === "accepted";
  return {
    ...place,
    _version: 1,
    result: fresh ? "created" : "noop",
    _shards: { total: 1, successful: 1, failed: 0 },
    _seq_no: 0,
    _primary_term: 1,
    status: fresh ? 201 : 200,
    error: undefined,
  };
}

const TYPES: Partial<Record<AppError["code"], string>> = {
  unauthenticated: "security_exception",
  forbidden: "security_exception",
  rate_limited: "es_rejected_execution_exception",
  unavailable: "unavailable_shards_exception",
};

function told(handler: ProtocolRoute["handler"]): ProtocolRoute["handler"] {
  return inWordsOf((error) => {
    const cause = { type: TYPES[error.code] ?? "illegal_argument_exception", reason: error.publicMessage };
    return answer({ error: { root_cause: [cause], ...cause }, status: statusOf(error) }, statusOf(error));
  }, handler);
}
