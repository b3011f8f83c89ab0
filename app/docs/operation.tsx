import { Code } from "@/app/ui/code";
import styles from "./docs.module.css";

/** A JSON Schema as far as the reference shows it. */
interface Schema {
  $ref?: string;
  type?: string | string[];
  description?: string;
  enum?: unknown[];
  const?: unknown;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  oneOf?: Schema[];
  anyOf?: Schema[];
  additionalProperties?: Schema | boolean;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  maxItems?: number;
  format?: string;
  default?: unknown;
}

interface OperationObject {
  summary: string;
  description?: string;
  parameters?: { name: string; in: string; required?: boolean; description?: string; schema: Schema }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: Schema }> }>;
}

/** The parts of our OpenAPI document that the reference shows. */
export interface OpenApi {
  paths: Record<string, Record<string, OperationObject>>;
  components: { schemas: Record<string, Schema> };
}

const nameOf = (ref: string): string => ref.split("/").at(-1) ?? ref;

/** A schema's type in a few words: `text up to 256`, `list of Event`, `success or failure`. */
function typeWords(schema: Schema): string {
  if (schema.$ref) return nameOf(schema.$ref).replace(/\..*/, "JSON");
  if (schema.const !== undefined) return String(schema.const);
  if (schema.enum) return schema.enum.map(String).join(", ");
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices) return [...new Set(choices.map(typeWords))].join(" or ");
  if (schema.items) return `list of ${typeWords(schema.items)}${schema.maxItems ? `, at most ${schema.maxItems}` : ""}`;
  const type = Array.isArray(schema.type) ? schema.type.join(" or ") : (schema.type ?? "any JSON");
  const size = schema.maxLength
    ? ` up to ${schema.maxLength}`
    : schema.maximum !== undefined && schema.maximum < 1e9
      ? ` ${schema.minimum ?? ""}–${schema.maximum}`
      : "";
  return `${schema.format ?? type}${size}`;
}

/** A description with its `code` set as code. */
function Words({ text }: { text: string }) {
  return text.split("`").map((part, i) => (i % 2 ? <code key={part}>{part}</code> : part));
}

interface Line {
  path: string;
  schema: Schema;
  required: boolean;
}

/** Every property with its path, objects opened, lists of objects with `[]`. */
function linesOf(schema: Schema, prefix = ""): Line[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const path = prefix + name;
    const line = { path, schema: property, required: schema.required?.includes(name) ?? false };
    if (property.properties) return linesOf(property, `${path}.`);
    if (property.items?.properties) return linesOf(property.items, `${path}[].`);
    return [line];
  });
}

/** A component's properties as a table. */
export function SchemaTable({ document, name }: { document: OpenApi; name: string }) {
  const schema = document.components.schemas[name];
  if (!schema) return null;
  return (
    <div className={styles.scroll}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">Field</th>
            <th scope="col">Type</th>
          </tr>
        </thead>
        <tbody>
          {linesOf(schema).map(({ path, schema: property, required }) => (
            <tr key={path}>
              <td>
                <code>{path}</code>
                {required && <span className={styles.required}> required</span>}
              </td>
              <td>
                {typeWords(property)}
                {property.description && (
                  <span className="muted">
                    {" "}
                    <Words text={property.description} />
                  </span>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** One operation: what it does, what it takes, what it answers. */
export function Operation({
  document,
  path,
  method,
  operation,
}: {
  document: OpenApi;
  path: string;
  method: string;
  operation: OperationObject;
}) {
  const answer = Object.values(operation.responses["200"]?.content ?? {})[0]?.schema;
  const page = answer?.$ref ? document.components.schemas[nameOf(answer.$ref)] : undefined;
  const inside = answer?.$ref && (page?.properties?.data ? nameOf(answer.$ref).replace("Page", "") : nameOf(answer.$ref));
  return (
    <details className={styles.operation}>
      <summary>
        <span className={styles.method}>{method.toUpperCase()}</span> <code>{path}</code>
        <span className="muted">{operation.summary}</span>
      </summary>
      {operation.description && (
        <p>
          <Words text={operation.description} />
        </p>
      )}
      {operation.parameters && operation.parameters.length > 0 && (
        <div className={styles.scroll}>
          <table className={styles.table}>
            <thead>
              <tr>
                <th scope="col">Parameter</th>
                <th scope="col">Type</th>
                <th scope="col">What</th>
              </tr>
            </thead>
            <tbody>
              {operation.parameters.map((parameter) => (
                <tr key={parameter.name}>
                  <td>
                    <code>{parameter.name}</code>
                    {parameter.required && <span className={styles.required}> required</span>}
                  </td>
                  <td>{typeWords(parameter.schema)}</td>
                  <td>
                    <Words text={parameter.description ?? ""} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {operation.requestBody && (
        <p>
          Body:{" "}
          {Object.entries(operation.requestBody.content).map(([type, { schema }], i) => (
            <span key={type}>
              {i > 0 && "; "}
              <Code>{type}</Code> {schema.description ?? typeWords(schema)}
            </span>
          ))}
        </p>
      )}
      <div className={styles.scroll}>
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">Answer</th>
              <th scope="col">When</th>
            </tr>
          </thead>
          <tbody>
            {Object.entries(operation.responses).map(([status, response]) => (
              <tr key={status}>
                <td>
                  <code>{status}</code>
                </td>
                <td>
                  <Words text={response.description} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {inside && document.components.schemas[inside]?.properties && (
        <>
          <p className="strong">{page?.properties?.data ? `Each of data is an ${inside}` : inside}</p>
          <SchemaTable document={document} name={inside} />
        </>
      )}
    </details>
  );
}
