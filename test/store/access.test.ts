import { describe, expect, it } from "vitest";
import { changePassword, endOwnSessions, listOwnSessions } from "@/lib/access/account";
import { ensureFirstAdministrator } from "@/lib/access/first-administrator";
import { contextOf, IDLE_MS, SESSION_MS, signIn, signOut, whoIs } from "@/lib/access/sign-in";
import { changeRole, inviteUser, listAudit, listTeam, resetPassword, setDisabled } from "@/lib/access/team";
import type { Context, Role } from "@/lib/model/user";
import { trimLists } from "@/lib/store/retention";
import { useDatabase } from "@/test/support/database";

const database = useDatabase();
const start = new Date("2026-11-23T12:00:00Z");
const after = (ms: number) => new Date(start.getTime() + ms);
const MINUTE = 60_000;

let administrator: Promise<Context> | undefined;
/** The context of an administrator, made once. */
function admin(): Promise<Context> {
  administrator ??= (async () => {
    await Promise.all([ensureFirstAdministrator(start), ensureFirstAdministrator(start)]);
    const made = await ensureFirstAdministrator(start);
    if (!made) throw new Error("until somebody came in, each start must say a password");
    const entered = await signIn({ ...made, address: "198.51.100.1" }, start);
    const found = entered && (await whoIs(entered.sessionId, start));
    if (!found) throw new Error("the one-time password must let the administrator in");
    expect(found.user.mustChangePassword).toBe(true);
    return contextOf(found.user, start);
  })();
  return administrator;
}

let people = 0;
async function person(role: Role) {
  const ctx = await admin();
  const email = `person${++people}@example.com`;
  const { userId, password } = await inviteUser(ctx, { email, name: `Person ${people}`, role });
  return { email, password, userId };
}

describe("the first administrator", () => {
  it("is made once by starts at the same time, and no password is said once it was used", async () => {
    await admin();
    expect(await ensureFirstAdministrator(start)).toBeNull();
    expect((await database.owner(`select count(*)::int as n from "user" where email like '%@localhost'`)).rows[0].n).toBe(1);
  });
});

