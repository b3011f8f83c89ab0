import { beforeAll, describe, expect, it } from "vitest";
import { dropView, keepView, listViews } from "@/lib/access/saved-views";
import type { Context, Role } from "@/lib/model/user";
import { addPerson } from "@/test/support/alerts";
import { useDatabase } from "@/test/support/database";

const database = useDatabase();
const now = new Date("2026-11-23T12:00:00Z");
const people = {} as Record<"ana" | "eve" | "root", Context>;
beforeAll(async () => {
  for (const [name, role] of [
    ["ana", "responder"],
    ["eve", "viewer"],
    ["root", "admin"],
  ] as [keyof typeof people, Role][])
    people[name] = {
      actor: { type: "user", id: await addPerson(database, { email: `${name}@example.com`, role, name }), name, role },
      now,
    };
});

const incidents = (name: string, more: object = {}) => ({ page: "incidents", name, query: "level=high", shared: false, ...more });
const namesFor = async (ctx: Context) => (await listViews(ctx, "incidents")).map(({ name, own }) => `${own ? "own" : "shared"} ${name}`);

describe("saved views", () => {
  it("are seen by whoever keeps them, by everybody when shared, and only for their page", async () => {
    await keepView(people.ana, incidents("mine", { query: "cursor=1_2_3&q=185.220.101.34&level=high&view=all&x=y" }));
    await keepView(people.ana, incidents("ours", { shared: true }));
    await keepView(people.eve, incidents("hers"));
    expect(await namesFor(people.ana)).toEqual(["own mine", "own ours"]);
    expect(await namesFor(people.eve)).toEqual(["own hers", "shared ours"]);
    expect(await listViews(people.ana, "events")).toEqual([]);
    const [mine] = await listViews(people.ana, "incidents");
    expect(mine?.query).toBe("view=all&level=high&q=185.220.101.34"); // the filter, and nothing else of the address
  });

  it("are replaced by the same name, shared only by those who work on incidents, and say what is wrong", async () => {
    await keepView(people.eve, incidents("Hers", { query: "level=low" }));
    expect((await listViews(people.eve, "incidents")).filter(({ own }) => own).map(({ name, query }) => [name, query])).toEqual([
      ["Hers", "level=low"],
    ]);
    await expect(keepView(people.eve, incidents("all of us", { shared: true }))).rejects.toMatchObject({ code: "forbidden" });
    await expect(keepView(people.eve, incidents("  "))).rejects.toMatchObject({ code: "invalid" });
    await expect(keepView(people.eve, { ...incidents("x"), page: "users" })).rejects.toMatchObject({ code: "invalid" });
  });

  it("are removed by their owner, and shared ones by administrators; sharing and removing is on record", async () => {
    const idOf = async (ctx: Context, wanted: string) =>
      (await listViews(ctx, "incidents")).find(({ name }) => name === wanted)?.id ?? "00000000-0000-0000-0000-000000000000";
    const [mine, ours] = [await idOf(people.ana, "mine"), await idOf(people.ana, "ours")];
    await expect(dropView(people.root, { id: mine })).rejects.toMatchObject({ code: "not_found" });
    await expect(dropView(people.eve, { id: ours })).rejects.toMatchObject({ code: "forbidden" });
    await dropView(people.root, { id: ours });
    await dropView(people.ana, { id: mine });
    expect(await namesFor(people.ana)).toEqual([]);
    const { rows } = await database.owner("select action, actor_name as who from audit_entry order by id");
    expect(rows).toEqual([
      { action: "view.share", who: "ana" },
      { action: "view.remove", who: "root" },
    ]);
  });
});
