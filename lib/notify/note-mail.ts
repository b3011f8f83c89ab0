/** A plain note to one person: something about Vedette itself needs them. */
import type { Mail } from "@/lib/model/mail";
import { mailHeaders } from "./headers";
import { html } from "./html";
import { linkText } from "./incident-text";
import { block, type Button, buttons, headline, links, mailDocument, masthead, paragraph, sentence } from "./mail-parts";
import { wrap } from "./plain-text";
import { plainSubject } from "./subject";

/** What a note says. */
export interface Note {
  installation: string;
  baseUrl: string;
  title: string;
  paragraphs: readonly string[];
  actions: readonly Button[];
  why: string;
  footer: readonly Button[];
}

/** Renders the note. */
export function noteMail(note: Note): Mail {
  const subject = plainSubject(note.title, note.installation);
  const said = note.paragraphs.map((text) => paragraph(sentence(text, note.baseUrl), "margin-bottom:14px;font-size:16px;line-height:24px"));
  const body = [
    block("", html`${masthead(note.installation, "Note")}${headline(note.title, note.baseUrl)}${said}${buttons(note.actions)}`, true),
  ];
  const parts = [wrap(note.title), ...note.paragraphs.map((each) => wrap(each)), ...note.actions.map((each) => linkText(each))];
  const text = `${parts.join("\n\n")}\n\n-- \n${wrap(note.why)}\n${note.footer.map((each) => `\n${linkText(each)}`).join("")}\n`;
  return {
    subject,
    html: mailDocument({
      subject,
      preheader: (note.paragraphs[0] ?? "").slice(0, 90),
      body,
      footer: html`${note.why}<br>${links(note.footer)}`,
    }),
    text,
    headers: mailHeaders({ baseUrl: note.baseUrl, installation: note.installation, reason: "trouble" }),
  };
}
