"use client";
import { useEffect, useState } from "react";
import { FormEnd, useSaveForm } from "@/app/save-form";
import { LevelBadge } from "@/app/ui/badge";
import { Dialog } from "@/app/ui/dialog";
import { Checkbox, Field, TextField, Select } from "@/app/ui/field";
import { Family, Level } from "@/lib/model/alert";
import { formatCount, plural } from "@/lib/model/format";
import { incidentName } from "@/lib/model/incident";
import { type RouteInput, RouteOptions, routeInput } from "@/lib/model/route";
import type { RoutePreview } from "@/lib/notify/preview";
import { previewRouteAction, saveRouteAction } from "./actions";
import styles from "./notifications.module.css";
import { howOf, RouteHow } from "./route-how";
import type { ShownRoute } from "./routes";
import { ChooseWhom, recipientsOf, type Whom, whomProblem, wordsOf } from "./whom";

const WAIT_MS = 300; // typing pauses this long before the preview is asked for

function routeOf(form: FormData, { enabled, zone }: { enabled: boolean; zone: string }): RouteInput {
  const families = form.getAll("family").map((each) => Family.parse(each));
  const [services, environments] = [wordsOf(form, "services"), wordsOf(form, "environments")];
  const query = String(form.get("query") ?? "").trim();
  return {
    name: String(form.get("name") ?? ""),
    enabled,
    condition: {
      level: Level.parse(form.get("level")),
      ...(families.length > 0 ? { families } : {}),
      ...(services.length > 0 ? { services } : {}),
      ...(environments.length > 0 ? { environments } : {}),
      ...(query ? { query } : {}),
    },
    recipients: recipientsOf(form),
    ...howOf(form, zone),
  };
}

const FRESH = { recipients: [{ type: "role", role: "admin" }], options: RouteOptions.parse({}) } as const;

/** Changes or adds a route, with what it would have sent over the last 30 days beside it. */
export function RouteDialog({ route, whom, zone, onClose }: { route: ShownRoute | null; whom: Whom; zone: string; onClose: () => void }) {
  const [wish, setWish] = useState<RouteInput | null>(null);
  const { problems, busy, submit } = useSaveForm(
    (form) => saveRouteAction(route?.id ?? null, routeOf(form, { enabled: route?.enabled ?? true, zone: route?.options.zone ?? zone })),
    { said: "The route is saved.", onClose },
  );
  return (
    <Dialog title={route ? "Change the route" : "Add a route"} open onOpenChange={(open) => !open && onClose()}>
      <form
        onSubmit={submit}
        className="stack"
        onChange={(event) => setWish(routeOf(new FormData(event.currentTarget), { enabled: true, zone }))}
      >
        <TextField
          id="route-name"
          label="Name"
          hint="Stands in each mail: why did I get this?"
          error={problems.name}
          name="name"
          defaultValue={route?.name}
          required
          maxLength={80}
        />
        <div className="grid-2">
          <Field id="route-level" label="When it is">
            <Select id="route-level" name="level" defaultValue={route?.condition.level ?? "high"}>
              {Level.options.toReversed().map((level) => (
                <option key={level} value={level}>
                  {level === "critical" ? "critical" : `${level} or worse`}
                </option>
              ))}
            </Select>
          </Field>
          <TextField
            id="route-services"
            label="On these services"
            optional
            name="services"
            defaultValue={route?.condition.services?.join(", ")}
            placeholder="every service"
          />
          <TextField
            id="route-environments"
            label="In these environments"
            optional
            name="environments"
            defaultValue={route?.condition.environments?.join(", ")}
            placeholder="every environment"
          />
        </div>
        <details className={styles.families} open={Boolean(route?.condition.families?.length)}>
          <summary>About these families only</summary>
          <div className={styles.boxes}>
            {Family.options.map((family) => (
              <Checkbox
                key={family}
                name="family"
                value={family}
                defaultChecked={route?.condition.families?.includes(family)}
                label={family.replaceAll("_", " ")}
              />
            ))}
          </div>
        </details>
        <TextField
          id="route-query"
          label="And where"
          optional
          hint="In the query language over incidents, for example entity:203.0.113.7 or -rule:path-probing."
          error={problems["condition/query"]}
          name="query"
          defaultValue={route?.condition.query}
          className="mono"
        />
        <ChooseWhom
          legend="Tell"
          whom={whom}
          chosen={route?.recipients ?? FRESH.recipients}
          problem={whomProblem(problems, "recipients")}
        />
        <RouteHow how={route?.how ?? "at_once"} options={route?.options ?? FRESH.options} />
        <Preview wish={wish ?? (route && routeInput(route))} />
        <FormEnd problem={problems[""]} busy={busy} onClose={onClose} />
      </form>
    </Dialog>
  );
}

/** What the route would have sent over the last 30 days; asked again when the form rests. */
function Preview({ wish }: { wish: RouteInput | null }) {
  const [preview, setPreview] = useState<RoutePreview | null>(null);
  const key = JSON.stringify(wish && { ...wish, name: "x" });
  useEffect(() => {
    const wanted = JSON.parse(key) as RouteInput | null; // cast: what was written a line above
    if (!wanted || wanted.recipients.length === 0) return setPreview(null);
    let gone = false;
    const timer = setTimeout(async () => {
      const state = await previewRouteAction(wanted);
      if (!gone) setPreview(state.status === "done" ? state.value : null);
    }, WAIT_MS);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [key]);
  if (!preview) return <p className={styles.preview}>Choose who hears of it to see what the last 30 days would have sent.</p>;
  return (
    <div className={styles.preview} aria-live="polite">
      <p>
        In the last 30 days: <b className="strong">{plural(preview.messages, wish?.how === "digest" ? "digest" : "first message")}</b> about{" "}
        {formatCount(preview.incidents)} of {plural(preview.looked, "incident")}.
      </p>
      {preview.sample.map(({ number, level, title }) => (
        <p key={number} className={styles.previewRow}>
          <LevelBadge level={Level.parse(level)} bare /> <span className="mono faint">{incidentName(number)}</span>{" "}
          <span className="truncate">{title}</span>
        </p>
      ))}
    </div>
  );
}
