import { beforeEach, describe, expect, it } from "vitest";
import type { Context, Role } from "@/lib/model/user";
import { builtInRules, loadCatalog } from "@/lib/rules/catalog";
import { keepRule, resetRule, saveRule, setRulesEnabled } from "@/lib/rules/change-rule";
import { useDatabase } from "@/test/support/database";

const database = useDatabase();
const rows = async (text: string) => (await database.owner(text)).rows;
const by = (role: Role): Context => ({
  actor: { type: "user", id: "00000000-0000-4000-8000-000000000001", name: "Ana", role },
  now: new Date(),
});
const file = () => {
  const found = builtInRules().documents.find(({ kind }) => kind === "correlation");
  if (!found) throw new Error("no built-in correlation");
  return found;
};
const outdated = async () => (await loadCatalog()).rules.find(({ id }) => id === file().id)?.outdated;

beforeEach(() => database.owner("truncate rule, rule_version, audit_entry cascade"));

describe("switching several rules", () => {
  it("changes those that are otherwise, each with its audit entry, or none at all", async () => {
    const ids = builtInRules()
      .documents.slice(0, 3)
      .map(({ id }) => id);
    await setRulesEnabled(by("admin"), { ids, enabled: false });
    expect(await setRulesEnabled(by("admin"), { ids: [...ids, ids[0] ?? ""], enabled: true })).toBe(3);
    expect(await setRulesEnabled(by("admin"), { ids, enabled: true })).toBe(0);
    const before = await rows("select count(*)::int as n from audit_entry");
    await expect(setRulesEnabled(by("admin"), { ids: [ids[0] ?? "", "no-such-rule"], enabled: false })).rejects.toMatchObject({
      code: "not_found",
    });
    expect(await rows("select count(*)::int as n from audit_entry")).toEqual(before);
    expect(await rows("select 1 from rule where not enabled")).toHaveLength(0);
  });

  it("is for administrators", async () => {
    for (const role of ["viewer", "responder", "auditor"] as const) {
      await expect(setRulesEnabled(by(role), { ids: [file().id], enabled: false })).rejects.toMatchObject({ code: "forbidden" });
      await expect(keepRule(by(role), { id: file().id })).rejects.toMatchObject({ code: "forbidden" });
    }
    expect(await rows("select 1 from rule union all select 1 from audit_entry")).toHaveLength(0);
  });
});

describe("an upgrade that brings another text for an edited rule", () => {
  beforeEach(async () => {
    const { id, source } = file();
    await saveRule(by("admin"), { id, yaml: source.replace(/^level: .*$/m, "level: low") });
    expect(await outdated()).toBeNull();
    await database.owner("update rule set built_in = 'title: what it was', updated_at = now()");
  });

  it("leaves the edited text in force and tells of both, until somebody keeps it", async () => {
    expect(await outdated()).toBe("title: what it was");
    expect((await loadCatalog()).rules.find(({ id }) => id === file().id)?.document.level).toBe("low");
    await keepRule(by("admin"), { id: file().id });
    expect(await outdated()).toBeNull();
    expect((await rows("select action from audit_entry order by id")).at(-1)).toEqual({ action: "rule.keep" });
  });

  it("is over when somebody takes the new text; the edited one stays among the versions", async () => {
    await resetRule(by("admin"), { id: file().id });
    expect(await outdated()).toBeNull();
    expect(await rows("select source, built_in from rule")).toEqual([{ source: "built-in", built_in: null }]);
    expect(await rows("select version from rule_version order by version")).toEqual([{ version: 1 }, { version: 2 }, { version: 3 }]);
  });
});
