/** How to send events from each stack, as text to paste: onboarding and the documentation show the same ones, with the real address and key filled in. */
import { languageSnippets } from "./snippets-languages";

/** Where events go and with which key. `url` has no slash at its end: `https://vedette.example.com`. */
interface Place {
  url: string;
  key: string;
}

/** One stack. `code` is complete: pasted, saved under `file` and run, it sends. */
export interface Snippet {
  id: string;
  title: string;
  group: "try" | "application" | "gateway" | "shipper";
  /** For the highlighter: a language name as Markdown fences use it. */
  language: string;
  /** Where the text belongs, when it is not typed into a shell. */
  file?: string;
  /** What the reader gets and what to change, in a sentence or two. */
  note: string;
  code: (place: Place) => string;
}

const hostOf = ({ url }: Pick<Place, "url">) => new URL(url).hostname;
const portOf = ({ url }: Pick<Place, "url">) => new URL(url).port || (url.startsWith("https:") ? "443" : "80");
const tls = ({ url }: Place) => (url.startsWith("https:") ? "on" : "off");

const tries: Snippet[] = [
  {
    id: "curl",
    title: "curl",
    group: "try",
    language: "sh",
    note: "One failed sign-in, to see the whole way once. The answer is 201 when the event is stored.",
    code: ({ url, key }) => `curl -i ${url}/api/v1/events \\
  -H 'Authorization: Bearer ${key}' \\
  -H 'Content-Type: application/json' \\
  -d '{
    "action": "user.login",
    "outcome": "failure",
    "reason": "bad_password",
    "service": "my-api",
    "actor": { "id": "u_42", "name": "Ana" },
    "source": { "ip": "203.0.113.7", "user_agent": "curl" }
  }'`,
  },
];

const gateways: Snippet[] = [
  {
    id: "nginx",
    title: "nginx",
    group: "gateway",
    language: "ini",
    file: "/etc/fluent-bit/fluent-bit.conf",
    note: "nginx keeps its combined access log; Fluent Bit ships every line and survives rotation and restarts. Apache: the same with /api/logs/apache.",
    code: (place) => `[INPUT]
    Name              tail
    Path              /var/log/nginx/access.log
    DB                /var/lib/fluent-bit/vedette.db
    Tag               nginx

[OUTPUT]
    Name              http
    Match             nginx
    Host              ${hostOf(place)}
    Port              ${portOf(place)}
    TLS               ${tls(place)}
    URI               /api/logs/nginx?service=edge
    Format            json_lines
    Header            X-Api-Key ${place.key}
    Retry_Limit       no_limits`,
  },
  {
    id: "nginx-once",
    title: "nginx, a log you have",
    group: "try",
    language: "sh",
    note: "Sends the last lines of an access log. For whole files and the past use the command line: vedette import --format nginx FILE.",
    code: ({ url, key }) => `tail -n 5000 /var/log/nginx/access.log |
  curl -sS '${url}/api/logs/nginx?service=edge' -H 'X-Api-Key: ${key}' -H 'Content-Type: text/plain' --data-binary @-`,
  },
  {
    id: "envoy",
    title: "Envoy",
    group: "gateway",
    language: "yaml",
    file: "envoy.yaml",
    note: "An access log as JSON, to a file that Fluent Bit or `vedette tail --format envoy` follows (the nginx tab has the Fluent Bit part: use /api/logs/envoy).",
    code: () => `# http_connection_manager:
access_log:
  - name: envoy.access_loggers.file
    typed_config:
      "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
      path: /var/log/envoy/access.log
      log_format:
        json_format:
          start_time: "%START_TIME%"
          method: "%REQ(:METHOD)%"
          path: "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%"
          protocol: "%PROTOCOL%"
          authority: "%REQ(:AUTHORITY)%"
          response_code: "%RESPONSE_CODE%"
          response_flags: "%RESPONSE_FLAGS%"
          bytes_received: "%BYTES_RECEIVED%"
          bytes_sent: "%BYTES_SENT%"
          duration: "%DURATION%"
          downstream_remote_address: "%DOWNSTREAM_REMOTE_ADDRESS%"
          user_agent: "%REQ(USER-AGENT)%"
          referer: "%REQ(REFERER)%"
          request_id: "%REQ(X-REQUEST-ID)%"`,
  },
  {
    id: "kong",
    title: "Kong",
    group: "gateway",
    language: "sh",
    note: "Kong's own http-log plugin, for all services. Consumers arrive as actors and their credentials as API keys.",
    code: ({ url, key }) => `curl -i http://localhost:8001/plugins \\
  --data name=http-log \\
  --data config.http_endpoint=${url}/api/logs/kong \\
  --data 'config.headers.X-Api-Key=${key}' \\
  --data config.queue.max_batch_size=100 \\
  --data config.queue.max_coalescing_delay=1`,
  },
];

