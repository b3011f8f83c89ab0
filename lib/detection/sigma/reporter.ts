/** What the parts of the parser share: where they report to, and what a YAML map is. */
import type { Path } from "./yaml-document";

/** What a part of the parser reports to; `path` is where in the document. */
export interface Reporter {
  error(path: Path, detail: string, offset?: number): void;
  warn(path: Path, detail: string): void;
}

export type YamlMap = Record<string, unknown>;
export const isMap = (value: unknown): value is YamlMap => typeof value === "object" && value !== null && !Array.isArray(value);
