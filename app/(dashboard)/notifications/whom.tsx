"use client";
import { Checkbox, Input, Problem } from "@/app/ui/field";
import type { GroupMember, RouteRecipient } from "@/lib/model/route";
import styles from "./notifications.module.css";

/** Everybody who can be told, by name. */
export interface Whom {
  people: { id: string; name: string }[];
  webhooks: { id: string; name: string }[];
  groups: { id: string; name: string }[];
}

/** A field's words, however they are separated. */
export const wordsOf = (form: FormData, name: string): string[] =>
  String(form.get(name) ?? "")
    .split(/[\s,;]+/)
    .filter(Boolean);

/** What a form says of recipients. */
export function membersOf(form: FormData): GroupMember[] {
  return recipientsOf(form).filter((each) => each.type !== "group");
}

/** The same, groups included. */
export function recipientsOf(form: FormData): RouteRecipient[] {
  const chosen = form
    .getAll("to")
    .map(String)
    .map((value): RouteRecipient => {
      const [type, id = ""] = value.split(":");
      if (type === "role") return { type, role: id as "admin" }; // cast: checked again by the verb
      if (type === "webhook" || type === "group") return { type, id };
      return { type: "user", id };
    });
  return [...chosen, ...wordsOf(form, "addresses").map((address): RouteRecipient => ({ type: "address", address }))];
}

/** Boxes for roles, groups, people and webhooks, and a line for other addresses. */
export function ChooseWhom({
  legend,
  whom,
  chosen,
  problem,
}: {
  legend: string;
  whom: Whom;
  chosen: readonly RouteRecipient[];
  problem: string | undefined;
}) {
  const has = (type: string, id: string) =>
    chosen.some((each) => each.type === type && ("role" in each ? each.role : "id" in each ? each.id : "") === id);
  const box = (type: string, id: string, label: string) => (
    <Checkbox key={`${type}:${id}`} name="to" value={`${type}:${id}`} defaultChecked={has(type, id)} label={label} />
  );
  return (
    <fieldset className={styles.whom}>
      <legend>{legend}</legend>
      <div className={styles.boxes}>
        {box("role", "admin", "All administrators")}
        {box("role", "responder", "All responders")}
        {whom.groups.map(({ id, name }) => box("group", id, `Group ${name}`))}
        {whom.people.map(({ id, name }) => box("user", id, name))}
        {whom.webhooks.map(({ id, name }) => box("webhook", id, `Webhook ${name}`))}
      </div>
      <Input
        name="addresses"
        aria-label="Other addresses"
        placeholder="Other addresses, separated by commas"
        defaultValue={chosen.flatMap((each) => (each.type === "address" ? [each.address] : [])).join(", ")}
      />
      <Problem>{problem}</Problem>
    </fieldset>
  );
}

/** The first thing that is wrong with the recipients: addresses are reported by their place in the list. */
export const whomProblem = (problems: Record<string, string>, name: string): string | undefined =>
  Object.entries(problems).find(([key]) => key === name || key.startsWith(`${name}/`))?.[1];
