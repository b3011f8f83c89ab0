import { describe, expect, it } from "vitest";
import { hashPassword, oneTimePassword, passwordProblems, verifyPassword } from "@/lib/access/passwords";
import { may, requirePermission } from "@/lib/access/require-permission";
import type { Context } from "@/lib/model/user";

const ana = { email: "ana.kovac@example.com", name: "Ana Kovac" };
const now = new Date("2026-11-23T12:00:00Z");

describe("a new password", () => {
  it.each([
    "short one",
    "aaaaaaaaaaaaaaaa",
    "Password123456",
    "qwerty-qwerty-123",
    "482019385829",
    "admin!admin!2026",
    "ana kovac is nice",
    "ana.kovac-at-work",
    "x".repeat(300),
  ])("%s is refused with a reason", (password) => expect(passwordProblems(password, ana)).not.toEqual([]));
  it.each(["four unrelated words here", "gT7#kd92!mQz", "Über den Wolken 7", oneTimePassword()])("%s is taken", (password) =>
    expect(passwordProblems(password, ana)).toEqual([]),
  );
});

describe("a stored password", () => {
  it("is found right only by itself, and by the same letters typed as other code points", async () => {
    const stored = await hashPassword("Über den Wolken");
    expect(stored).not.toContain("Wolken");
    expect(await verifyPassword("U\u0308ber den Wolken", stored)).toBe(true);
    expect(await verifyPassword("über den wolken", stored)).toBe(false);
    expect(await verifyPassword("Über den Wolken", null)).toBe(false);
    expect(await verifyPassword("Über den Wolken", "plain$text")).toBe(false);
  });
  it("is stored differently each time", async () =>
    expect(await hashPassword("the same words")).not.toBe(await hashPassword("the same words")));
});

describe("permission", () => {
  const as = (actor: Context["actor"]): Context => ({ actor, now });
  it("is denied unless the role's list names it", () => {
    const viewer = as({ type: "user", id: "1", name: "V", role: "viewer" });
    expect(may(viewer, "event:read")).toBe(true);
    for (const refused of ["event:export", "incident:write", "user:read", "audit:read", "settings:write"] as const)
      expect(may(viewer, refused)).toBe(false);
    expect(() => requirePermission(viewer, "user:write")).toThrow(/user:write/);
  });
  it("of a key comes from its scopes alone: a key that sends reads nothing", () => {
    expect(may(as({ type: "key", id: "1", name: "k", scopes: ["ingest"] }), "event:read")).toBe(false);
    expect(may(as({ type: "key", id: "1", name: "k", scopes: ["read"] }), "event:read")).toBe(true);
    expect(may(as({ type: "key", id: "1", name: "k", scopes: ["read", "constructor"] }), "audit:read")).toBe(false);
  });
});
