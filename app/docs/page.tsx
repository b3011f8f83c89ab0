import type { Metadata } from "next";
import Link from "next/link";
import type { ReactNode } from "react";
import { Brand } from "@/app/(dashboard)/shell/brand";
import { Code, CodeBlock } from "@/app/ui/code";
import { snippets } from "@/client/snippets";
import { config } from "@/lib/config";
import { openApiDocument } from "@/lib/http/openapi";
import { EVENT_FIELDS } from "@/lib/query/event-fields";
import { ALERT_FIELDS, INCIDENT_FIELDS } from "@/lib/query/work-fields";
import type { FieldTable } from "@/lib/query/fields";
import { ERRORS, LIMITS, PROTOCOLS, QUERY_SIGNS, SECURITY } from "./content";
import styles from "./docs.module.css";
import { Operation, type OpenApi, SchemaTable } from "./operation";

export const metadata: Metadata = { title: "API reference", robots: { index: true } };

const SECTIONS: readonly [string, string][] = [
  ["start", "Send a first event"],
  ["event", "The event"],
  ["operations", "Operations"],
  ["errors", "Errors"],
  ["limits", "Limits"],
  ["query", "The query language"],
  ["protocols", "Other ways in"],
  ["security", "Security, and how to use it"],
  ["cli", "Command line"],
];

/** The readable reference: for everyone who can reach this server, without signing in. It shows no data. */
export default function DocsPage() {
  const url = config().BASE_URL;
  const document = openApiDocument(url) as unknown as OpenApi; // cast: built by us in this shape
  return (
    <div className={styles.page}>
      <header className={styles.top}>
        <Link href="/" className={styles.brand}>
          <Brand />
        </Link>
        <span className="muted">API reference</span>
        <nav className={styles.links} aria-label="Elsewhere">
          <a href="/api/v1/openapi.json" className="link">
            OpenAPI 3.1
          </a>
          <Link href="/" className="link">
            Dashboard
          </Link>
        </nav>
      </header>
      <div className={styles.body}>
        <nav className={styles.toc} aria-label="On this page">
          {SECTIONS.map(([id, title]) => (
            <a key={id} href={`#${id}`}>
              {title}
            </a>
          ))}
        </nav>
        <main className={styles.main}>
          <h1>Send what happens at your APIs. Read who attacks them.</h1>
          <p className={styles.lead}>
            One address, one key, JSON. An answer of 2xx means that the events are on disk. Everything below is made from the schemas that
            this server runs.
          </p>
          <Start url={url} />
          <Section id="event" title="The event">
            <p>
              Only <Code>action</Code> is required. Unknown fields are refused by name, so that a typo never loses data silently; anything
              free goes into <Code>metadata</Code>.
            </p>
            <SchemaTable document={document} name="EventInput" />
          </Section>
          <Section id="operations" title="Operations">
            {Object.entries(document.paths).flatMap(([path, methods]) =>
              Object.entries(methods).map(([method, operation]) => (
                <Operation key={`${method} ${path}`} {...{ document, path, method, operation }} />
              )),
            )}
          </Section>
          <Section id="errors" title="Errors">
            <p>
              Every error is a problem document (RFC 9457, <Code>application/problem+json</Code>): <Code>title</Code> says what kind,{" "}
              <Code>detail</Code> what happened, and <Code>problems</Code> everything that is wrong with its place, all at once.
            </p>
            <Rows head={["Status", "When", "What to do"]} rows={ERRORS} />
          </Section>
          <Section id="limits" title="Limits">
            <Rows head={["What", "Limit", "Beyond it"]} rows={LIMITS} />
          </Section>
          <Query />
          <Section id="protocols" title="Other ways in">
            <p>Everything is mapped to the one event and takes the same path: the same keys, checks, redaction and limits.</p>
            <Rows head={["Protocol", "Address", "Clients"]} rows={PROTOCOLS} />
          </Section>
          <Section id="security" title="Security, and how to use it">
            <Rows head={["What", "How"]} rows={SECURITY} />
          </Section>
          <Section id="cli" title="Command line">
            <CodeBlock
              name="On the machine that runs Vedette"
              prompt="$"
              code={[
                "npm run --silent vedette -- help",
                "npm run --silent vedette -- import --format nginx /var/log/nginx/access.log",
                "npm run --silent vedette -- tail --format nginx /var/log/nginx/access.log",
                "npm run --silent vedette -- replay --format nginx access.log",
                "npm run --silent vedette -- score-series requests-per-minute.csv",
              ].join("\n")}
            />
            <p className="muted">
              <Code>import</Code> takes in a log file, shows progress, can be run again without adding anything twice, and never mails about
              the past. <Code>tail</Code> follows a file through rotation. <Code>replay</Code> runs the rules over files without a database:
              detection as code, for tests. <Code>score-series</Code> scores a time series for anomalies.
            </p>
          </Section>
        </main>
      </div>
    </div>
  );
}

