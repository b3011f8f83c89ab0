"use client";
import Link from "next/link";
import { type ReactNode, useRef, useState, useTransition } from "react";
import styles from "@/app/(dashboard)/rules/rules.module.css";
import { Button, LinkButton } from "@/app/ui/button";
import { Card } from "@/app/ui/card";
import { Banner, EmptyState } from "@/app/ui/states";
import { formatCount, plural } from "@/lib/model/format";
import { placeholderNames } from "@/app/(dashboard)/rules/words";
import type { ImportReport } from "@/lib/rules/import-rules";

const LISTED = 100;

/** What was chosen, and what the server says of it. */
interface Look {
  name: string;
  form: FormData;
  report: ImportReport;
  isDone: boolean;
}

async function send(form: FormData, isReal: boolean): Promise<ImportReport> {
  const answer = await fetch(`/api/dashboard/rules/import${isReal ? "?do=import" : ""}`, { method: "POST", body: form });
  const body: unknown = await answer.json().catch(() => ({}));
  if (answer.ok) return body as ImportReport; // cast: our own route's answer
  const detail = typeof body === "object" && body !== null && "detail" in body ? String(body.detail) : "";
  throw new Error(detail || `The upload was refused (${answer.status}).`);
}

/** Choose, look, import. */
export function ImportRules() {
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const [look, setLook] = useState<Look>();
  const [failure, setFailure] = useState("");
  const [busy, start] = useTransition();
  const attempt = (name: string, form: FormData, isReal: boolean) =>
    start(async () => {
      setFailure("");
      try {
        setLook({ name, form, report: await send(form, isReal), isDone: isReal });
      } catch (error) {
        setFailure(error instanceof Error ? error.message : "The upload failed.");
      }
    });
  const choose = (list: FileList | null) => {
    const chosen = [...(list ?? [])].filter(({ name }) => /\.(ya?ml|json|zip)$/i.test(name));
    if (chosen.length === 0) return setFailure("There is no YAML file and no ZIP archive in it.");
    const form = new FormData();
    for (const file of chosen) form.append("file", file, file.webkitRelativePath || file.name);
    attempt(chosen.length === 1 ? (chosen[0]?.name ?? "") : plural(chosen.length, "file"), form, false);
  };
  return (
    <>
      <Card>
        <div
          className={styles.drop}
          onDragOver={(event) => event.preventDefault()}
          onDrop={(event) => {
            event.preventDefault();
            choose(event.dataTransfer.files);
          }}
        >
          <p>Drop a ZIP or YAML files here, or choose</p>
          <span className={styles.buttons}>
            <Button busy={busy} onClick={() => files.current?.click()}>
              ZIP or files
            </Button>
            <Button busy={busy} onClick={() => folder.current?.click()}>
              A folder
            </Button>
          </span>
          <input
            ref={files}
            className="visually-hidden"
            type="file"
            multiple
            accept=".zip,.yml,.yaml,.json"
            aria-label="ZIP or rule files"
            tabIndex={-1}
            onChange={(event) => choose(event.target.files)}
          />
          <input
            ref={(input) => {
              folder.current = input;
              input?.setAttribute("webkitdirectory", ""); // React does not know it
            }}
            className="visually-hidden"
            type="file"
            aria-label="A folder of rules"
            tabIndex={-1}
            onChange={(event) => choose(event.target.files)}
          />
        </div>
      </Card>
      {failure && <Banner tone="bad">{failure}</Banner>}
      {busy && <p role="status">Reading …</p>}
      {look && <Report look={look} busy={busy} onImport={() => attempt(look.name, look.form, true)} />}
    </>
  );
}

function Report({ look: { name, report, isDone }, busy, onImport }: { look: Look; busy: boolean; onImport: () => void }) {
  const { files, loaded, elsewhere, waiting, known, refused } = report;
  const fresh = loaded.length + elsewhere.length + waiting.length;
  const changed = known.filter(({ same }) => !same).length;
  return (
    <>
      {isDone ? (
        <Banner tone="ok" action={<LinkButton href="/rules?source=custom">See them</LinkButton>}>
          {plural(fresh, "rule")} taken in from {name}. Those that run do so from now on and never alert about the past.
        </Banner>
      ) : (
        <Banner
          action={
            fresh > 0 && (
              <Button tone="primary" busy={busy} onClick={onImport}>
                Import {plural(fresh, "rule")}
              </Button>
            )
          }
        >
          {name}: {plural(files, "rule file")} read, nothing taken in yet.
        </Banner>
      )}
      {isDone && waiting.length > 0 && (
        <Banner action={<LinkButton href="/rules/placeholders">Give values</LinkButton>}>
          {plural(waiting.length, "rule waits", "rules wait")} for values of placeholders.
        </Banner>
      )}
      <div className="grid-2">
        <List
          title={isDone ? "Running" : "Will run"}
          count={loaded.length}
          empty="None speaks of logs that every installation has."
          items={loaded.map((rule) => ({
            key: rule.id,
            what: <RuleName {...rule} isLink={isDone} />,
            why: rule.enabled ? rule.file : `${rule.file}; given up by its authors, so it is switched off`,
          }))}
        />
        <List
          title="Could not be loaded"
          count={refused.length}
          empty="Every rule in it is understood."
          items={refused.map(({ file, line, detail }, index) => ({ key: String(index), what: detail, why: `${file}, line ${line}` }))}
        />
        <List
          title="Not for our log sources"
          note="switched off until somebody who sends such logs switches them on"
          count={elsewhere.length}
          empty="None."
          items={elsewhere.map((rule) => ({ key: rule.id, what: <RuleName {...rule} isLink={isDone} />, why: rule.logsource }))}
        />
        <List
          title="Waiting for values"
          note="they begin when their placeholders have values"
          count={waiting.length}
          empty="None names a placeholder without values."
          items={waiting.map((rule) => ({
            key: rule.id,
            what: <RuleName {...rule} isLink={isDone} />,
            why: placeholderNames(rule.placeholders),
          }))}
        />
        <List
          title="Known already"
          note={changed > 0 ? `${formatCount(changed)} with another text; ours stay` : "they stay as they are"}
          count={known.length}
          empty="None of them was here."
          items={known
            .toSorted((a, b) => Number(a.same) - Number(b.same))
            .map((rule) => ({
              key: `${rule.id}${rule.file}`,
              what: <RuleName {...rule} isLink />,
              why: rule.same ? "the same text" : "another text here",
            }))}
        />
      </div>
    </>
  );
}

const RuleName = ({ id, title, isLink }: { id: string; title: string; isLink: boolean }) =>
  isLink ? (
    <Link prefetch={false} className="link" href={`/rules/${encodeURIComponent(id)}`}>
      {title}
    </Link>
  ) : (
    title
  );

function List({
  title,
  note,
  count,
  empty,
  items,
}: {
  title: string;
  note?: string;
  count: number;
  empty: string;
  items: readonly { key: string; what: ReactNode; why: string }[];
}) {
  return (
    <Card title={`${formatCount(count)} ${title.charAt(0).toLowerCase()}${title.slice(1)}`} note={count > 0 ? note : undefined} flush>
      {count === 0 && <EmptyState title={empty} />}
      <ul className={styles.list}>
        {items.slice(0, LISTED).map(({ key, what, why }) => (
          <li key={key}>
            <span className="break">{what}</span>
            <span className="muted small break">{why}</span>
          </li>
        ))}
        {items.length > LISTED && <li className="muted">and {formatCount(items.length - LISTED)} more</li>}
      </ul>
    </Card>
  );
}
