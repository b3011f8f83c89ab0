/** Splits query strings, cookies and bodies into names and values. Tolerant: bodies are cut at 8 KiB, so none need be complete. Linear, never throws. */

/** One name with its value as written. `file`: the value is the name of an uploaded file. */
export interface Pair {
  name: string;
  value: string;
  file?: true;
}

/** The most pairs that are read from one query string, body or cookie header. */
export const PAIRS_MOST = 128;

/** `a=1&b=2`; a part without `=` is a value without a name, since attacks hide there. */
export function splitForm(text: string): Pair[] {
  const pairs: Pair[] = [];
  let start = 0;
  while (start <= text.length && pairs.length < PAIRS_MOST) {
    const found = text.indexOf("&", start);
    const end = found < 0 ? text.length : found;
    const at = text.indexOf("=", start);
    if (end > start)
      pairs.push(
        at < 0 || at >= end ? { name: "", value: text.slice(start, end) } : { name: text.slice(start, at), value: text.slice(at + 1, end) },
      );
    start = end + 1;
  }
  return pairs;
}

/** `a=1; b=2`. */
export function splitCookies(text: string): Pair[] {
  return text
    .split(";", PAIRS_MOST)
    .filter((part) => part.trim() !== "")
    .map((part) => {
      const at = part.indexOf("=");
      return at < 0 ? { name: "", value: part.trim() } : { name: part.slice(0, at).trim(), value: part.slice(at + 1).trim() };
    });
}

/**
 * The strings of a JSON text, read without building it: no recursion, no bomb, and a text that was cut still gives what is there. A string before a colon is a
 * name; numbers, booleans and null carry no attack and are left out. Escapes stay as written: the readings take care of them.
 */
export function splitJson(text: string): Pair[] {
  const pairs: Pair[] = [];
  let name = "";
  const strings = /"((?:[^"\\]|\\.)*)(?:"|$)(\s{0,32}:)?/gs;
  for (let found = strings.exec(text); found !== null && pairs.length < PAIRS_MOST; found = strings.exec(text)) {
    if (found[0] === "") break;
    const inside = found[1] ?? "";
    if (found[2] === undefined) {
      pairs.push({ name, value: inside });
      continue;
    }
    name = inside;
    pairs.push({ name: inside, value: "" });
  }
  return pairs;
}

/** Text nodes, attribute values and CDATA of an XML or HTML text. */
export function splitXml(text: string): Pair[] {
  const pairs: Pair[] = [];
  const parts = /<!\[CDATA\[([\s\S]*?)(?:\]\]>|$)|<([^<>]*)>|([^<>]+)/g;
  let element = "";
  for (let found = parts.exec(text); found !== null && pairs.length < PAIRS_MOST; found = parts.exec(text)) {
    const content = found[1] ?? found[3];
    if (content !== undefined && content.trim() !== "") pairs.push({ name: element, value: content.trim() });
    if (found[2] === undefined) continue;
    element = /^[\w:.-]{1,64}/.exec(found[2])?.[0] ?? "";
    for (const attribute of found[2].matchAll(/([\w:.-]{1,64})\s{0,8}=\s{0,8}(?:"([^"]*)"|'([^']*)')/g)) {
      if (pairs.length < PAIRS_MOST) pairs.push({ name: attribute[1] ?? "", value: attribute[2] ?? attribute[3] ?? "" });
    }
  }
  return pairs;
}

/** The parts of a multipart body: field names, file names, other disposition attributes, and contents. */
export function splitMultipart(text: string): Pair[] {
  const first = /^\s*--([^\r\n]{1,200})/.exec(text)?.[1]?.trimEnd();
  if (first === undefined) return [];
  const pairs: Pair[] = [];
  for (const part of text.split(`--${first}`, PAIRS_MOST)) {
    const gap = /\r?\n\r?\n/.exec(part);
    if (gap === null) continue;
    const head = part.slice(0, gap.index);
    const content = part.slice(gap.index + gap[0].length).replace(/\r?\n$/, "");
    const name = /[;\s]name="?([^";\r\n]*)/i.exec(head)?.[1] ?? "";
    pairs.push({ name, value: content });
    for (const attribute of head.matchAll(/[;\s]([\w*-]{1,64})=(?:"([^"\r\n]*)"|([^";\s]*))/g)) {
      const key = (attribute[1] ?? "").toLowerCase();
      const value = attribute[2] ?? attribute[3] ?? "";
      if (key.startsWith("filename")) pairs.push({ name, value, file: true });
      else if (key !== "name" && key !== "boundary" && key !== "charset") pairs.push({ name: key, value });
    }
  }
  return pairs.slice(0, PAIRS_MOST);
}

/** What a body is made of: by its content type, else by its looks. */
export function splitBody(body: string, contentType: string): { kind: "json" | "xml" | "multipart" | "form" | "text"; pairs: Pair[] } {
  const start = body.trimStart();
  if (contentType.includes("multipart") || (contentType === "" && /^--[^\r\n]{1,200}\r?\n/.test(start)))
    return { kind: "multipart", pairs: splitMultipart(body) };
  if (contentType.includes("json") || (!contentType.includes("form") && /^[[{]\s*["{[\]}]/.test(start)))
    return { kind: "json", pairs: splitJson(body) };
  if (contentType.includes("xml") || (!contentType.includes("form") && /^<[?!a-zA-Z]/.test(start)))
    return { kind: "xml", pairs: splitXml(body) };
  if (contentType.includes("form") || /^[^\s=&]{1,128}=/.test(start)) return { kind: "form", pairs: splitForm(body) };
  return { kind: "text", pairs: [] };
}
