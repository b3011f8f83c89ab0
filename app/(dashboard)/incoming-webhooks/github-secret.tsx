"use client";
import { useState, useTransition } from "react";
import { Button } from "@/app/ui/button";
import { CodeBlock } from "@/app/ui/code";
import { Field, Select } from "@/app/ui/field";
import { showSecret } from "./actions";
import styles from "./incoming-webhooks.module.css";

/** Shows the address and the secret of a key's GitHub webhook, once somebody asks for them. */
export function GithubSecret({ base, keys }: { base: string; keys: { id: string; name: string }[] }) {
  const [keyId, setKeyId] = useState(keys[0]?.id ?? "");
  const [secret, setSecret] = useState<string>();
  const [problem, setProblem] = useState<string>();
  const [busy, start] = useTransition();
  if (keys.length === 0) return <p className="faint">Make an API key that may send events first.</p>;
  const show = () =>
    start(async () => {
      const state = await showSecret(keyId);
      setSecret(state.status === "done" ? state.value.secret : undefined);
      setProblem(state.status === "failed" ? state.message : undefined);
    });
  const choose = (id: string) => {
    setKeyId(id);
    setSecret(undefined);
  };
  return (
    <div className={styles.stack}>
      <Field id="github-key" label="Events count for the key" error={problem}>
        <Select id="github-key" value={keyId} onChange={(event) => choose(event.target.value)}>
          {keys.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </Select>
      </Field>
      {secret ? (
        <>
          <CodeBlock name="Payload URL" code={`${base}/${keyId}`} prompt=" " />
          <CodeBlock name="Secret" code={secret} prompt=" " />
        </>
      ) : (
        <div>
          <Button onClick={show} busy={busy}>
            Show address and secret
          </Button>
        </div>
      )}
    </div>
  );
}
