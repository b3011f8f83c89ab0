import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import { zip, zipStream } from "@/lib/zip";

const at = new Date(Date.UTC(2026, 10, 23, 12));

/** The same two files, at once and as they are made. */
const writers = {
  whole: async () =>
    zip(
      [
        { name: "a.txt", data: Buffer.from("first\u00e9") },
        { name: "rules/b.yml", data: Buffer.alloc(0) },
      ],
      at,
    ),
  streamed: async () => {
    const parts: Buffer[] = [];
    const entries = [
      { name: "a.txt", chunks: [Buffer.from("fir"), Buffer.from("st\u00e9")] },
      { name: "rules/b.yml", chunks: [] },
    ];
    for await (const part of zipStream(entries, at)) parts.push(part);
    return Buffer.concat(parts);
  },
};

it.each(["whole", "streamed"] as const)("a %s ZIP is one that another program reads back byte for byte", async (kind) => {
  const folder = mkdtempSync(path.join(tmpdir(), "vedette-zip-"));
  try {
    const archive = path.join(folder, "a.zip");
    writeFileSync(archive, await writers[kind]());
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
