import type { Metadata } from "next";
import { Brand } from "@/app/(dashboard)/shell/brand";
import auth from "@/app/(auth)/auth.module.css";
import { LevelBadge } from "@/app/ui/badge";
import { Button, LinkButton } from "@/app/ui/button";
import { Checkbox, Field, Textarea } from "@/app/ui/field";
import { config } from "@/lib/config";
import { AppError } from "@/lib/errors";
import { type OpenedLink, openLink } from "@/lib/incidents/act-on-link";
import type { LinkAction } from "@/lib/incidents/links";
import { incidentName } from "@/lib/model/incident";
import styles from "./act.module.css";

export const metadata: Metadata = { title: "Confirm", referrer: "no-referrer" };

interface Props {
  params: Promise<{ token: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}

const words: Record<LinkAction, { title: string; text: string; button: string; done: string }> = {
  acknowledge: {
    title: "Take this incident?",
    text: "It will be acknowledged and assigned to you. Updates by mail stop while you work on it.",
    button: "Acknowledge",
    done: "It is yours now.",
  },
  not_a_threat: {
    title: "Not a threat?",
    text: "The incident will be resolved. Say why: it stands in the incident and teaches the rule.",
    button: "Resolve",
    done: "It is resolved.",
  },
  mute: {
    title: "Mute this rule for 24 hours?",
    text: "You get no mail about incidents of this rule for a day. Others still do, and the dashboard shows everything.",
    button: "Mute for 24 h",
    done: "You will not hear of this rule for a day.",
  },
  stop: {
    title: "Stop these mails?",
    text: "You get no more mails about incidents, by any route. An administrator hears of it when nobody is left who gets critical ones.",
    button: "Stop these mails",
    done: "You will get no more of these mails.",
  },
};

const STOP_DIGEST = { title: "Stop the digest?", text: "You get no more digests. Mails about incidents are not touched." };
const STOP_PERSON = {
  title: "Stop these mails?",
  text: "You are not told any more when your account is used from a place or with a device that is new for it.",
};

/** What a link in a mail asks for. Opening the page changes nothing; only the button does. */
export default async function ActPage({ params, searchParams }: Props) {
  const { token } = await params;
  const { done, problem } = await searchParams;
  const opened = await read(decodeURIComponent(token));
  return (
    <main className={auth.page}>
      <div className={auth.brand}>
        <Brand size={24} />
      </div>
      <div className={auth.card}>
        <div className={styles.body}>
          {"trouble" in opened ? (
            <Trouble text={opened.trouble} />
          ) : (
            <Asked
              token={decodeURIComponent(token)}
              link={opened}
              done={done === "1"}
              problem={typeof problem === "string" ? problem.slice(0, 300) : null}
            />
          )}
        </div>
      </div>
    </main>
  );
}

async function read(token: string): Promise<OpenedLink | { trouble: string }> {
  try {
    return await openLink(token, { now: new Date(), key: config().LINK_KEY });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { trouble: error.publicMessage };
  }
}

function Trouble({ text }: { text: string }) {
  return (
    <>
      <h1>This link does nothing.</h1>
      <p className="muted">{text}</p>
      <LinkButton href="/incidents">Open incidents</LinkButton>
    </>
  );
}

function Asked({ token, link, done, problem }: { token: string; link: OpenedLink; done: boolean; problem: string | null }) {
  const { title, text, button, done: said } = words[link.action];
  const { incident } = link;
  const { isPerson } = link;
  const isDigest = link.isDigest && link.action === "stop";
  const stops = isDigest ? STOP_DIGEST : isPerson ? STOP_PERSON : { title, text };
  return (
    <>
      <h1>{done ? said : stops.title}</h1>
      {incident && (
        <div className={styles.incident}>
          <span className="row">
            <LevelBadge level={incident.level} /> <span className="mono muted">{incidentName(incident.number)}</span>
          </span>
          <p className="break">{incident.title}</p>
        </div>
      )}
      {problem && (
        <p className={styles.problem} role="alert">
          {problem}
        </p>
      )}
      {!done && link.refusal && <p className="muted">{link.refusal}</p>}
      {!done && !link.refusal && (
        <form method="post" action={`/api/act/${encodeURIComponent(token)}`} className={styles.form}>
          <p className="muted">{stops.text}</p>
          {link.action === "not_a_threat" && <Why />}
          <Button type="submit" tone="primary">
            {button}
          </Button>
        </form>
      )}
      {incident && <LinkButton href={`/incidents/${incidentName(incident.number)}`}>Open {incidentName(incident.number)}</LinkButton>}
      {done && !isPerson && link.action !== "acknowledge" && link.action !== "not_a_threat" && (
        <LinkButton href="/notifications">Change what you get</LinkButton>
      )}
    </>
  );
}

function Why() {
  return (
    <>
      <fieldset className={styles.choice}>
        <legend className="visually-hidden">What was it?</legend>
        <Checkbox type="radio" name="verdict" value="false" defaultChecked label="False: the rule is wrong" />
        <Checkbox type="radio" name="verdict" value="benign" label="Benign: real, but allowed" />
      </fieldset>
      <Field id="reason" label="Why, in a few words">
        <Textarea id="reason" name="reason" required minLength={3} maxLength={1000} rows={2} />
      </Field>
    </>
  );
}
