/** Cross-site scripting: markup and script that a browser would run. Formatting that people post (`<b>`, `<p>`, links, images) is not an attack. */
import { heaviest, nothing, type Sign, type Suspicion, worse } from "./finding";

/** Event handlers of browsers, without `on`. */
const handlers =
  "abort|activate|after\\w{1,12}|animation\\w{1,12}|auxclick|before\\w{1,16}|begin|blur|bounce|cancel|canplay\\w{0,8}|cellchange|change|click|close|contextmenu|copy|" +
  "cuechange|cut|data\\w{1,14}|dblclick|drag\\w{0,8}|drop|durationchange|emptied|end|ended|error|finish|focus\\w{0,4}|formchange|forminput|fullscreen\\w{0,8}|hashchange|help|input|" +
  "invalid|key(?:down|press|up)|layoutcomplete|load\\w{0,8}|losecapture|message|mouse\\w{2,6}|move\\w{0,5}|offline|online|page(?:hide|show)|paste|pause|play\\w{0,4}|pointer\\w{2,14}|" +
  "popstate|progress|propertychange|ratechange|readystatechange|repeat|reset|resize\\w{0,5}|row\\w{3,8}|scroll\\w{0,9}|search|seek\\w{2,3}|select\\w{0,7}|show|start|stop|storage|submit|" +
  "suspend|timeupdate|toggle|touch\\w{3,6}|transition\\w{3,6}|unhandledrejection|unload|volumechange|waiting|wheel|webkit\\w{4,24}";

