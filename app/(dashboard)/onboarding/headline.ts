import { formatOpening } from "@/lib/model/format";

/** How far the first run has come. */
export interface Progress {
  hasKey: boolean;
  first: boolean;
  refused: number;
  toMend: number;
  attacked: boolean;
  alone: boolean;
}

/** The page's answer and the line under it. */
export function sayProgress({ hasKey, first, refused, toMend }: Progress): { title: string; proof: string } {
  if (!hasKey && !first)
    return {
      title: "Send your first event.",
      proof: "Name the service that will send, paste a snippet, and see here what arrives. About five minutes.",
    };
  if (!first && refused > 0)
    return {
      title: "Something arrived and was refused.",
      proof: "The reason stands beside each request. Nothing is lost: mend it and send again.",
    };
  if (!first)
    return {
      title: "Waiting for your first event.",
      proof: "This page notices it whichever way it comes: a snippet, a log shipper, or curl.",
    };
  if (toMend === 0)
    return {
      title: "Your first event is here, and good enough to watch.",
      proof: "You can leave and come back. Try an attack to see the whole way once.",
    };
  const things = toMend === 1 ? "thing" : "things";
  return {
    title: `Your first event is here. ${formatOpening(toMend)} ${things} to mend before you rely on it.`,
    proof: "You can leave and come back: the checks go on with each new event.",
  };
}
