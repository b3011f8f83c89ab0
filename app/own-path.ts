const HERE = "http://here.invalid";

/**
 * A path of ours, else "/": an address in a link must not lead elsewhere after sign-in. Read as browsers read it, who drop tabs and line breaks, take a
 * backslash for a slash, and work dots out.
 */
export function ownPath(path: unknown): string {
  if (typeof path !== "string" || !path.startsWith("/") || !URL.canParse(path, HERE)) return "/";
  const { origin, pathname, search, hash } = new URL(path, HERE);
  return origin === HERE && !pathname.startsWith("//") ? pathname + search + hash : "/";
}
