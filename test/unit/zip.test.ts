import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import { zip } from "@/lib/zip";

it("an evidence bundle is a ZIP that another program reads back byte for byte", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "vedette-zip-"));
  try {
    const archive = path.join(folder, "a.zip");
    writeFileSync(
      archive,
      zip(
        [
          { name: "a.txt", data: Buffer.from("first\u00e9") },
          { name: "rules/b.yml", data: Buffer.alloc(0) },
        ],
        new Date(Date.UTC(2026, 10, 23, 12)),
      ),
    );
    const script =
      "import sys,zipfile,json;z=zipfile.ZipFile(sys.argv[1]);print(json.dumps([z.testzip(),[[n,z.read(n).decode()] for n in z.namelist()]]))";
    let python: string;
    try {
      python = execFileSync("python3", ["-c", script, archive], { encoding: "utf8" });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return; // a machine without Python proves it elsewhere
      throw error;
    }
    expect(JSON.parse(python)).toEqual([
      null,
      [
        ["a.txt", "first\u00e9"],
        ["rules/b.yml", ""],
      ],
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
