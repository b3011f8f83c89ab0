"use client";
import { useState } from "react";
import { Checkbox, Field, Input, Select } from "@/app/ui/field";
import type { RouteInput, RouteOptions } from "@/lib/model/route";
import styles from "./notifications.module.css";

const DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const HOURS = Array.from({ length: 24 }, (_, hour) => hour);
const clock = (hour: number): string => `${String(hour).padStart(2, "0")}:00`;

/** What a form says of how a route tells. */
export function howOf(form: FormData, zone: string): Pick<RouteInput, "how" | "options"> {
  const number = (name: string, otherwise: number) => (form.get(name) === null ? otherwise : Number(form.get(name)));
  const every = Number(form.get("every"));
  const quiet = form.get("quiet") === "on";
  const options: RouteOptions = {
    ...(every > 0 ? { everyMinutes: every } : {}),
    ...(quiet
      ? {
          quiet: {
            from: number("quiet-from", 22),
            to: number("quiet-to", 7),
            weekends: form.get("weekends") === "on",
            exceptCritical: form.get("except-critical") === "on",
          },
        }
      : {}),
    details: form.get("hidden") === "on" ? "hidden" : "full",
    digest: { kind: (form.get("digest-kind") ?? "daily") as "daily", hour: number("digest-hour", 7), weekday: number("digest-weekday", 1) }, // cast: checked again by the verb
    zone,
  };
  return { how: form.get("how") === "digest" ? "digest" : "at_once", options };
}

const HourSelect = ({ name, label, value }: { name: string; label: string; value: number }) => (
  <Select name={name} aria-label={label} defaultValue={value}>
    {HOURS.map((hour) => (
      <option key={hour} value={hour}>
        {clock(hour)}
      </option>
    ))}
  </Select>
);

/** At once or in a digest, how often, when not, and how much a mail may show. */
export function RouteHow({ how, options }: { how: RouteInput["how"]; options: RouteOptions }) {
  const [digest, setDigest] = useState(how === "digest");
  const [kind, setKind] = useState(options.digest.kind);
  const [quiet, setQuiet] = useState(options.quiet !== undefined);
  return (
    <fieldset className={styles.whom}>
      <legend>How</legend>
      <div className={styles.boxes}>
        <Checkbox
          type="radio"
          name="how"
          value="at_once"
          checked={!digest}
          onChange={() => setDigest(false)}
          label="At once, grouped by incident"
        />
        <Checkbox type="radio" name="how" value="digest" checked={digest} onChange={() => setDigest(true)} label="In a digest" />
      </div>
      {digest ? (
        <div className={styles.how}>
          <Select name="digest-kind" aria-label="How often" value={kind} onChange={(event) => setKind(event.target.value as typeof kind)}>
            <option value="hourly">every hour in which something happened</option>
            <option value="daily">every day</option>
            <option value="weekly">every week</option>
          </Select>
          {kind === "weekly" && (
            <Select name="digest-weekday" aria-label="On" defaultValue={options.digest.weekday}>
              {DAYS.map((day, index) => (
                <option key={day} value={index + 1}>
                  {day}
                </option>
              ))}
            </Select>
          )}
          {kind !== "hourly" && <HourSelect name="digest-hour" label="At" value={options.digest.hour} />}
        </div>
      ) : (
        <>
          <Field
            id="route-every"
            label="At most one mail in so many minutes"
            optional
            hint="What comes in between is put into the next one. A new critical incident does not wait."
          >
            <Input
              id="route-every"
              name="every"
              type="number"
              min={1}
              max={1440}
              defaultValue={options.everyMinutes}
              placeholder="no limit"
              hinted
            />
          </Field>
          <Checkbox
            name="quiet"
            checked={quiet}
            onChange={(event) => setQuiet(event.target.checked)}
            label="Quiet hours, in each reader's own zone"
          />
          {quiet && (
            <div className={styles.how}>
              <HourSelect name="quiet-from" label="Quiet from" value={options.quiet?.from ?? 22} />
              <span className="muted">to</span>
              <HourSelect name="quiet-to" label="Quiet to" value={options.quiet?.to ?? 7} />
              <Checkbox name="weekends" defaultChecked={options.quiet?.weekends ?? false} label="and at weekends" />
              <Checkbox name="except-critical" defaultChecked={options.quiet?.exceptCritical ?? true} label="except when critical" />
            </div>
          )}
        </>
      )}
      <Checkbox
        name="hidden"
        defaultChecked={options.details === "hidden"}
        label="Without details"
        hint="For mailboxes that others may read: the mail says how bad it is and where to read the rest."
      />
    </fieldset>
  );
}
