import { Card } from "@/app/ui/card";
import { LinkButton } from "@/app/ui/button";
import { cx } from "@/app/ui/cx";
import { Ago } from "@/app/ui/time";
import { config } from "@/lib/config";
import { incidentName } from "@/lib/model/incident";
import styles from "./onboarding.module.css";
import { SendAttack } from "./send-attack";

/** A small attack of our own making, and how far it has come. */
export function TestAttack({
  attack,
  effect,
}: {
  attack: { sentAt: number; ip: string } | null;
  effect: { number: number | null; messages: number; sent: number } | null;
}) {
  const incident = effect?.number ?? null;
  const mailed = (effect?.sent ?? 0) > 0;
  const steps = [
    { name: "20 sign-ins fail", done: attack !== null },
    { name: "1 gets in", done: attack !== null },
    { name: incident === null ? "Incident opens" : `${incidentName(incident)} opened`, done: incident !== null },
    { name: mailed && !config().SMTP_URL ? "Mail written" : mailed ? "Mail left" : "Mail leaves", done: mailed },
  ];
  return (
    <Card title="Send a test attack">
      <div className={styles.form}>
        <p className="muted">
          Twenty failed sign-ins, then one that succeeds, from a reserved network that nobody has. You get a real incident and a real mail.
          Its events are marked as a test.
        </p>
        <ol className={styles.path}>
          {steps.map((step) => (
            <li key={step.name} className={cx(step.done && styles.reached)}>
              {step.name}
              {step.done && <span className="visually-hidden">, done</span>}
            </li>
          ))}
        </ol>
        <div className="row wrap">
          <SendAttack again={attack !== null} />
          {incident !== null && <LinkButton href={`/incidents/${incidentName(incident)}`}>Open {incidentName(incident)}</LinkButton>}
          <span className="faint small" role="status">
            {attack ? (
              <>
                From <span className="mono">{attack.ip}</span>, sent <Ago at={attack.sentAt} everyMs={1000} />
              </>
            ) : (
              "Takes about ten seconds."
            )}
          </span>
        </div>
      </div>
    </Card>
  );
}