const shippers: Snippet[] = [
  {
    id: "opentelemetry",
    title: "OpenTelemetry Collector",
    group: "shipper",
    language: "yaml",
    file: "otel-collector.yaml",
    note: "Any OTLP/HTTP exporter of logs, JSON or protobuf. Semantic conventions (client.address, http.request.method, user.id, event.name) become fields of the event.",
    code: ({ url, key }) => `exporters:
  otlphttp/vedette:
    logs_endpoint: ${url}/api/otlp/v1/logs
    headers:
      Authorization: Bearer ${key}

service:
  pipelines:
    logs:
      receivers: [otlp]
      processors: [batch]
      exporters: [otlphttp/vedette]`,
  },
  {
    id: "elastic",
    title: "Filebeat, Logstash, Vector (Elasticsearch bulk)",
    group: "shipper",
    language: "yaml",
    file: "filebeat.yml",
    note: "Anything that writes to Elasticsearch: set the address and the key, ECS fields are mapped. The index name becomes the service unless service.name is set.",
    code: ({ url, key }) => `output.elasticsearch:
  hosts: ["${url}/api/elastic"]
  headers:
    X-Api-Key: "${key}"
setup.template.enabled: false
setup.ilm.enabled: false`,
  },
  {
    id: "rsyslog",
    title: "rsyslog",
    group: "shipper",
    language: "conf",
    file: "/etc/rsyslog.d/60-vedette.conf",
    note: "The machine's own syslog: sshd and PAM lines become sign-ins. Needs the package rsyslog-elasticsearch.",
    code: ({ url, key }) => `module(load="omelasticsearch")
template(name="vedette" type="list" option.jsonf="on") {
  property(outname="@timestamp" name="timereported" dateFormat="rfc3339" format="jsonf")
  property(outname="host.name" name="hostname" format="jsonf")
  property(outname="process.name" name="programname" format="jsonf")
  property(outname="process.pid" name="procid" format="jsonf")
  property(outname="message" name="msg" format="jsonf")
}
auth,authpriv.* action(type="omelasticsearch" template="vedette" searchIndex="auth" searchType=""
  server="${new URL(url).protocol}//${new URL(url).hostname}:${portOf({ url })}/api/elastic" uid="vedette" pwd="${key}"
  bulkmode="on" queue.type="linkedlist" action.resumeRetryCount="-1")`,
  },
  {
    id: "splunk",
    title: "Splunk HTTP Event Collector",
    group: "shipper",
    language: "sh",
    note: "Anything that writes to a Splunk HEC: the token is the key. Raw lines are read by sourcetype (nginx, apache, sshd, envoy, kong, …).",
    code: ({ url, key }) => `curl -i ${url}/services/collector/event \\
  -H 'Authorization: Splunk ${key}' \\
  -d '{"event": {"action": "user.login", "outcome": "failure", "actor": {"id": "u_42"}}, "source": "my-api"}'`,
  },
  {
    id: "cloudevents",
    title: "CloudEvents",
    group: "shipper",
    language: "sh",
    note: "CloudEvents 1.0 over HTTP: binary, structured or batched. The type becomes the action, the source the service.",
    code: ({ url, key }) => `curl -i ${url}/api/cloudevents \\
  -H 'Authorization: Bearer ${key}' \\
  -H 'Content-Type: application/json' \\
  -H 'ce-specversion: 1.0' -H 'ce-id: a1' -H 'ce-type: user.login' -H 'ce-source: my-api' \\
  -d '{"outcome": "failure", "actor": {"id": "u_42"}, "source": {"ip": "203.0.113.7"}}'`,
  },
];

/** All stacks, in the order in which they are offered. */
export const snippets: readonly Snippet[] = [...tries, ...languageSnippets, ...gateways, ...shippers];
