"use client";
import { useDeferredValue, useEffect, useState, useTransition } from "react";
import type { FormState } from "@/app/attempt";
import { Button } from "@/app/ui/button";
import { CodeBlock } from "@/app/ui/code";
import { Field, Input, Select, Textarea } from "@/app/ui/field";
import { removeMapping, saveMapping, type Tried, tryMapping } from "./actions";
import { EXAMPLE, SAMPLE } from "./example";
import styles from "./incoming-webhooks.module.css";

interface Mapping {
  name: string;
  yaml: string;
  updatedBy: string | null;
}

/** Writes a mapping beside a pasted sample and shows, as one types, the events that come of it. */
export function MappingEditor({ mappings, mayChange }: { mappings: Mapping[]; mayChange: boolean }) {
  const [chosen, setChosen] = useState("");
  const [name, setName] = useState("");
  const [yaml, setYaml] = useState(EXAMPLE);
  const [sample, setSample] = useState(SAMPLE);
  const choose = (next: string) => {
    const mapping = mappings.find((one) => one.name === next);
    setChosen(next);
    setName(next);
    setYaml(mapping?.yaml ?? EXAMPLE);
  };
  return (
    <div className={styles.stack}>
      {mappings.length > 0 && (
        <Field id="mapping-chosen" label="Mapping">
          <Select id="mapping-chosen" value={chosen} onChange={(event) => choose(event.target.value)}>
            <option value="">A new one</option>
            {mappings.map((mapping) => (
              <option key={mapping.name} value={mapping.name}>
                {mapping.name}
              </option>
            ))}
          </Select>
        </Field>
      )}
      <div className={styles.columns}>
        <Field id="mapping-yaml" label="Mapping (YAML)" hint="A field: a path, several paths, a constant, a table of values.">
          <Textarea
            id="mapping-yaml"
            hinted
            rows={16}
            spellCheck={false}
            className={styles.code}
            value={yaml}
            onChange={(event) => setYaml(event.target.value)}
          />
        </Field>
        <Field id="mapping-sample" label="What the sender posts (JSON)" hint="Paste a real one. It is looked at and not stored.">
          <Textarea
            id="mapping-sample"
            hinted
            rows={16}
            spellCheck={false}
            className={styles.code}
            value={sample}
            onChange={(event) => setSample(event.target.value)}
          />
        </Field>
      </div>
      <Preview yaml={yaml} sample={sample} />
      {mayChange && <Keep name={name} setName={setName} yaml={yaml} known={chosen !== ""} onDone={setChosen} />}
    </div>
  );
}

/** Waits until typing pauses. */
const PAUSE_MS = 300;

function Preview({ yaml, sample }: { yaml: string; sample: string }) {
  const [state, setState] = useState<FormState<Tried[]>>({ status: "idle" });
  const [written, pasted] = [useDeferredValue(yaml), useDeferredValue(sample)];
  useEffect(() => {
    let current = true;
    const timer = setTimeout(() => void tryMapping(written, pasted).then((next) => current && setState(next)), PAUSE_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [written, pasted]);
  if (state.status === "idle") return <p className="faint">The events appear here.</p>;
  if (state.status === "failed") {
    return (
      <div className={styles.failed} role="status">
        <p className="strong">{state.message}</p>
        {Object.entries(state.problems).map(([place, detail]) => (
          <p key={place}>
            {place} {detail}
          </p>
        ))}
      </div>
    );
  }
  return (
    <div className={styles.stack} role="status">
      {state.value.map(({ event, problems }, index) => (
        <div key={index}>
          <CodeBlock name={`Event ${index + 1}`} code={event} note={problems.length === 0 ? "would be taken" : "would be refused"} />
          {problems.map((problem) => (
            <p key={problem} className={styles.failed}>
              {problem}
            </p>
          ))}
        </div>
      ))}
    </div>
  );
}

interface Keeping {
  name: string;
  setName: (name: string) => void;
  yaml: string;
  known: boolean;
  /** Which mapping is being looked at from now on; "" after one was removed. */
  onDone: (name: string) => void;
}

function Keep({ name, setName, yaml, known, onDone }: Keeping) {
  const [state, setState] = useState<FormState<null>>({ status: "idle" });
  const [busy, start] = useTransition();
  const run = (work: () => Promise<FormState<null>>, next: string) =>
    start(async () => {
      const done = await work();
      setState(done);
      if (done.status === "done") onDone(next);
    });
  return (
    <div className={styles.keep}>
      <Field
        id="mapping-name"
        label="Name in the address"
        error={state.status === "failed" ? (state.problems.name ?? state.message) : undefined}
      >
        <Input id="mapping-name" value={name} disabled={known} placeholder="legacy-idp" onChange={(event) => setName(event.target.value)} />
      </Field>
      <Button tone="primary" busy={busy} onClick={() => run(() => saveMapping(name, yaml), name)}>
        Save
      </Button>
      {known && (
        <Button disabled={busy} onClick={() => run(() => removeMapping(name), "")}>
          Remove
        </Button>
      )}
      {state.status === "done" && (
        <span className="muted" role="status">
          Done; it holds for the next delivery.
        </span>
      )}
    </div>
  );
}
