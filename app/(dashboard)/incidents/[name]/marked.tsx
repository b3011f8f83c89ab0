import { Fragment, type ReactNode } from "react";

const TOKEN = /(\*\*[^*\n]+\*\*|`[^`\n]+`|https?:\/\/[^\s<>"')]+|@[\p{L}\p{N}._-]+)/u;

function piece(text: string, key: number): ReactNode {
  if (text.startsWith("**")) return <b key={key}>{text.slice(2, -2)}</b>;
  if (text.startsWith("`")) return <code key={key}>{text.slice(1, -1)}</code>;
  if (text.startsWith("@"))
    return (
      <b key={key} className="strong">
        {text}
      </b>
    );
  if (/^https?:\/\//.test(text))
    return (
      <a key={key} href={text} className="link" rel="noreferrer noopener nofollow" target="_blank">
        {text}
      </a>
    );
  return <Fragment key={key}>{text}</Fragment>;
}

/** The little of Markdown that notes need: bold, code, links, names, lists and paragraphs. Everything else stays text. */
export function Marked({ text }: { text: string }) {
  return text.split(/\n{2,}/).map((part, index) => {
    const lines = part.split("\n");
    const inline = (line: string) => line.split(TOKEN).map(piece);
    if (lines.every((line) => /^\s*[-*] /.test(line)))
      return (
        <ul key={index} style={{ listStyle: "disc", paddingLeft: 18 }}>
          {lines.map((line, at) => (
            <li key={at}>{inline(line.replace(/^\s*[-*] /, ""))}</li>
          ))}
        </ul>
      );
    return (
      <p key={index}>
        {lines.map((line, at) => (
          <Fragment key={at}>
            {at > 0 && <br />}
            {inline(line)}
          </Fragment>
        ))}
      </p>
    );
  });
}
