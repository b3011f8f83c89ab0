"use client";
import { Plus } from "lucide-react";
import Link from "next/link";
import { useState, useTransition } from "react";
import { FormEnd, useSaveForm } from "@/app/save-form";
import { savePlaceholder } from "@/app/(dashboard)/rules/actions";
import styles from "@/app/(dashboard)/rules/rules.module.css";
import { Button } from "@/app/ui/button";
import { Card } from "@/app/ui/card";
import { Code } from "@/app/ui/code";
import { Dialog } from "@/app/ui/dialog";
import { Field, Input, Textarea } from "@/app/ui/field";
import { EmptyState } from "@/app/ui/states";
import { type Column, Table } from "@/app/ui/table";
import { useToast } from "@/app/ui/toast";
import { formatCount } from "@/lib/model/format";
import type { PlaceholderState } from "@/lib/rules/placeholders";

const VALUES_SHOWN = 6;
const RULES_SHOWN = 3;

const columns = (mayChange: boolean, onChange: (placeholder: PlaceholderState) => void): Column<PlaceholderState>[] => [
  { id: "name", header: "Placeholder", width: "260px", phone: "title", cell: ({ name }) => <b className="strong mono break">%{name}%</b> },
  { id: "values", header: "Values", cell: (placeholder) => <Values {...placeholder} /> },
  { id: "rules", header: "Named by", cell: ({ rules }) => <Rules rules={rules} /> },
  ...(mayChange
    ? [
        {
          id: "do",
          header: "",
          label: "Change",
          align: "end" as const,
          width: "190px",
          cell: (placeholder: PlaceholderState) => <Doing placeholder={placeholder} onChange={onChange} />,
        },
      ]
    : []),
];

function Values({ values }: PlaceholderState) {
  if (values.length === 0) return <span className={styles.waits}>None yet</span>;
  return (
    <span className={styles.values}>
      {values.slice(0, VALUES_SHOWN).map((value) => (
        <Code key={value}>{value}</Code>
      ))}
      {values.length > VALUES_SHOWN && <span className="muted small">and {formatCount(values.length - VALUES_SHOWN)} more</span>}
    </span>
  );
}

function Rules({ rules }: Pick<PlaceholderState, "rules">) {
  if (rules.length === 0) return <span className="faint">none</span>;
  return (
    <span className={styles.title}>
      {rules.slice(0, RULES_SHOWN).map(({ id, title }) => (
        <Link key={id} prefetch={false} className="link small" href={`/rules/${encodeURIComponent(id)}`}>
          {title}
        </Link>
      ))}
      {rules.length > RULES_SHOWN && <span className="muted small">and {formatCount(rules.length - RULES_SHOWN)} more</span>}
    </span>
  );
}

function Doing({ placeholder, onChange }: { placeholder: PlaceholderState; onChange: (placeholder: PlaceholderState) => void }) {
  const [busy, start] = useTransition();
  const toast = useToast();
  const isGiven = placeholder.values.length > 0;
  const remove = () =>
    start(async () => {
      const state = await savePlaceholder(placeholder.name, "");
      toast(state.status === "failed" ? state.message : `%${placeholder.name}% has no values any more. Rules that name it wait.`);
    });
  return (
    <span className="row">
      <Button
        size="s"
        onClick={() => onChange(placeholder)}
        aria-label={`${isGiven ? "Change" : "Give"} the values of ${placeholder.name}`}
      >
        {isGiven ? "Change…" : "Give values…"}
      </Button>
      {isGiven && (
        <Button size="s" tone="danger" busy={busy} onClick={remove} aria-label={`Take away the values of ${placeholder.name}`}>
          Take away
        </Button>
      )}
    </span>
  );
}

/** The placeholders as a list, with the form that gives one its values; `asked`: the one whose form stands open at first. */
export function Placeholders({
  placeholders,
  mayChange,
  asked,
}: {
  placeholders: PlaceholderState[];
  mayChange: boolean;
  asked: PlaceholderState | null;
}) {
  const [editing, setEditing] = useState<PlaceholderState | "new" | null>(mayChange ? asked : null);
  return (
    <Card
      flush
      title="Placeholders"
      note="names between percent signs in values with the modifier expand"
      aside={
        mayChange && (
          <Button size="s" onClick={() => setEditing("new")}>
            <Plus size={14} aria-hidden /> Add a placeholder
          </Button>
        )
      }
    >
      <Table
        caption="Placeholders, those that rules wait for first"
        columns={columns(mayChange, setEditing)}
        rows={placeholders}
        rowKey={({ name }) => name}
        empty={
          <EmptyState title="No rule names a placeholder.">
            Rules that you import may: they are listed here then, and wait until their placeholders have values.
          </EmptyState>
        }
      />
      {editing && (
        <ValuesDialog
          key={editing === "new" ? "" : editing.name}
          placeholder={editing === "new" ? null : editing}
          onClose={() => setEditing(null)}
        />
      )}
    </Card>
  );
}

function ValuesDialog({ placeholder, onClose }: { placeholder: PlaceholderState | null; onClose: () => void }) {
  const { problems, busy, submit } = useSaveForm(
    (form) => savePlaceholder(placeholder?.name ?? String(form.get("name") ?? ""), String(form.get("values") ?? "")),
    { said: "Saved. Rules that name it follow with the next event.", onClose },
  );
  const whole = problems.name || problems.values ? undefined : problems[""];
  return (
    <Dialog title={placeholder ? `Values of %${placeholder.name}%` : "Add a placeholder"} open onOpenChange={(open) => !open && onClose()}>
      <form onSubmit={submit} className="stack">
        {!placeholder && (
          <Field id="placeholder-name" label="Name" error={problems.name}>
            <Input
              id="placeholder-name"
              name="name"
              className="mono"
              placeholder="Admins"
              maxLength={102}
              required
              invalid={Boolean(problems.name)}
            />
          </Field>
        )}
        <Field
          id="placeholder-values"
          label="Values"
          hint="One a line. * stands for anything, ? for one character."
          error={problems.values}
        >
          <Textarea
            id="placeholder-values"
            name="values"
            className="mono"
            rows={8}
            defaultValue={placeholder?.values.join("\n")}
            required
            hinted
            invalid={Boolean(problems.values)}
            spellCheck={false}
            autoComplete="off"
          />
        </Field>
        <FormEnd problem={whole} busy={busy} onClose={onClose} />
      </form>
    </Dialog>
  );
}
