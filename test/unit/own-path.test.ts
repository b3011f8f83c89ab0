import fc from "fast-check";
import { expect, it } from "vitest";
import { ownPath } from "@/app/own-path";

it("keeps a path of ours with its query", () => {
  expect(ownPath("/events?q=ip%3A203.0.113.7&last=7d#top")).toBe("/events?q=ip%3A203.0.113.7&last=7d#top");
});

it.each([
  "//evil.example",
  "/\\evil.example",
  "/\t/evil.example",
  "/\n//evil.example",
  "\t//evil.example",
  "/.//evil.example",
  "/x/..//evil.example",
  "https://evil.example/",
  "javascript:alert(1)",
  "http:evil.example",
  "",
  null,
  undefined,
  ["/a", "/b"],
])("leads home instead of to %j", (path) => {
  expect(ownPath(path)).toBe("/");
});

it("never leaves the host it is followed on, whatever was written", () => {
  const path = fc.string({
    unit: fc.constantFrom("/", "\\", "\t", "\r", ".", "..", "a", ":", "@", "?", "#", "%2f", "//evil.example"),
    maxLength: 8,
  });
  fc.assert(
    fc.property(path, (written) => {
      const followed = ownPath(`/${written}`);
      return new URL(followed, "https://vedette.example/sign-in").host === "vedette.example" && !followed.startsWith("//");
    }),
  );
});
