"use client";
import { useState, useTransition } from "react";
import { FormEnd, useSaveForm } from "@/app/save-form";
import { Dot } from "@/app/ui/badge";
import { Button } from "@/app/ui/button";
import { Card } from "@/app/ui/card";
import { Dialog } from "@/app/ui/dialog";
import { Checkbox, Field, Input, Problem } from "@/app/ui/field";
import { useToast } from "@/app/ui/toast";
import { plural } from "@/lib/model/format";
import type { PersonMailSetting } from "@/lib/model/person-mail";
import { decidePersonMailAction, sendPersonExampleAction } from "./actions";
import styles from "./notifications.module.css";
import { wordsOf } from "./whom";

interface Props {
  setting: PersonMailSetting;
  /** Services that were heard lately. */
  services: readonly string[];
  example: { subject: string; text: string };
  mayChange: boolean;
}

const either = (words: readonly string[]): string =>
  words.length < 2 ? (words[0] ?? "") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;

/** What holds, in a sentence: exactly what is sent to whom. */
function sentenceOf({ enabled, services, domains, everyDays, hourlyMost }: PersonMailSetting): string {
  if (!enabled) return "Nobody is told. Only the dashboard and your routes speak of unfamiliar places.";
  return `When somebody's account at ${either(services)} is used on an impossible journey or in a new context, and the event carries an address at ${either(domains)}, that address gets one mail: at most once in ${plural(everyDays, "day")} for the same place and device, and never more than ${hourlyMost} an hour to all together.`;
}

/** Mails to those whose account it is: off until an administrator decides it. */
export function PersonMails({ setting, services, example, mayChange }: Props) {
  const [editing, setEditing] = useState(false);
  const [pending, start] = useTransition();
  const toast = useToast();
  const send = () =>
    start(async () => {
      const state = await sendPersonExampleAction();
      toast(state.status === "failed" ? state.message : "It is on its way to you.");
    });
  return (
    <Card
      title="Mails to the people concerned"
      note="“New sign-in from …: was this you?”"
      aside={
        mayChange && (
          <Button size="s" onClick={() => setEditing(true)}>
            Decide…
          </Button>
        )
      }
    >
      <div className="stack">
        <p className="break">
          <Dot tone={setting.enabled ? "ok" : "info"}>
            <b className="strong">{setting.enabled ? "On." : "Off."}</b>
          </Dot>{" "}
          {sentenceOf(setting)}
        </p>
        <details className={styles.families}>
          <summary>What they get</summary>
          <p className={styles.exampleSubject}>{example.subject}</p>
          <pre className={styles.example}>{example.text}</pre>
          <p className="muted small">
            Place, device, time and service; of a journey both places. No network address, nobody else, no rule and no link into Vedette but
            the one that stops these mails. Names that an event made up are left out. Imported and sample events never send anything.
          </p>
          {mayChange && (
            <Button size="s" busy={pending} onClick={send}>
              Send me an example
            </Button>
          )}
        </details>
      </div>
      {editing && <Decide setting={setting} services={services} onClose={() => setEditing(false)} />}
    </Card>
  );
}

const read = (form: FormData): PersonMailSetting => ({
  enabled: form.get("enabled") === "on",
  services: form.getAll("service").map(String),
  domains: wordsOf(form, "domains"),
  everyDays: Number(form.get("every-days")),
  hourlyMost: Number(form.get("hourly-most")),
  contact: String(form.get("contact") ?? ""),
});

/** The first thing that is wrong with a field or one of its parts. */
const problemOf = (problems: Record<string, string>, name: string): string | undefined =>
  Object.entries(problems).find(([field]) => field === name || field.startsWith(`${name}/`))?.[1];

function Decide({ setting, services, onClose }: Pick<Props, "setting" | "services"> & { onClose: () => void }) {
  const { problems, busy, submit } = useSaveForm((form) => decidePersonMailAction(read(form)), { said: "It is decided.", onClose });
  const wrong = (name: string) => problemOf(problems, name);
  const listed = [...new Set([...services, ...setting.services])].toSorted();
  return (
    <Dialog
      title="Mails to the people concerned"
      description="To the address in the event, when impossible travel or a new context is told of that person."
      open
      onOpenChange={(open) => !open && onClose()}
    >
      <form onSubmit={submit} className="stack">
        <Checkbox name="enabled" defaultChecked={setting.enabled} label="Send these mails" />
        <fieldset className={styles.whom}>
          <legend>People of these services</legend>
          {listed.length === 0 && <p className="muted">No service was heard in the last seven days.</p>}
          <div className={styles.boxes}>
            {listed.map((service) => (
              <Checkbox
                key={service}
                name="service"
                value={service}
                defaultChecked={setting.services.includes(service)}
                label={<span className="break">{service}</span>}
              />
            ))}
          </div>
          <Problem>{wrong("services")}</Problem>
        </fieldset>
        <Field
          id="person-domains"
          label="Only to addresses of these domains"
          hint="Exactly these: whoever can send events must not make Vedette write to strangers."
          error={wrong("domains")}
        >
          <Input
            id="person-domains"
            name="domains"
            defaultValue={setting.domains.join(", ")}
            placeholder="example.com, example.org"
            hinted
            invalid={wrong("domains") !== undefined}
          />
        </Field>
        <Field
          id="person-contact"
          label="Whom to tell if it was not them"
          hint="Stands in the mail as written."
          optional
          error={wrong("contact")}
        >
          <Input
            id="person-contact"
            name="contact"
            defaultValue={setting.contact}
            placeholder="the help desk, +49 30 1234"
            maxLength={200}
            hinted
          />
        </Field>
        <div className="grid-2">
          <Field id="person-every" label="Days until the same again" error={wrong("everyDays")}>
            <Input id="person-every" name="every-days" type="number" min={1} max={90} defaultValue={setting.everyDays} required />
          </Field>
          <Field id="person-most" label="Mails an hour, at most" error={wrong("hourlyMost")}>
            <Input id="person-most" name="hourly-most" type="number" min={1} max={1000} defaultValue={setting.hourlyMost} required />
          </Field>
        </div>
        <FormEnd problem={problems[""]} busy={busy} onClose={onClose} />
      </form>
    </Dialog>
  );
}
