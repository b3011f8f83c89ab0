"use client";
import { useEffect, useState, useTransition } from "react";
import { LevelBadge } from "@/app/ui/badge";
import { Button } from "@/app/ui/button";
import { Dialog, DialogActions } from "@/app/ui/dialog";
import { Checkbox, Field, Input, Select } from "@/app/ui/field";
import { useToast } from "@/app/ui/toast";
import { Family, Level } from "@/lib/model/alert";
import { formatCount, plural } from "@/lib/model/format";
import { incidentName } from "@/lib/model/incident";
import type { RouteInput, RouteRecipient } from "@/lib/model/route";
import type { RoutePreview } from "@/lib/notify/manage";
import { previewRouteAction, saveRouteAction } from "./actions";
import styles from "./notifications.module.css";
import type { Named, ShownRoute } from "./routes";

const split = (text: string): string[] => text.split(/[\s,;]+/).filter(Boolean);
const WAIT_MS = 300; // typing pauses this long before the preview is asked for

function recipientsOf(form: FormData): RouteRecipient[] {
  const chosen = form
    .getAll("to")
    .map(String)
    .map((value): RouteRecipient => {
      const [type, id = ""] = value.split(":");
      if (type === "role") return { type, role: id as "admin" };
      return type === "webhook" ? { type, id } : { type: "user", id };
    });
  return [...chosen, ...split(String(form.get("addresses") ?? "")).map((address): RouteRecipient => ({ type: "address", address }))];
}

function routeOf(form: FormData, enabled: boolean): RouteInput {
  const families = form.getAll("family").map((each) => Family.parse(each));
  const services = split(String(form.get("services") ?? ""));
  const query = String(form.get("query") ?? "").trim();
  return {
    name: String(form.get("name") ?? ""),
    enabled,
    how: "at_once",
    condition: {
      level: Level.parse(form.get("level")),
      ...(families.length > 0 ? { families } : {}),
      ...(services.length > 0 ? { services } : {}),
      ...(query ? { query } : {}),
    },
    recipients: recipientsOf(form),
  };
}

/** Changes or adds a route, with what it would have sent over the last 30 days beside it. */
export function RouteDialog({
  route,
  people,
  webhooks,
  onClose,
}: {
  route: ShownRoute | null;
  people: Named[];
  webhooks: Named[];
  onClose: () => void;
}) {
  const [wish, setWish] = useState<RouteInput | null>(null);
  const [problems, setProblems] = useState<Record<string, string>>({});
  const [pending, start] = useTransition();
  const toast = useToast();
  const has = (type: string, id: string) =>
    route?.recipients.some((each) => each.type === type && ("role" in each ? each.role : "id" in each ? each.id : "") === id) ??
    (type === "role" && id === "admin");
  const submit = (form: FormData) =>
    start(async () => {
      const state = await saveRouteAction(route?.id ?? null, routeOf(form, route?.enabled ?? true));
      if (state.status === "failed") setProblems({ "": state.message, ...state.problems });
      if (state.status === "done") {
        toast("The route is saved.");
        onClose();
      }
    });
  return (
    <Dialog title={route ? "Change the route" : "Add a route"} open onOpenChange={(open) => !open && onClose()}>
      <form action={submit} className="stack" onChange={(event) => setWish(routeOf(new FormData(event.currentTarget), true))}>
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
        <fieldset className={styles.whom}>
          <legend>Tell at once</legend>
          <div className={styles.boxes}>
            <Checkbox name="to" value="role:admin" defaultChecked={has("role", "admin")} label="All administrators" />
            <Checkbox name="to" value="role:responder" defaultChecked={has("role", "responder")} label="All responders" />
            {people.map(({ id, name }) => (
              <Checkbox key={id} name="to" value={`user:${id}`} defaultChecked={has("user", id)} label={name} />
            ))}
            {webhooks.map(({ id, name }) => (
              <Checkbox key={id} name="to" value={`webhook:${id}`} defaultChecked={has("webhook", id)} label={`Webhook ${name}`} />
            ))}
          </div>
          <Input
            name="addresses"
            aria-label="Other addresses"
            placeholder="Other addresses, separated by commas"
            defaultValue={route?.recipients.flatMap((each) => (each.type === "address" ? [each.address] : [])).join(", ")}
          />
          {problems.recipients && <p className={styles.problem}>{problems.recipients}</p>}
        </fieldset>
        <Preview
          wish={
            wish ?? (route && { name: route.name, enabled: true, condition: route.condition, recipients: route.recipients, how: route.how })
          }
        />
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
        In the last 30 days: <b className="strong">{plural(preview.mails, "first message")}</b> about {formatCount(preview.incidents)} of{" "}
        {plural(preview.looked, "incident")}.
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