const signs: readonly Sign[] = [
  [9, "script element", /<\s{0,4}\/?\s{0,4}script(?:[\s/>:+=(]|$)/i],
  [9, "handler inside an element", new RegExp(`<[a-z!?][^<>]{0,300}?[\\s/"'\`;]on(?:${handlers})[^\\w<>=]{0,32}=`, "i")],
  [8, "attribute named like a handler", /<[a-z!?][^<>]{0,300}?[\s/"'`;]on[a-z]{3,24}\s{0,8}=/i],
  [
    8,
    "handler behind a closed attribute",
    new RegExp(
      `["'\`](?:\\s{0,8}/?|[\\s/][\\w\\s/=-]{0,40}[\\s/]|(?:autofocus|tabindex)[\\w\\s=]{0,8}[\\s/])\\s{0,4}on(?:${handlers})\\s{0,8}=\\s{0,8}[^\\s{]`,
      "i",
    ),
  ],
  [7, "handler as the whole value", new RegExp(`^\\s{0,8}/?on(?:${handlers})\\s{0,8}=\\s{0,8}["'\`]?[\\w$.\\[(]{1,64}\\s{0,4}[(\`;]`, "i")],
  [
    7,
    "handler with a call",
    new RegExp(
      `[\\s/]on(?:${handlers})\\s{0,8}=\\s{0,8}["'\`]?(?:window\\.|top\\.|self\\.)?(?:alert|prompt|confirm|eval|fetch|import|open|write|atob|setTimeout|Function|document\\.\\w{1,16}|location\\.?\\w{0,8})\\s{0,4}[(=\`]`,
      "i",
    ),
  ],
  [
    9,
    "script address",
    /(?:^|[\s"'=(,`/>;:])(?:java|vb|live)script\s{0,4}:\s{0,4}(?:\/[/*]|[\w$.[\]%&(]{1,64}\s{0,4}[(=`:.]|["'`][/(]|%)/i,
  ],
  [8, "document of markup in an address", /\bdata\s{0,4}:\s{0,4}(?:text\/html|image\/svg\+xml|application\/x?html|text\/xml)\s{0,4}[;,]/i],
  [
    8,
    "frame or plug-in element",
    /<\s{0,2}(?:iframe|frameset?|applet|object|embed|portal|noembed|xss|marquee|isindex|bgsound|layer|ilayer)(?:[\s/>]|$)/i,
  ],
  [
    7,
    "scriptable element",
    /<\s{0,2}(?:svg|math|base|meta|link|form|animate|set|foreignobject|template|dialog|details|keygen|xml|bind\w{0,4})[\s/][^<>]{0,200}=\s{0,4}["'`]?[^"'`>]{0,100}(?:javascript|data:|http|\/\/|\()/i,
  ],
  [6, "scriptable element", /<\s{0,2}(?:svg|math|base|meta|animate|foreignobject)(?:[\s/>]|$)/i],
  [
    8,
    "call written to escape a filter",
    /\b(?:alert|prompt|confirm|eval|print)\s{0,4}(?:\.|\?\.)\s{0,4}(?:call|apply|bind|constructor)\s{0,4}[(`]/i,
  ],
  [
    8,
    "call behind a closed value",
    /(?:["'`)>;]|-->|\*\/|\\)\s{0,4}[;+\-*/,:|&?]{0,3}\s{0,4}(?:window\.|top\.|self\.|parent\.)?(?:alert|prompt|confirm)\s{0,4}[(`][^)`]{0,80}[)`]/i,
  ],
  [
    7,
    "dialogue call as the whole value",
    /^\W{0,6}(?:window\.|top\.|self\.|\(0,)?(?:alert|prompt|confirm|eval)\s{0,4}[(`][^()]{1,80}(?:[)`]\W{0,6})?$/i,
  ],
  [
    8,
    "dialogue call handed to another",
    /\]\s{0,2}\.\s{0,2}(?:find\w{0,5}|map|filter|some|every|forEach|sort|reduce)\s{0,2}\(\s{0,2}(?:alert|prompt|confirm|eval)\s{0,2}\)|(?:^|[\s;,(])\w{1,16}\s{0,2}=\s{0,2}(?:alert|prompt|confirm|eval)\s{0,2}[,;]\s{0,2}\w{1,16}\s{0,2}[(`]/i,
  ],
  [8, "bracketed dialogue call", /(?:^|[^\w$])\(\s{0,4}(?:alert|prompt|confirm)\s{0,4}\)\s{0,4}[(`]/i],
  [
    8,
    "global reached by text",
    /\b(?:window|self|top|parent|frames|globalThis|this)\s{0,4}\[\s{0,4}(?:["'`]|\/|\d)[^\]]{0,60}\]\s{0,4}[(`]/i,
  ],
  [7, "cookie or document taken", /\bdocument\s{0,3}(?:\.|\[)\s{0,3}["'`]?(?:cookie|domain|write(?:ln)?\s{0,3}\(|location\s{0,3}=)/i],
  [7, "text built from character codes", /\bString\s{0,3}\.\s{0,3}fromCharCode\s{0,3}\(/i],
  [8, "constructor of constructor", /constructor\s{0,3}(?:\.|\[["'`])\s{0,3}constructor\b/i],
  [
    7,
    "style that runs code",
    /(?:style\s{0,4}=|<style)[^<>]{0,200}(?:e\s?x\s?p\s?r\s?e\s?s\s?s\s?i\s?o\s?n\s{0,4}\(|javascript:|-moz-binding|behaviou?r\s{0,4}:)/i,
  ],
  [7, "style sheet of others", /<style[^<>]{0,80}>[^<]{0,200}(?:@\\?im\\?port\b|-moz-binding\s{0,4}:)/i],
  [7, "script address of old browsers", /\b(?:src|href|background)\s{0,4}=\s{0,4}["'`]?\s{0,4}(?:mocha|livescript)\s{0,4}:/i],
  [7, "data source of old browsers", /<[a-z][^<>]{0,200}\bdatasrc\s{0,4}=|<\?import\b/i],
  [7, "srcdoc or form action", /[\s/"'`](?:srcdoc|formaction|xlink:href)\s{0,4}=\s{0,4}["'`]?\s{0,4}(?:<|&lt|javascript|data:|\/\/)/i],
  [
    7,
    "element closed and opened anew",
    /["'`]\s{0,4}\/?>\s{0,8}(?:<\/?(?:textarea|title|style|script|noscript|template|select|img|input|svg|body|iframe|a\b)|--!?>)/i,
  ],
  [7, "closed comment or CDATA", /^\W{0,4}(?:--!?>|\]\]>)\s{0,4}</],
  [
    6,
    "server template of AngularJS",
    /\b(?:ng|v|x|data-ng|v-bind|v-on)[-:](?:init|app|include|bind-html|html|on|bind|click|focus|mouse\w{2,5}|effect)\b[^=]{0,24}=/i,
  ],
  [8, "element in US-ASCII with the eighth bit set", /¼\s?\/?[a-z][^¾\n]{0,80}¾/i],
  [6, "element at the end, unclosed", /["'`>]\s{0,4}<[a-z]{1,16}(?:[\s/][^<>]{0,200})?$/i],
];

const possible = /[<>="'`(¼]|:|&lt/;

/** White space and control characters inside `javascript:` are read over by browsers; nobody writes them there for another reason. */
const brokenScript = /(?:j\s{0,8}a\s{0,8}v\s{0,8}a|v\s{0,8}b)\s{0,8}s\s{0,8}c\s{0,8}r\s{0,8}i\s{0,8}p\s{0,8}t\s{0,8}:/i;

/** How much one reading looks like markup or script that wants to run in a browser. */
export function readMarkup(text: string): Suspicion {
  if (text.length < 4 || !possible.test(text)) return nothing;
  const best = heaviest(signs, text);
  const broken = brokenScript.exec(text)?.[0];
  return broken !== undefined &&
    (/\s/.test(broken.slice(0, -1)) || text.startsWith(broken)) &&
    !/script\s*:\s*$/i.test(broken.replace(/[^\s]/g, ""))
    ? worse(best, { score: /\s/.test(broken.slice(0, -1)) ? 9 : /^\W{0,4}(?:java|vb)script:\S/i.test(text) ? 8 : 3, why: "script address" })
    : best;
}
