import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { Environment, readConfig } from "@/lib/config";

const readme = fs.readFileSync("README.md", "utf8");
const secret = "x".repeat(32);
const least = { DATABASE_URL: "postgres://localhost/v", AUTH_SECRET: secret, HASH_KEY: secret, LINK_KEY: secret };

describe("the README", () => {
  it("begins with the two commands", () => {
    expect(readme.indexOf("npm start")).toBeGreaterThan(0);
    expect(readme.indexOf("npm test")).toBeLessThan(600);
  });

  it("lists every setting, and no other", () => {
    const listed = [...readme.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, name]) => name);
    expect(listed).toEqual(Object.keys(Environment.shape).filter((name) => name !== "NODE_ENV"));
  });

  it("names only files that exist on the path of an event", () => {
    const path = readme.slice(readme.indexOf("## The path of an event"), readme.indexOf("## Configuration"));
    const files = [...path.matchAll(/(?:lib|web|workers)\/[\w/-]+\.ts/g)].map(([file]) => file);
    expect(files.length).toBeGreaterThan(6);
    expect(files.filter((file) => !fs.existsSync(file))).toEqual([]);
  });
});

describe("the configuration", () => {
  it("lists every problem at once, and says which settings are missing", () => {
    expect(() => readConfig({ PORT: "70000", SMTP_URL: "mail" })).toThrow(/PORT: .*\n.*DATABASE_URL: is not set[\s\S]*SMTP_URL: must be/);
  });

  it("treats an empty value as not given", () => {
    expect(readConfig({ ...least, PORT: "", SMTP_URL: "" })).toMatchObject({
      PORT: 4600,
      BASE_URL: "http://localhost:4600",
      QUEUE_URL: least.DATABASE_URL,
    });
  });
});
