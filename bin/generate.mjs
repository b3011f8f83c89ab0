/** Makes the typed database client from prisma/schema.prisma when the schema has changed. Needs no network and no database. */
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { run } from "./launch/dependencies.mjs";
import { root } from "./launch/home.mjs";

/** Generates if needed; true when it did. */
export async function generateClient() {
  const stamp = path.join(root, "lib", "store", "generated", ".schema");
  const schema = createHash("sha256")
    .update(fs.readFileSync(path.join(root, "prisma", "schema.prisma")))
    .digest("hex");
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, "utf8") === schema) return false;
  await run(process.execPath, [path.join(root, "node_modules", "prisma", "build", "index.js"), "generate"], { cwd: root });
  fs.writeFileSync(stamp, schema);
  return true;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await generateClient();
