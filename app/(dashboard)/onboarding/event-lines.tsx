import type { EventDocument } from "@/lib/model/event";
import styles from "./onboarding.module.css";

const PRIVATE = /^(10\.|127\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|::1$|f[cd])/i;
const MASKED = /^\[redacted/i;

/** The event's leaves as `path: value`, at most 14; what we added ourselves (agent, marks) is left out. */
function linesOf(document: EventDocument): { path: string; value: string }[] {
  const lines: { path: string; value: string }[] = [];
  const walk = (value: unknown, path: string): void => {
    if (lines.length >= 14 || value === undefined || value === null) return;
    if (typeof value === "object" && !Array.isArray(value)) {
      for (const [key, child] of Object.entries(value)) walk(child, path ? `${path}.${key}` : key);
      return;
    }
    lines.push({ path, value: typeof value === "string" ? value : JSON.stringify(value) });
  };
  const { marks: _, id: __, ...shown } = document;
  walk(shown, "");
  return lines.filter(({ path }) => !path.startsWith("source.agent"));
}

/** An event as it was understood, field by field, with a word where something looks wrong. */
export function EventLines({ document }: { document: EventDocument }) {
  return (
    <dl className={styles.event}>
      {linesOf(document).map(({ path, value }) => (
        <div key={path} className={path === "source.ip" && PRIVATE.test(value) ? styles.suspect : undefined}>
          <dt>{path}</dt>
          <dd>
            {MASKED.test(value) ? <span className={styles.hidden}>hidden</span> : <span className="truncate">{value}</span>}
            {path === "source.ip" && PRIVATE.test(value) && <em>your proxy?</em>}
          </dd>
        </div>
      ))}
    </dl>
  );
}
