/** Guesses what was typed or pasted into the one field. Pure; the guess only decides where to look. */

/** Somewhere to go, and what kind of thing it is. */
export interface Suggestion {
  href: string;
  label: string;
  kind: string;
}

const IPV4 = /^\d{1,3}(\.\d{1,3}){3}(\/\d{1,2})?$/;
const IPV6 = /^[0-9a-f:]*:[0-9a-f:]*:[0-9a-f:.]*(\/\d{1,3})?$/i;

const search = (query: string) => `/events?q=${encodeURIComponent(query)}`;
const quoted = (text: string) => (/[\s"():]/.test(text) ? `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"` : text);

/** What a pasted text most likely is, as a place to look at it. */
function read(text: string): Suggestion[] {
  if (/^INC-\d+$/i.test(text)) return [{ href: `/incidents/${text.toUpperCase()}`, label: text.toUpperCase(), kind: "Incident" }];
  if (IPV4.test(text) || IPV6.test(text))
    return [{ href: search(`ip:${quoted(text)}`), label: `Events from ${text}`, kind: text.includes("/") ? "Network" : "Address" }];
  if (text.startsWith("vdt_")) return []; // a secret must not go into an address
  if (/^[^\s@]+@[^\s@]+$/.test(text)) return [{ href: search(`actor:${quoted(text)}`), label: `Events of ${text}`, kind: "Account" }];
  if (/^\/\S*$/.test(text)) return [{ href: search(`path:${quoted(text)}`), label: `Requests to ${text}`, kind: "Path" }];
  return [];
}

/** Pages whose name holds what was typed. */
export const pagesNamed = (typed: string, pages: readonly { href: string; label: string }[]): Suggestion[] =>
  pages
    .filter((page) => page.label.toLowerCase().includes(typed.trim().toLowerCase()))
    .map((page) => ({ href: page.href, label: page.label, kind: "Page" }));

/** Pages whose name fits first, then what the text itself may be, then a search for it: what can be said without asking. */
export function suggest(typed: string, pages: readonly { href: string; label: string }[]): Suggestion[] {
  const text = typed.trim();
  const found = pagesNamed(text, pages);
  if (!text) return found.slice(0, 8);
  const meant = read(text);
  const free = text.startsWith("vdt_") ? [] : [{ href: search(quoted(text)), label: `Search events for ${text}`, kind: "Search" }];
  return [...meant, ...found, ...free].slice(0, 8);
}
