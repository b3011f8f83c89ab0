"use client";
import { KeyRound } from "lucide-react";
import { useActionState, useState } from "react";
import { Button } from "@/app/ui/button";
import { Card } from "@/app/ui/card";
import { CodeBlock } from "@/app/ui/code";
import { CopyButton } from "@/app/ui/copy-button";
import { Field, Input, Select } from "@/app/ui/field";
import { snippets } from "@/client/snippets";
import { nameService } from "./actions";
import styles from "./onboarding.module.css";

const PLACEHOLDER = "YOUR_KEY";
const groups = [
  ["try", "Try it now"],
  ["application", "In your application"],
  ["gateway", "At the gateway"],
  ["shipper", "With what ships your logs"],
] as const;

/** Names the service and makes its key, then shows how each stack sends with it. The key itself is shown only in this visit. */
export function SendFirst({ url, known }: { url: string; known: { hint: string; service: string } | null }) {
  const [state, send, busy] = useActionState(nameService, { status: "idle" });
  const [again, setAgain] = useState(false);
  const secret = state.status === "done" ? state.value.secret : null;
  if ((known || secret) && !again) return <Snippets url={url} secret={secret} known={known} onNew={() => setAgain(true)} />;
  const problem = state.status === "failed" ? state.message : undefined;
  return (
    <Card title="Name your service" aside="1 min">
      <form
        action={(form) => {
          setAgain(false);
          send(form);
        }}
        className={styles.form}
      >
        <p className="muted">
          A service is an application, an API or a gateway that sends events. It gets a key of its own, which may only send, and only for
          this service.
        </p>
        <Field id="service" label="Service" hint="As your team calls it, for example orders-api." error={problem}>
          <Input
            id="service"
            name="service"
            required
            maxLength={100}
            pattern="[^\s].*"
            placeholder="orders-api"
            autoComplete="off"
            spellCheck={false}
            hinted
            invalid={Boolean(problem)}
          />
        </Field>
        <div className="row">
          <Button type="submit" tone="primary" busy={busy}>
            Make its key
          </Button>
          {again && (
            <Button tone="quiet" onClick={() => setAgain(false)}>
              Cancel
            </Button>
          )}
        </div>
      </form>
    </Card>
  );
}

function Snippets({
  url,
  secret,
  known,
  onNew,
}: {
  url: string;
  secret: string | null;
  known: { hint: string; service: string } | null;
  onNew: () => void;
}) {
  const [chosen, setChosen] = useState("curl");
  const snippet = snippets.find((each) => each.id === chosen) ?? snippets[0];
  const service = known?.service ?? "";
  const fill = (key: string) => (snippet?.code({ url, key }) ?? "").replaceAll("my-api", service || "my-api");
  return (
    <Card
      title="Send your first event"
      aside="2 min"
      footer={
        <>
          <span className="faint">Not the one who deploys?</span>
          <CopyButton
            text={`${snippet?.note ?? ""}\n\n${fill(PLACEHOLDER)}`}
            what="these steps for a teammate"
            label="Copy for a teammate"
          />
          <span className="faint">without the key</span>
        </>
      }
    >
      <div className={styles.form}>
        <div className={styles.key}>
          <KeyRound size={15} aria-hidden />
          {secret ? (
            <>
              <code className="break">{secret}</code>
              <CopyButton text={secret} what="the key" />
            </>
          ) : (
            <>
              <span>
                Key <code>{known?.hint}</code>
                {service && <> of {service}</>}
              </span>
              <Button size="s" onClick={onNew}>
                Make another
              </Button>
            </>
          )}
        </div>
        <p className="muted small">
          {secret ? "Shown only now. It may only send." : "Its secret was shown when it was made. The snippets have a place for it."}
        </p>
        <Field id="stack" label="How do you send?">
          <Select id="stack" value={chosen} onChange={(event) => setChosen(event.target.value)}>
            {groups.map(([group, label]) => (
              <optgroup key={group} label={label}>
                {snippets
                  .filter((each) => each.group === group)
                  .map((each) => (
                    <option key={each.id} value={each.id}>
                      {each.title}
                    </option>
                  ))}
              </optgroup>
            ))}
          </Select>
        </Field>
        {snippet && (
          <>
            <p className="muted">{snippet.note}</p>
            <div className={styles.code}>
              <CodeBlock
                name={snippet.file ?? (snippet.language === "sh" ? "Terminal" : snippet.title)}
                code={fill(secret ?? PLACEHOLDER)}
              />
            </div>
          </>
        )}
      </div>
    </Card>
  );
}