describe("signing in", () => {
  it("refuses a wrong password and an unknown address alike", async () => {
    const { email } = await person("viewer");
    expect(await signIn({ email, password: "wrong", address: "198.51.100.2" }, start)).toBeNull();
    expect(await signIn({ email: "nobody@example.com", password: "wrong", address: "198.51.100.2" }, start)).toBeNull();
  });

  it("counts tries before it looks: a hundred at once get ten answers, then everybody waits, then it opens again", async () => {
    const { email, password } = await person("viewer");
    const tries = await Promise.allSettled(
      Array.from({ length: 100 }, (_, n) => signIn({ email, password: `guess ${n}`, address: `198.51.101.${n}` }, start)),
    );
    expect(tries.filter((attempt) => attempt.status === "fulfilled")).toHaveLength(10);
    await expect(signIn({ email, password, address: "198.51.100.9" }, after(1000))).rejects.toMatchObject({ code: "rate_limited" });
    expect(await signIn({ email, password, address: "198.51.100.9" }, after(MINUTE))).not.toBeNull();
  });

  it("lets a person in from where they came in before, however much strangers guess elsewhere", async () => {
    const { email, password } = await person("viewer");
    const home = "2001:db8:9::1";
    expect(await signIn({ email, password, address: home }, start)).not.toBeNull();
    const guesses = Array.from({ length: 30 }, (_, n) =>
      signIn({ email, password: `guess ${n}`, address: `198.51.102.${n}` }, after(1000)),
    );
    expect((await Promise.allSettled(guesses)).filter(({ status }) => status === "rejected")).toHaveLength(20);
    await expect(signIn({ email, password, address: "198.51.100.10" }, after(2000))).rejects.toMatchObject({ code: "rate_limited" });
    expect(await signIn({ email, password, address: "2001:db8:9::2" }, after(2000))).not.toBeNull();
    const atHome = Array.from({ length: 30 }, (_, n) => signIn({ email, password: `guess ${n}`, address: home }, after(3000)));
    expect((await Promise.allSettled(atHome)).filter(({ status }) => status === "fulfilled")).toHaveLength(10);
  });

  it("adds nothing to the count of an account from an address that must wait", async () => {
    const { email, password } = await person("viewer");
    const address = "198.51.100.11";
    await Promise.all(Array.from({ length: 10 }, (_, n) => signIn({ email: `phantom${n}@example.com`, password: "x", address }, start)));
    for (let n = 0; n < 12; n++)
      await expect(signIn({ email, password: "x", address }, after(n))).rejects.toMatchObject({ code: "rate_limited" });
    expect(await signIn({ email, password, address: "198.51.100.12" }, after(1000))).not.toBeNull();
  });

  it.each([
    ["a NUL in the address", { email: "a\0b@example.com", password: "wrong" }],
    ["a NUL in the password", { email: "nobody@example.com", password: "wr\0ng" }],
    ["nothing but spaces", { email: "   ", password: "wrong" }],
    ["a book for a password", { email: "nobody@example.com", password: "x".repeat(5000) }],
  ])("answers %s like any wrong try", async (_, given) => {
    expect(await signIn({ ...given, address: "198.51.100.13" }, start)).toBeNull();
  });

  it("forgets who tried, after an hour of quiet", async () => {
    await signIn({ email: "once@example.com", password: "x", address: "198.51.100.14" }, start);
    await trimLists(after(59 * MINUTE));
    const counted = async () => (await database.owner("select count(*)::int as n from sign_in_throttle")).rows[0].n;
    expect(await counted()).toBeGreaterThan(0);
    await trimLists(after(120 * MINUTE));
    expect(await counted()).toBe(0);
  });

  it("slows one address down over many accounts, and a right sign-in does not wash it clean", async () => {
    const { email, password } = await person("viewer");
    const address = "2001:db8:7::1";
    for (let n = 0; n < 8; n++) await signIn({ email: `ghost${n}@example.com`, password: "x", address: `2001:db8:7::${n + 1}` }, start);
    expect(await signIn({ email, password, address }, start)).not.toBeNull();
    await signIn({ email: "ghost8@example.com", password: "x", address }, start);
    await signIn({ email: "ghost9@example.com", password: "x", address }, start);
    await expect(signIn({ email, password, address }, start)).rejects.toMatchObject({ code: "rate_limited" });
  });

  it("leaves an entry in the audit trail for success and failure", async () => {
    const { email, password } = await person("viewer");
    await signIn({ email, password: "wrong", address: "198.51.100.3" }, start);
    await signIn({ email, password, address: "198.51.100.3" }, start);
    const found = (await listAudit(await admin(), { action: "session.sign_in" })).slice(0, 2);
    expect(found.map((entry) => [entry.result, entry.ip])).toEqual([
      ["success", "198.51.100.3"],
      ["failure", "198.51.100.3"],
    ]);
  });
});

