/** Regular expressions of rules, on an engine whose time is linear in the text: an expression can be useless, but never a denial of service. */
import { RE2JS } from "re2js";

/** Longest source that is read: the longest published Sigma expression has about 1,500 characters. */
const SOURCE_LIMIT = 4_096;
/** Largest compiled program, in instructions: `(a{1000}){1000}` must not cost a gigabyte. */
const PROGRAM_LIMIT = 20_000;

/** A compiled expression: is it in the text, and where. */
export interface LinearRegex {
  test(text: string): boolean;
  find(text: string): { start: number; end: number } | undefined;
}

/** Compiles `source` with Sigma's flags `i`, `m`, `s`. Throws an Error with a text for the author of the rule. */
export function compileRegex(source: string, flags = ""): LinearRegex {
  if (source.length > SOURCE_LIMIT) throw new Error(`The expression is longer than ${SOURCE_LIMIT} characters.`);
  const bits =
    (flags.includes("i") ? RE2JS.CASE_INSENSITIVE : 0) |
    (flags.includes("m") ? RE2JS.MULTILINE : 0) |
    (flags.includes("s") ? RE2JS.DOTALL : 0);
  let program: RE2JS;
  try {
    program = RE2JS.compile(source, bits);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`The expression cannot be read: ${reason}. Look-around and back-references are not possible in linear time.`, {
      cause: error,
    });
  }
  if (program.programSize() > PROGRAM_LIMIT) throw new Error(`The expression compiles to more than ${PROGRAM_LIMIT} steps.`);
  return {
    test: (text) => program.test(text),
    find(text) {
      const matcher = program.matcher(text);
      return matcher.find() ? { start: matcher.start(), end: matcher.end() } : undefined;
    },
  };
}
