import { LinkButton } from "./button";

/** The ways to the other pages of a list that goes on: back to its first lines, on to the next. Nothing when there is one page only. */
export function PageLinks({ first, next, size }: { first: string | undefined; next: string | undefined; size: number }) {
  if (!first && !next) return null;
  return (
    <nav className="row" aria-label="Pages of the list">
      {first && <LinkButton href={first}>First {size}</LinkButton>}
      {next && <LinkButton href={next}>Next {size}</LinkButton>}
    </nav>
  );
}
