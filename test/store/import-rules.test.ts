import { beforeEach, describe, expect, it } from "vitest";
import type { Context, Role } from "@/lib/model/user";
import { parseRules } from "@/lib/detection/sigma/parse";
import { compileCatalog, loadCatalog } from "@/lib/rules/catalog";
import { exportRules } from "@/lib/rules/export-rules";
import { importRules, readUpload } from "@/lib/rules/import-rules";
import { listPlaceholders, setPlaceholder } from "@/lib/rules/placeholders";
import { unzip, zip } from "@/lib/zip";
import { alertsOf, eventAt } from "@/test/support/detection";
import { useDatabase } from "@/test/support/database";

const database = useDatabase();
const rows = async (text: string) => (await database.owner(text)).rows;
const NOW = new Date(Date.UTC(2026, 10, 23, 12));
const by = (role: Role): Context => ({ actor: { type: "user", id: "00000000-0000-4000-8000-000000000001", name: "Ana", role }, now: NOW });
const rule = (id: string, more = "logsource: {category: webserver}") =>
  `title: ${id}\nid: ${id}\n${more}\ndetection: {s: {cs-method: TRACE}, condition: s}\n`;
const files = [
  { name: "web/trace.yml", text: rule("imported-web") },
  { name: "cloud/aws.yml", text: rule("imported-cloud", "logsource: {product: aws, service: cloudtrail}") },
  {
    name: "broken.yml",
    text: "title: Broken\nlogsource: {category: webserver}\ndetection:\n  s: {cs-method|equals: GET}\n  condition: s\n",
  },
  {
    name: "lost.yml",
    text: "title: Lost\nid: lost\ncorrelation: {type: event_count, rules: [nobody], group-by: [source.ip], timespan: 5m, condition: {gte: 4}}\n",
  },
  { name: "twice.yml", text: rule("imported-web") },
];

beforeEach(() => database.owner("truncate rule, rule_version, audit_entry cascade"));