describe("a session", () => {
  async function enter() {
    const someone = await person("responder");
    const entered = await signIn({ email: someone.email, password: someone.password, address: "198.51.100.4" }, start);
    const found = entered && (await whoIs(entered.sessionId, start));
    if (!found) throw new Error("a right password must let in");
    return { ...someone, sessionId: found.session.id, ctx: contextOf(found.user, start) };
  }

  it("ends at sign-out, at once", async () => {
    const { ctx, sessionId } = await enter();
    await signOut(ctx, sessionId);
    expect(await whoIs(sessionId, start)).toBeNull();
  });

  it("ends when unused, and at the end of the day however much used", async () => {
    const { sessionId } = await enter();
    expect(await whoIs(sessionId, after(IDLE_MS - 1))).not.toBeNull();
    for (let at = 0; at < SESSION_MS; at += IDLE_MS / 2) expect(await whoIs(sessionId, after(at))).not.toBeNull();
    expect(await whoIs(sessionId, after(SESSION_MS))).toBeNull();
    const other = await enter();
    expect(await whoIs(other.sessionId, after(IDLE_MS + 1))).toBeNull();
  });

  it("ends with the person, and a new role holds from the next request on", async () => {
    const { userId, sessionId } = await enter();
    await changeRole(await admin(), { userId, role: "viewer" });
    expect((await whoIs(sessionId, start))?.user.role).toBe("viewer");
    await setDisabled(await admin(), { userId, disabled: true });
    expect(await whoIs(sessionId, start)).toBeNull();
    await setDisabled(await admin(), { userId, disabled: false });
    expect(await whoIs(sessionId, start)).toBeNull();
  });

  it("survives a change of password alone; the others end", async () => {
    const { ctx, email, password, sessionId } = await enter();
    const elsewhere = await signIn({ email, password, address: "198.51.100.5" }, start);
    expect(await listOwnSessions(ctx)).toHaveLength(2);
    await expect(changePassword(ctx, { current: "not it", next: "four unrelated words here", sessionId })).rejects.toMatchObject({
      code: "invalid",
    });
    await expect(changePassword(ctx, { current: password, next: "short", sessionId })).rejects.toMatchObject({ code: "invalid" });
    await changePassword(ctx, { current: password, next: "four unrelated words here", sessionId });
    expect((await whoIs(sessionId, start))?.user.mustChangePassword).toBe(false);
    expect(await whoIs(elsewhere?.sessionId ?? "", start)).toBeNull();
    expect(await signIn({ email, password, address: "198.51.100.5" }, start)).toBeNull();
  });

  it("can be ended by its person from elsewhere, and only by its person", async () => {
    const mine = await enter();
    const other = await enter();
    expect(await endOwnSessions(mine.ctx, { only: other.sessionId })).toBe(0);
    expect(await whoIs(other.sessionId, start)).not.toBeNull();
    expect(await endOwnSessions(mine.ctx, { only: mine.sessionId })).toBe(1);
  });
});

describe("the team", () => {
  it("is not for viewers to see nor for auditors to change", async () => {
    const viewer: Context = { actor: { type: "user", id: "0", name: "V", role: "viewer" }, now: start };
    const auditor: Context = { actor: { type: "user", id: "0", name: "A", role: "auditor" }, now: start };
    await expect(listTeam(viewer)).rejects.toMatchObject({ code: "forbidden" });
    await expect(listAudit(viewer, {})).rejects.toMatchObject({ code: "forbidden" });
    await expect(inviteUser(auditor, { email: "x@example.com", name: "X", role: "admin" })).rejects.toMatchObject({ code: "forbidden" });
    expect((await listTeam(auditor)).length).toBeGreaterThan(0);
  });

  it("always keeps one administrator, also when two step down at once", async () => {
    const ctx = await admin();
    const second = await person("admin");
    const own = ctx.actor.type === "user" ? ctx.actor.id : "";
    const both = await Promise.allSettled([
      changeRole(ctx, { userId: own, role: "viewer" }),
      setDisabled(ctx, { userId: second.userId, disabled: true }),
    ]);
    expect(both.filter((result) => result.status === "rejected")).toHaveLength(1);
    const left = await database.owner(`select count(*)::int as n from "user" where role = 'admin' and disabled_at is null`);
    expect(left.rows[0].n).toBe(1);
  });

  it("resets a password: old one dead, sessions ended, a new one chosen at first sign-in", async () => {
    const { email, password, userId } = await person("viewer");
    const entered = await signIn({ email, password, address: "198.51.100.6" }, start);
    const fresh = await resetPassword(await admin(), { userId });
    expect(await whoIs(entered?.sessionId ?? "", start)).toBeNull();
    expect(await signIn({ email, password, address: "198.51.100.6" }, start)).toBeNull();
    expect(await signIn({ email, password: fresh.password, address: "198.51.100.6" }, start)).not.toBeNull();
  });
});