function Section({ id, title, children }: { id: string; title: string; children: ReactNode }) {
  return (
    <section id={id} className={styles.section} aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>{title}</h2>
      {children}
    </section>
  );
}

function Start({ url }: { url: string }) {
  const first = snippets.find(({ group }) => group === "try");
  const place = { url, key: "vdt_…" };
  return (
    <Section id="start" title="Send a first event">
      <p>
        Make a key under API keys in the dashboard; a key with the scope <Code>ingest</Code> may send and nothing else.
      </p>
      {first && <CodeBlock name={first.title} code={first.code(place)} />}
      <p className="muted">Ready to paste, with what to change:</p>
      <div className={styles.snippets}>
        {snippets
          .filter(({ id }) => id !== first?.id)
          .map((snippet) => (
            <details key={snippet.id}>
              <summary>{snippet.title}</summary>
              <p className="muted">{snippet.note}</p>
              <CodeBlock name={snippet.file ?? snippet.title} code={snippet.code(place)} />
            </details>
          ))}
      </div>
    </Section>
  );
}

/** Rows of text; the first cell of each is code. */
function Rows({ head, rows }: { head: readonly string[]; rows: readonly (readonly string[])[] }) {
  return (
    <div className={styles.scroll}>
      <table className={styles.table}>
        <thead>
          <tr>
            {head.map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row[0]}>
              {row.map((cell, i) => (
                <td key={head[i]}>{i === 0 ? <span className="strong">{cell}</span> : cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Query() {
  return (
    <Section id="query" title="The query language">
      <p>
        One language in the query bar, in <Code>q</Code> of every list, in suppressions and in routes. Conditions side by side are all
        meant. A query has at most 4,096 characters and 200 conditions; an error says at which character it stands.
      </p>
      <Rows head={["Written", "Means"]} rows={QUERY_SIGNS} />
      <FieldList title="Fields of events" table={EVENT_FIELDS} />
      <FieldList title="Fields of alerts" table={ALERT_FIELDS} />
      <FieldList title="Fields of incidents" table={INCIDENT_FIELDS} />
    </Section>
  );
}

function FieldList({ title, table }: { title: string; table: FieldTable }) {
  return (
    <details className={styles.fields}>
      <summary>
        {title} <span className="faint">{table.fields.length}</span>
      </summary>
      <div className={styles.scroll}>
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">Field</th>
              <th scope="col">What</th>
              <th scope="col">Kind</th>
              <th scope="col">Also called</th>
              <th scope="col">Example</th>
            </tr>
          </thead>
          <tbody>
            {table.fields.map((field) => (
              <tr key={field.name}>
                <td>
                  <code>{field.name}</code>
                </td>
                <td>{field.label}</td>
                <td>{field.values ? field.values.join(", ") : field.kind}</td>
                <td>
                  {[...(field.aliases ?? []), ...(field.paths.length === 1 ? [field.paths[0]?.join(".")] : [])]
                    .filter((name) => name !== field.name)
                    .join(", ")}
                </td>
                <td>
                  <code>
                    {field.name}:{field.example}
                  </code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
