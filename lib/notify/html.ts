/** HTML that cannot be injected into: everything put into an `html` template is text unless it was made by `html` itself. */
import { visible } from "@/lib/model/visible";

/** A piece of markup made by `html`. Only this class is ever written without escaping. */
export class Html {
  constructor(readonly markup: string) {}
  toString(): string {
    return this.markup;
  }
}

type Part = Html | string | number | false | null | undefined | readonly Part[];

const escapes: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text as it must stand in markup or in a quoted attribute; control and direction characters are made visible. */
export function escapeHtml(text: string): string {
  return visible(text).replace(/[&<>"']/g, (character) => escapes[character] ?? "");
}

function write(part: Part): string {
  if (part instanceof Html) return part.markup;
  if (Array.isArray(part)) return part.map(write).join("");
  if (part === false || part === null || part === undefined) return "";
  return escapeHtml(String(part));
}

/** Template tag: `html`<b>${anything}</b>`` escapes `anything`, keeps pieces made by `html`, joins lists and drops false, null and undefined. */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  let markup = strings[0] ?? "";
  parts.forEach((part, index) => {
    markup += write(part) + (strings[index + 1] ?? "");
  });
  return new Html(markup);
}

/** Only http, https and mailto leave as links; anything else becomes `#`. */
export function safeUrl(url: string): string {
  return /^(https?:\/\/|mailto:)/i.test(url) ? url : "#";
}
