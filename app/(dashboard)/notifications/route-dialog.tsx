"use client";
import { type FormEvent, useEffect, useState, useTransition } from "react";
import { LevelBadge } from "@/app/ui/badge";
import { Button } from "@/app/ui/button";
import { Dialog, DialogActions } from "@/app/ui/dialog";
import { Checkbox, Field, Input, Select } from "@/app/ui/field";
import { useToast } from "@/app/ui/toast";
import { Family, Level } from "@/lib/model/alert";
import { formatCount, plural } from "@/lib/model/format";
import { incidentName } from "@/lib/model/incident";
import { type RouteInput, RouteOptions } from "@/lib/model/route";
import type { RoutePreview } from "@/lib/notify/preview";
import { previewRouteAction, saveRouteAction } from "./actions";
import styles from "./notifications.module.css";
import { howOf, RouteHow } from "./route-how";
import type { ShownRoute } from "./routes";
import { ChooseWhom, recipientsOf, type Whom, whomProblem } from "./whom";

const WAIT_MS = 300; // typing pauses this long before the preview is asked for
const split = (text: FormDataEntryValue | null): string[] =>
  String(text ?? "")
    .split(/[\s,;]+/)
    .filter(Boolean);

function routeOf(form: FormData, { enabled, zone }: { enabled: boolean; zone: string }): RouteInput {
  const families = form.getAll("family").map((each) => Family.parse(each));
  const [services, environments] = [split(form.get("services")), split(form.get("environments"))];
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
  const [problems, setProblems] = useState<Record<string, string>>({});
  const [pending, start] = useTransition();
  const toast = useToast();
  // not as the form's action: that would empty the fields when something is wrong
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    start(async () => {
      const state = await saveRouteAction(
        route?.id ?? null,
        routeOf(form, { enabled: route?.enabled ?? true, zone: route?.options.zone ?? zone }),
      );
      if (state.status === "failed") setProblems({ "": state.message, ...state.problems });
      if (state.status === "done") {
        toast("The route is saved.");
        onClose();
      }
    });
  };
  return (
    <Dialog title={route ? "Change the route" : "Add a route"} open onOpenChange={(open) => !open && onClose()}>
      <form
        onSubmit={submit}
        className="stack"
        onChange={(event) => setWish(routeOf(new FormData(event.currentTarget), { enabled: true, zone }))}
      >
        <Field id="route-name" label="Name" hint="Stands in each mail: why did I get this?" error={problems.name}>
          <Input id="route-name" name="name" defaultValue={route?.name} required maxLength={80} hinted />
        </Field>
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
          <Field id="route-services" label="On these services" optional>
            <Input id="route-services" name="services" defaultValue={route?.condition.services?.join(", ")} placeholder="every service" />
          </Field>
          <Field id="route-environments" label="In these environments" optional>
            <Input
              id="route-environments"
              name="environments"
              defaultValue={route?.condition.environments?.join(", ")}
              placeholder="every environment"
            />
          </Field>
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
        <Field
          id="route-query"
          label="And where"
          optional
          hint="In the query language over incidents, for example entity:203.0.113.7 or -rule:path-probing."
          error={problems["condition/query"]}
        >
          <Input
            id="route-query"
            name="query"
            defaultValue={route?.condition.query}
            className="mono"
            hinted
            invalid={Boolean(problems["condition/query"])}
          />
        </Field>
        <ChooseWhom
          legend="Tell"
          whom={whom}
          chosen={route?.recipients ?? FRESH.recipients}
          problem={whomProblem(problems, "recipients")}
        />
        <RouteHow how={route?.how ?? "at_once"} options={route?.options ?? FRESH.options} />
        <Preview wish={wish ?? (route && written(route))} />
        {problems[""] && (
          <p className={styles.problem} role="alert">
            {problems[""]}
          </p>
        )}
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" tone="primary" busy={pending}>
            Save
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

const written = ({ condition, recipients, how, options }: ShownRoute): RouteInput => ({
  name: "x",
  enabled: true,
  condition,
  recipients,
  how,
  options,
});

/** What the route would have sent over the last 30 days; asked again when the form rests. */
function Preview({ wish }: { wish: RouteInput | null }) {
  const [preview, setPreview] = useState<RoutePreview | null>(null);
  const key = JSON.stringify(wish && { ...wish, name: "x", recipients: wish.recipients });
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
