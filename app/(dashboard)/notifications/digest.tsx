"use client";
import { useActionState, useState, useTransition } from "react";
import { Button } from "@/app/ui/button";
import { Card } from "@/app/ui/card";
import { Field, Select } from "@/app/ui/field";
import { Time } from "@/app/ui/time";
import type { DigestChoice } from "@/lib/notify/digest-schedule";
import { chooseDigestAction, wantMailsAction } from "./actions";
import styles from "./notifications.module.css";

const DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

const stopWords = (kind: string): string =>
  kind === "sign-ins"
    ? "mails about unfamiliar sign-ins of your own"
    : kind === "alerts"
      ? "all mails about incidents"
      : kind === "digests"
        ? "digests"
        : `mails about the rule ${kind.replace(/^rule:/, "")}`;

/** My digest, in my zone; and what I have stopped. */
export function Digest({ choice, zone, stops }: { choice: DigestChoice; zone: string; stops: { kind: string; until: number | null }[] }) {
  const [kind, setKind] = useState(choice.kind);
  const [state, send, pending] = useActionState(chooseDigestAction, { status: "idle" } as const);
  const [, start] = useTransition();
  return (
    <div id="digest">
      <Card title="Your digest" note={`times in ${zone}; change the zone under Account`}>
        <form action={send} className={styles.digest}>
          <Field id="digest-kind" label="How often">
            <Select id="digest-kind" name="kind" value={kind} onChange={(event) => setKind(event.target.value as DigestChoice["kind"])}>
              <option value="none">Never</option>
              <option value="hourly">Every hour in which something happened</option>
              <option value="daily">Every day</option>
              <option value="weekly">Every week</option>
            </Select>
          </Field>
          {kind === "weekly" && (
            <Field id="digest-weekday" label="On">
              <Select id="digest-weekday" name="weekday" defaultValue={choice.weekday}>
                {DAYS.map((day, index) => (
                  <option key={day} value={index + 1}>
                    {day}
                  </option>
                ))}
              </Select>
            </Field>
          )}
          {(kind === "daily" || kind === "weekly") && (
            <Field id="digest-hour" label="At">
              <Select id="digest-hour" name="hour" defaultValue={choice.hour}>
                {Array.from({ length: 24 }, (_, hour) => (
                  <option key={hour} value={hour}>
                    {String(hour).padStart(2, "0")}:00
                  </option>
                ))}
              </Select>
            </Field>
          )}
          {kind !== "weekly" && <input type="hidden" name="weekday" value={choice.weekday} />}
          {kind !== "daily" && kind !== "weekly" && <input type="hidden" name="hour" value={choice.hour} />}
          <Button type="submit" busy={pending}>
            Save
          </Button>
          {state.status === "done" && (
            <span className="muted" role="status">
              Saved.
            </span>
          )}
          {state.status === "failed" && (
            <span className={styles.problem} role="alert">
              {state.message}
            </span>
          )}
        </form>
        {stops.length > 0 && (
          <ul className={styles.stops}>
            {stops.map(({ kind: what, until }) => (
              <li key={what}>
                You have stopped {stopWords(what)}
                {until !== null && (
                  <>
                    {" "}
                    until <Time at={until} />
                  </>
                )}
                .
                <Button size="s" onClick={() => start(async () => void (await wantMailsAction(what)))}>
                  Want them again
                </Button>
              </li>
            ))}
          </ul>
        )}
      </Card>
    </div>
  );
}
