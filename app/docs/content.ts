/** What the reference says in words. Numbers stand here only where the code says the same. */
import { defaultLimits } from "@/lib/ingest/limits";
import { QUERY_LENGTH_LIMIT } from "@/lib/query/tokenize";
import { formatBytes, formatCount } from "@/lib/model/format";

export const ERRORS = [
  ["400", "The body is not what its content type says: broken JSON, a bomb, duplicate keys.", "Mend the sender; the place is in problems."],
  [
    "401",
    "No key, or one that is not known, expired or revoked.",
    "Check the key. After 10 bad tries an address is locked out for a while.",
  ],
  [
    "403",
    "The key may not do this, may not write for this service, or may not be used from this address.",
    "Change the key's scopes, services or networks.",
  ],
  ["404", "No such record is kept.", "It may be older than the retention."],
  ["409", "The id was used for an event with another content. The first one stays.", "Do not retry; make ids unique."],
  ["413, 415", "Too large, or not a format or encoding we read.", "Send smaller batches; gzip them. zstd needs Node 22.15 on the server."],
  ["422", "An event, a query or a parameter is not valid.", "problems has all of it at once."],
  ["429", "The key's rate or quota, or too many reads at once.", "Wait Retry-After seconds. Nothing was half done."],
  [
    "503",
    "The server cannot store now: the disk is nearly full, the database is away, or memory is short.",
    "Wait Retry-After seconds and send the same again: it is safe.",
  ],
] as const;

export const LIMITS = [
  ["Body as sent", formatBytes(defaultLimits.rawBytes), "413"],
  ["Body after decompression", formatBytes(defaultLimits.inflatedBytes), "413"],
  ["Events in one body", formatCount(defaultLimits.items), "413"],
  [
    "One event",
    `${formatBytes(defaultLimits.itemLength)}, ${defaultLimits.depth} levels, ${formatCount(defaultLimits.keys)} keys`,
    "422 for that event",
  ],
  ["Ids", "unique for at least 72 hours", "the same content again is a duplicate"],
  ["A page of a list", "100 by default, at most 1,000", "422"],
  ["A query", `${formatCount(QUERY_LENGTH_LIMIT)} characters, 200 conditions, 20 levels, 10 wildcards a value`, "422 at that place"],
  ["Reads with one key", "4 at once, 8 seconds each", "429, 503"],
] as const;

export const QUERY_SIGNS = [
  ["outcome:failure", "the field has this value; A-Z and a-z are the same, except in ids"],
  ["outcome:failure service:api", "both; AND may be written"],
  ["service:(api OR web)", "one of several values"],
  ["-country:de  !country:de  NOT country:de", "not; records without a country are kept"],
  ["status:>=400   duration:<100", "numbers"],
  ["status:400..499   status:4xx   status:[400 TO 499]", "ranges, ends included; 400.. is open"],
  ["ip:10.0.0.0/8   ip:2001:db8::/32   ip:10.0.*", "networks"],
  ["path:/v1/*", "a star stands for anything"],
  ['user_agent:curl   user_agent:="curl/8.4.0"', "texts contain it; with = the whole text"],
  ["key:*   -key:*", "there is one; there is none"],
  ["metadata.order.total:>100   header.x-trace:abc", "anything you sent under metadata or in headers"],
  ["occurred_at:2026-11-23   time:>2026-11-23T12:00Z", "days and instants, UTC without a zone"],
  ['timeout   "wrong password"', "free text in action, reason, service, account, path, query, agent and host"],
  ["a OR b c   (a OR b) c", "OR is weaker than side by side; parentheses group"],
  ['\\*   \\"   "a*b"', "a backslash or quotes make signs literal"],
] as const;

export const PROTOCOLS = [
  ["OpenTelemetry logs", "POST /api/otlp/v1/logs", "any OTLP/HTTP exporter, JSON or protobuf"],
  ["Elasticsearch bulk", "/api/elastic", "Filebeat, Logstash, Fluent Bit, rsyslog, the Elastic clients"],
  ["Splunk HEC", "/services/collector", "anything that speaks to Splunk, with indexer acknowledgement"],
  ["CloudEvents 1.0", "POST /api/cloudevents", "structured, batched and binary; the webhook handshake is answered"],
  ["Log lines", "POST /api/logs/{format}", "nginx, Apache, Caddy, Traefik, Envoy, sshd and others"],
  ["Webhooks", "/api/webhooks/…", "Auth0, Okta, GitHub, and your own mapping"],
] as const;

export const SECURITY = [
  [
    "Keys",
    "Each sender gets its own key with the least it needs: ingest to send, read to read. Only a SHA-256 of it is kept, it is shown once, and revoking works within a second.",
  ],
  [
    "Rotation",
    "Give a key a new secret; the old one goes on for as long as you choose, a week at most, so that senders change one by one.",
  ],
  ["Networks of a key", "List the addresses and networks a key may be used from; from elsewhere it is refused with 403."],
  [
    "Client certificates",
    "Bind a key to the SHA-256 fingerprint of a TLS client certificate: the key alone is then worth nothing. Set TLS_CLIENT_CA_FILE, or behind a proxy CLIENT_CERT_HEADER (nginx: $ssl_client_escaped_cert).",
  ],
  [
    "Rates and quotas",
    "Events and bytes a second, a burst and a daily quota per key, counted by each web process. In every protocol RateLimit headers say what is left, and 429 when to come again.",
  ],
  ["Lockout", "After 10 bad keys an address is locked out with growing waits, without a database query per try."],
  ["Idempotency", "Give every event an id: retries after a lost answer then store it once."],
  ["Long numbers", "Integers beyond 2^53 are kept as texts with all their digits, so that an id never becomes another id."],
  [
    "Redaction",
    "Passwords, tokens, cookies, card numbers and cloud keys are masked before anything is stored, queued or logged. Session ids and tokens are kept as keyed hashes: paste one into the search to find its events.",
  ],
  [
    "Whose address",
    "A key says whether source.ip of its events is believed; X-Forwarded-For counts only as many proxies as are configured.",
  ],
  [
    "Your own exits",
    "Name the addresses of your VPN, proxies and offices (Own exits): nobody there has travelled, and its people are not taken for one guesser.",
  ],
  [
    "Telling people",
    "Send actor.email, and an administrator can have people asked by mail whether an unfamiliar sign-in was theirs: per service, at named domains only.",
  ],
  [
    "Dashboard",
    "Password or OpenID Connect, roles (viewer, responder, auditor, admin), sessions that end at once, and an audit trail of every change and export.",
  ],
  ["Transport", "Set TLS_CERT_FILE and TLS_KEY_FILE, or put a proxy with TLS in front; the server sends a strict content security policy."],
] as const;
