import { beforeEach, describe, expect, it } from "vitest";
import type { Context, Role } from "@/lib/model/user";
import { builtInRules, loadCatalog } from "@/lib/rules/catalog";
import { keepRule, resetRule, saveRule, setRulesMode } from "@/lib/rules/change-rule";
import { noteUpgrade } from "@/lib/rules/note-upgrade";
import { listRuleUpgrades } from "@/lib/store/built-in-texts";
import { db } from "@/lib/store/db";
import { listRuleCosts } from "@/lib/store/rule-costs";
import { Spendings } from "@/workers/spendings";
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

beforeEach(() => database.owner("truncate rule, rule_version, audit_entry, built_in_text cascade"));

describe("switching several rules", () => {
  it("changes those that are otherwise, each with its audit entry, or none at all", async () => {
    const ids = builtInRules()
      .documents.slice(0, 3)
      .map(({ id }) => id);
    await setRulesMode(by("admin"), { ids, mode: "off" });
    expect(await setRulesMode(by("admin"), { ids: [...ids, ids[0] ?? ""], mode: "on" })).toBe(3);
    expect(await setRulesMode(by("admin"), { ids, mode: "on" })).toBe(0);
    const before = await rows("select count(*)::int as n from audit_entry");
    await expect(setRulesMode(by("admin"), { ids: [ids[0] ?? "", "no-such-rule"], mode: "off" })).rejects.toMatchObject({
      code: "not_found",
    });
    expect(await rows("select count(*)::int as n from audit_entry")).toEqual(before);
    expect(await rows("select 1 from rule where not enabled")).toHaveLength(0);
  });

  it("tells testing from on and off, in the row, in the log and when a text is saved", async () => {
    const { id, source } = file();
    await setRulesMode(by("admin"), { ids: [id], mode: "test" });
    expect(await rows("select enabled, test_only from rule")).toEqual([{ enabled: true, test_only: true }]);
    await saveRule(by("admin"), { id, yaml: source.replace(/^level: .*$/m, "level: low") });
    expect((await loadCatalog()).rules.find((rule) => rule.id === id)).toMatchObject({ enabled: true, testOnly: true, version: 2 });
    await saveRule(by("admin"), { id, yaml: source, mode: "on" });
    await setRulesMode(by("admin"), { ids: [id], mode: "test" });
    await setRulesMode(by("admin"), { ids: [id], mode: "off" });
    expect(await rows("select enabled, test_only from rule")).toEqual([{ enabled: false, test_only: false }]);
    const log = await rows("select action, after->>'mode' as mode from audit_entry where action <> 'rule.update' order by id");
    expect(log.map(({ action, mode }) => `${action} ${mode}`)).toEqual([
      "rule.test test",
      "rule.enable on",
      "rule.test test",
      "rule.disable off",
    ]);
  });

  it("loses nothing of what two people do to one rule at once", async () => {
    const { id, source } = file();
    for (let version = 2; version < 10; version++) {
      const yaml = source.replace(/^level: .*$/m, `level: ${version % 2 ? "low" : "high"}`);
      const mode = version % 2 ? "test" : "off";
      await Promise.all([saveRule(by("admin"), { id, yaml }), setRulesMode(by("admin"), { ids: [id], mode })]);
      expect(await rows("select yaml, version, enabled from rule")).toEqual([{ yaml, version, enabled: mode === "test" }]);
    }
    const saved = await Promise.allSettled(Array.from({ length: 4 }, () => saveRule(by("admin"), { id, yaml: source, basedOn: 9 })));
    expect(saved.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const each of saved) if (each.status === "rejected") expect(each.reason).toMatchObject({ code: "conflict" });
  });

  it("is done by two people at once in any order of the rules", async () => {
    const ids = builtInRules()
      .documents.slice(0, 30)
      .map(({ id }) => id);
    for (const mode of ["off", "test", "on"] as const)
      await Promise.all([ids, ids.toReversed(), ids].map((these) => setRulesMode(by("admin"), { ids: these, mode })));
    expect(await rows("select count(*)::int as n from rule where enabled and not test_only")).toEqual([{ n: 30 }]);
  });

  it("knows no other mode than off, test and on", async () => {
    for (const mode of ["constructor", "", "ON"] as never[])
      await expect(setRulesMode(by("admin"), { ids: [file().id], mode })).rejects.toMatchObject({ code: "invalid" });
  });

  it("is for administrators", async () => {
    for (const role of ["viewer", "responder", "auditor"] as const) {
      await expect(setRulesMode(by(role), { ids: [file().id], mode: "off" })).rejects.toMatchObject({ code: "forbidden" });
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

describe("an upgrade that changes built-in rules nobody edited", () => {
  const documents = builtInRules().documents.slice(0, 4);
  const [first, second, third, fourth] = documents;
  const now = (hour: number) => new Date(Date.UTC(2026, 10, 23, hour));

  it("is told with the text before and after, what is new and what is gone, once", async () => {
    if (!first || !second || !third || !fourth) throw new Error("there are built-in rules");
    const changed = { ...second, source: second.source.replace(/^level: .*$/m, "level: low") };
    expect(await noteUpgrade({ product: "1.0.0", now: now(1) }, [first, second, third])).toBeUndefined(); // it begins with these
    expect(await noteUpgrade({ product: "1.0.1", now: now(2) }, [first, second, third])).toBeUndefined();
    const upgrade = { product: "1.1.0", now: now(3) };
    const notes = await Promise.all([
      noteUpgrade(upgrade, [first, changed, fourth]),
      noteUpgrade({ ...upgrade, now: now(4) }, [first, changed, fourth]),
    ]);
    expect(notes.filter((note) => note !== undefined)).toEqual([{ changed: 1, added: 1, removed: 1 }]);
    const told = await listRuleUpgrades(db, now(0));
    expect(told.map(({ ruleId, product, before, after }) => [ruleId, product, before, after])).toEqual(
      [
        [second.id, "1.1.0", second.source, changed.source],
        [third.id, "1.1.0", third.source, null],
        [fourth.id, "1.1.0", null, fourth.source],
      ].toSorted(([a], [b]) => ((a ?? "") < (b ?? "") ? -1 : 1)),
    );
    expect(await rows("select action, actor_name, after ->> 'name' as name from audit_entry")).toEqual([
      {
        action: "rule.upgrade",
        actor_name: "Vedette",
        name: "Vedette 1.1.0 changed 1 rule, brought 1 new rule, took 1 rule away",
      },
    ]);
  });
});

describe("what rules cost", () => {
  it("is written down once a minute, as time per event of all that passed", async () => {
    await database.owner("truncate rule_cost");
    const at = (seconds: number) => new Date(Date.UTC(2026, 10, 23, 12, 0, seconds));
    const spendings = new Spendings();
    const costs = async () => (await listRuleCosts(db, at(0))).toSorted((a, b) => (a.ruleId < b.ruleId ? -1 : 1));
    await spendings.write(at(0));
    expect(await costs()).toEqual([]);
    spendings.note(new Map(Object.entries({ a: 3, b: 1 })), 1_000);
    await spendings.write(at(1));
    spendings.note(new Map([["a", 1]]), 1_000);
    await spendings.write(at(30));
    expect(await costs()).toEqual([
      { ruleId: "a", microseconds: 3 },
      { ruleId: "b", microseconds: 1 },
    ]);
    await spendings.write(at(62));
    expect(await costs()).toEqual([
      { ruleId: "a", microseconds: 2 },
      { ruleId: "b", microseconds: 0.5 },
    ]);
  });
});

describe("a catalogue of many rules", () => {
  it("is read once for all who ask at the same time, and leaves the process free meanwhile", async () => {
    await database.owner(
      `insert into rule (id, source, enabled, yaml, version, updated_at)
       select 'many-' || n, 'custom', true, 'title: R' || n || chr(10) || 'id: many-' || n || chr(10) || 'logsource: {category: api}' || chr(10) || 'detection: {s: {f: ' || n || '}, condition: s}', 1, now()
       from generate_series(1, 600) n`,
    );
    let free = 0;
    const counting = setInterval(() => free++, 1);
    const [one, other] = await Promise.all([loadCatalog(), loadCatalog()]);
    clearInterval(counting);
    expect(one).toBe(other);
    expect(one.rules.filter(({ id }) => id.startsWith("many-"))).toHaveLength(600);
    expect(free).toBeGreaterThan(0);
  });
});
