"use client";
import { useActionState, useState, useTransition } from "react";
import { AddButton, FormEnd } from "@/app/save-form";
import { Dot } from "@/app/ui/badge";
import { Button } from "@/app/ui/button";
import { Card } from "@/app/ui/card";
import { ConfirmButton } from "@/app/ui/confirm-button";
import { CopyButton } from "@/app/ui/copy-button";
import { Dialog, DialogActions } from "@/app/ui/dialog";
import { Field, Input, Select } from "@/app/ui/field";
import { EmptyState } from "@/app/ui/states";
import { useToast } from "@/app/ui/toast";
import { addWebhookAction, changeWebhookAction } from "./actions";
import styles from "./notifications.module.css";

const KINDS = {
  standard: "Standard Webhooks (signed)",
  slack: "Slack",
  teams: "Microsoft Teams",
  pagerduty: "PagerDuty Events v2",
  opsgenie: "Opsgenie",
} as const;
const HINTS: Record<string, string> = {
  pagerduty: "https://events.pagerduty.com/v2/enqueue",
  opsgenie: "https://api.opsgenie.com/v2/alerts",
  slack: "https://hooks.slack.com/services/…",
};

interface ShownWebhook {
  id: string;
  name: string;
  kind: keyof typeof KINDS;
  host: string;
  disabledReason: string | null;
}

/** Where messages go by HTTPS. */
export function Webhooks({ list, mayChange }: { list: ShownWebhook[]; mayChange: boolean }) {
  const [adding, setAdding] = useState(false);
  const [, start] = useTransition();
  const toast = useToast();
  const switchOn = (id: string, name: string) =>
    start(async () => {
      const state = await changeWebhookAction(id, "on");
      toast(state.status === "failed" ? state.message : `${name} is on again.`);
    });
  return (
    <Card
      flush
      title="Webhooks"
      note="chat, paging and your own programs"
      aside={mayChange && <AddButton onClick={() => setAdding(true)}>Add a webhook</AddButton>}
    >
      {list.length === 0 && <EmptyState title="No webhook.">Add one, then name it in a route.</EmptyState>}
      <ul className={styles.routes}>
        {list.map(({ id, name, kind, host, disabledReason }) => (
          <li key={id}>
            <Dot tone={disabledReason ? "critical" : "ok"}>
              <b className="strong">{name}</b>
            </Dot>
            <span className="break">
              {KINDS[kind]}, {host}
              {disabledReason && <span className={styles.problem}> Off: {disabledReason}</span>}
            </span>
            <span />
            {mayChange && (
              <span className="row">
                {disabledReason && (
                  <Button size="s" onClick={() => switchOn(id, name)}>
                    Switch on
                  </Button>
                )}
                <ConfirmButton
                  label="Remove"
                  of={name}
                  verb="Remove"
                  title={`Remove ${name}?`}
                  description="Messages that still wait for it do not leave, and its address and secret are forgotten."
                  act={() => changeWebhookAction(id, "removed")}
                  said={`${name} is removed.`}
                />
              </span>
            )}
          </li>
        ))}
      </ul>
      {adding && <AddWebhook onClose={() => setAdding(false)} />}
    </Card>
  );
}

function AddWebhook({ onClose }: { onClose: () => void }) {
  const [kind, setKind] = useState<keyof typeof KINDS>("standard");
  const [state, send, pending] = useActionState(addWebhookAction, { status: "idle" } as const);
  if (state.status === "done")
    return (
      <Dialog title="The webhook is added" open onOpenChange={onClose} locked={state.value.secret !== null}>
        {state.value.secret === null ? (
          <p>Name it in a route to use it.</p>
        ) : (
          <div className="stack">
            <p>This secret signs each message. It is shown only now.</p>
            <p className="row">
              <code className="break">{state.value.secret}</code> <CopyButton text={state.value.secret} what="the secret" />
            </p>
          </div>
        )}
        <DialogActions>
          <Button tone="primary" onClick={onClose}>
            {state.value.secret === null ? "Close" : "I have kept it"}
          </Button>
        </DialogActions>
      </Dialog>
    );
  const problems = state.status === "failed" ? state.problems : {};
  return (
    <Dialog title="Add a webhook" open onOpenChange={(open) => !open && onClose()}>
      <form action={send} className="stack">
        <Field id="hook-kind" label="Kind">
          <Select id="hook-kind" name="kind" value={kind} onChange={(event) => setKind(event.target.value as keyof typeof KINDS)}>
            {Object.entries(KINDS).map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </Select>
        </Field>
        <Field id="hook-name" label="Name" error={problems.name}>
          <Input id="hook-name" name="name" required maxLength={80} />
        </Field>
        <Field id="hook-url" label="Address" hint="https only, and not into a private network." error={problems.url}>
          <Input
            id="hook-url"
            name="url"
            type="url"
            required
            placeholder={HINTS[kind] ?? "https://"}
            hinted
            invalid={Boolean(problems.url)}
          />
        </Field>
        {(kind === "pagerduty" || kind === "opsgenie") && (
          <Field id="hook-secret" label={kind === "pagerduty" ? "Routing key" : "API key"} error={problems.secret}>
            <Input id="hook-secret" name="secret" required autoComplete="off" />
          </Field>
        )}
        <FormEnd problem={state.status === "failed" ? state.message : undefined} busy={pending} onClose={onClose} save="Add" />
      </form>
    </Dialog>
  );
}
