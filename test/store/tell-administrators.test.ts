import { beforeEach, describe, expect, it } from "vitest";
import { inTransaction } from "@/lib/store/db";
import { tellAdministrators } from "@/lib/store/tell-administrators";
import { addPerson, NOON } from "@/test/support/alerts";
import { useDatabase } from "@/test/support/database";

const database = useDatabase();
const now = new Date(NOON);
const tell = (subjectKey: string, except: string[] = []) =>
  inTransaction((tx) =>
    tellAdministrators(tx, { subjectKey, title: "A rule was switched off", paragraphs: ["It was slow."], except }, now),
  );

describe("a note to the administrators", () => {
  beforeEach(() => database.owner(`truncate outbox, "user" restart identity cascade`));

  it("is written once for each administrator and key, to nobody else, and not to whom it is about", async () => {
    const ada = await addPerson(database, { email: "ada@example.com" });
    await addPerson(database, { email: "bob@example.com" });
    await addPerson(database, { email: "eve@example.com", role: "viewer" });
    expect(await tell("rule:a:1")).toBe(2);
    expect(await tell("rule:a:1")).toBe(0);
    expect(await tell("rule:a:2", [`user:${ada}`])).toBe(1);
  });

  it("is gone with the transaction that it tells of", async () => {
    await addPerson(database, { email: "ada@example.com" });
    const failed = inTransaction(async (tx) => {
      await tellAdministrators(tx, { subjectKey: "x", title: "X", paragraphs: [] }, now);
      throw new Error("no");
    });
    await expect(failed).rejects.toThrow("no");
    expect((await database.owner("select 1 from outbox")).rows).toHaveLength(0);
  });
});
