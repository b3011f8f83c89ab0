/** Text of strangers where people read it: nothing in it may be unseen, or turn the words around it. */

// C0 and C1 controls except tab and line feed, direction overrides and isolates, zero-width characters, line separators; joiners only where they join
// nothing: within an emoji, after a mark (as Indic scripts write them) and within Arabic script they shape what is seen.
const HIDDEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]|(?<![\p{Extended_Pictographic}\p{Emoji_Modifier}\p{M}\p{Script=Arabic}])[\u200c\u200d]/gu;

/** Text whose every character can be seen: control, direction and zero-width characters become U+FFFD. */
export const visible = (text: string): string => text.replace(HIDDEN, "\ufffd");

/** The same with each of them spelled as JSON does: `\u202e`. For whoever must know which it was. */
export const spelled = (text: string): string =>
  text.replace(HIDDEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** True for text with something to read in it. */
export const isLegible = (text: string | undefined): text is string => text !== undefined && text.replace(HIDDEN, "").trim() !== "";
