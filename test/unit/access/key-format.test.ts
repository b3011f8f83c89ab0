import { expect, test } from "vitest";
import { generateApiKey, hashApiKey, isWellFormedApiKey, keyHint } from "@/lib/access/key-format";

test("a fresh key is well formed, and any single changed character is refused without a look-up", () => {
  const key = generateApiKey();
  expect(isWellFormedApiKey(key)).toBe(true);
  for (let at = 0; at < key.length; at++) {
    const other = key[at] === "x" ? "y" : "x";
    expect(isWellFormedApiKey(key.slice(0, at) + other + key.slice(at + 1))).toBe(false);
  }
  expect(["", "vdt_", `${key}0`, "Bearer x", "vdt_😀"].some(isWellFormedApiKey)).toBe(false);
});

test("keys differ, and neither hint nor hash gives the key away", () => {
  const keys = new Set(Array.from({ length: 1000 }, generateApiKey));
  expect(keys.size).toBe(1000);
  const [key = ""] = keys;
  expect(keyHint(key)).toBe(`${key.slice(0, 8)}…${key.slice(-4)}`);
  expect(hashApiKey(key)).toHaveLength(32);
});