describe("an import", () => {
  it("first only says what would become of each file: loaded, for other logs, known, refused with the place", async () => {
    const report = await importRules(by("admin"), files, { dryRun: true });
    expect(report.loaded.map(({ id }) => id)).toEqual(["imported-web"]);
    expect(report.elsewhere).toMatchObject([{ id: "imported-cloud", logsource: "aws / cloudtrail" }]);
    expect(report.refused.map(({ file }) => file).sort()).toEqual(["broken.yml", "lost.yml", "twice.yml"]);
    expect(report.refused.find(({ file }) => file === "broken.yml")).toMatchObject({ line: 4, detail: expect.stringContaining("equals") });
    expect(await rows("select 1 from rule union all select 1 from audit_entry")).toHaveLength(0);
  });

  it("then takes in what can be read, with a first version and one audit entry, and never touches what is there", async () => {
    await importRules(by("admin"), files);
    expect(await rows("select id, enabled, source, version from rule order by id")).toEqual([
      { id: "imported-cloud", enabled: false, source: "custom", version: 1 },
      { id: "imported-web", enabled: true, source: "custom", version: 1 },
    ]);
    expect(await rows("select rule_id, comment from rule_version order by rule_id")).toMatchObject([
      { comment: "Imported from cloud/aws.yml" },
      { comment: "Imported from web/trace.yml" },
    ]);
    expect(await rows("select action from audit_entry")).toEqual([{ action: "rule.import" }]);
    const again = await importRules(by("admin"), [{ name: "web/trace.yml", text: rule("imported-web").replace("TRACE", "TRACK") }]);
    expect(again).toMatchObject({ loaded: [], known: [{ id: "imported-web", same: false }] });
    expect(await rows("select version from rule where id = 'imported-web'")).toEqual([{ version: 1 }]);
  });

  it("leaves the rules as the next look would read them, each document of a file for itself", async () => {
    const both = `${rule("first-of-two")}---\n${rule("second-of-two").replace("TRACE", "'%Admins%'").replace("cs-method", "cs-method|expand")}`;
    await importRules(by("admin"), [{ name: "two.yml", text: both }]);
    const { rules } = await loadCatalog();
    const found = (id: string) => rules.find((each) => each.id === id);
    expect(found("second-of-two")?.document.missing).toEqual(["Admins"]);
    for (const id of ["first-of-two", "second-of-two"])
      expect(found(id)?.document).toEqual(parseRules(found(id)?.yaml ?? "", `rule ${id}`).documents[0]);
  });

  it("reads back the archive that an export made, finding every rule known", async () => {
    await importRules(by("admin"), files);
    const { bytes, rules } = await exportRules(by("viewer"));
    const read = await readUpload([{ name: "rules.zip", bytes }]);
    expect(read).toHaveLength(rules);
    expect(rules).toBe((await loadCatalog()).rules.length);
    const report = await importRules(by("admin"), read, { dryRun: true });
    expect(report).toMatchObject({ loaded: [], elsewhere: [], refused: [] });
    expect(report.known.every(({ same }) => same)).toBe(true);
  });

  it("takes in what names placeholders; it begins when they have values, changes with them and stops without", async () => {
    const text = "title: Mine\nid: waits\nlogsource: {category: api}\ndetection: {s: {actor.id|expand: '%Admins%'}, condition: s}\n";
    const report = await importRules(by("admin"), [{ name: "mine.yml", text }]);
    expect(report).toMatchObject({ loaded: [], refused: [], waiting: [{ id: "waits", placeholders: ["Admins"] }] });
    const later = (minute: number) => ({ ...by("admin"), now: new Date(NOW.getTime() + minute * 60_000) });
    const heard = async () => {
      const ruleset = compileCatalog({ ...(await loadCatalog()), detectors: [] });
      return alertsOf(ruleset, [eventAt(0, { actor: { id: "root-7" } })]).filter(({ ruleId }) => ruleId === "waits").length;
    };
    expect(await heard()).toBe(0);
    expect(await listPlaceholders(by("viewer"))).toMatchObject([{ name: "Admins", values: [], rules: [{ id: "waits", title: "Mine" }] }]);
    await setPlaceholder(later(1), { name: "%Admins%", values: [" root-* ", "", "root-*"] });
    expect(await heard()).toBe(1);
    await setPlaceholder(later(2), { name: "Admins", values: ["ana"] });
    expect(await heard()).toBe(0);
    await setPlaceholder(later(3), { name: "Admins", values: [] });
    expect((await loadCatalog()).rules.find(({ id }) => id === "waits")?.document.missing).toEqual(["Admins"]);
    const entries = await rows("select action, before, after from audit_entry where target_type = 'placeholder' order by id");
    expect(entries).toMatchObject([
      { action: "placeholder.set", after: { values: ["root-*"] } },
      { action: "placeholder.set", before: { values: ["root-*"] }, after: { values: ["ana"] } },
      { action: "placeholder.remove", before: { values: ["ana"] } },
    ]);
    await expect(setPlaceholder(by("responder"), { name: "Admins", values: ["x"] })).rejects.toMatchObject({ code: "forbidden" });
    await expect(setPlaceholder(by("admin"), { name: "a b", values: ["x"] })).rejects.toMatchObject({ code: "invalid" });
  });

  it("leaves rules switched off that their authors gave up, and reads files from folders above", async () => {
    const read = await readUpload([
      { name: "../up/old.yml", bytes: Buffer.from(rule("imported-old", "status: deprecated\nlogsource: {category: webserver}")) },
      { name: "../up/new.yml", bytes: Buffer.from(rule("imported-new")) },
      { name: "up/.hidden/x.yml", bytes: Buffer.from(rule("imported-hidden")) },
    ]);
    const report = await importRules(by("admin"), read);
    expect(report.loaded.map(({ id, enabled }) => [id, enabled])).toEqual([
      ["imported-new", true],
      ["imported-old", false],
    ]);
    expect(await rows("select id, enabled from rule order by id")).toEqual([
      { id: "imported-new", enabled: true },
      { id: "imported-old", enabled: false },
    ]);
  });

  it("is refused to everybody but administrators", async () => {
    for (const role of ["viewer", "responder", "auditor"] as const)
      await expect(importRules(by(role), files)).rejects.toMatchObject({ code: "forbidden" });
    expect(await rows("select 1 from rule")).toHaveLength(0);
  });
});

describe("a hostile archive", () => {
  const limits = { entries: 3, entryBytes: 100, totalBytes: 150, wanted: () => true };
  const archive = (...names: string[]) =>
    zip(
      names.map((name) => ({ name, data: Buffer.from("x".repeat(60)) })),
      NOW,
    );

  it.each([
    ["a name that climbs out", archive("../../etc/passwd"), "malformed"],
    ["an absolute name", archive("/etc/passwd"), "malformed"],
    ["a drive", archive("c:/a.yml"), "malformed"],
    ["backslashes", archive("a\\..\\b.yml"), "malformed"],
    ["too many files", archive("1", "2", "3", "4"), "too_large"],
    ["too much in all", archive("1", "2", "3"), "too_large"],
    ["no archive", Buffer.from("title: a rule\n"), "malformed"],
    ["half an archive", archive("a.yml").subarray(0, 50), "malformed"],
  ])("is refused: %s", async (_, bytes, code) => {
    await expect(unzip(bytes, limits)).rejects.toMatchObject({ code });
  });

  it("that inflates to far more than it says is stopped at the limit", async () => {
    const { deflateRawSync, crc32 } = await import("node:zlib");
    const data = Buffer.alloc(5_000_000);
    const packed = deflateRawSync(data);
    const bomb = zip([{ name: "a.yml", data: packed }], NOW);
    const at = bomb.indexOf("PK\u0001\u0002", 0, "latin1");
    bomb.writeUInt16LE(8, at + 10); // deflated
    bomb.writeUInt32LE(crc32(data) >>> 0, at + 16);
    bomb.writeUInt32LE(10, at + 24); // it claims ten bytes
    await expect(unzip(bomb, limits)).rejects.toMatchObject({ code: "too_large" });
  });
});
