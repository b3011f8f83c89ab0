import type { Context } from "@/lib/model/user";

/** The kind of task under which a person's exports of events are found. */
export const exportTask = ({ actor }: Context): string => `export:${actor.type === "system" ? "system" : actor.id}`;
