/**
 * Reads text as SQL and gives its shape: one letter per token. A database reads a value in one of three ways: as it stands, or from inside a quoted string that the
 * value closes by its first quote. What no database would accept has no dangerous shape; that is what tells prose from an attack.
 *
 * Letters: U union · S select · F from · W where · O and/or/xor/&&/|| · o comparison · a arithmetic · A all/distinct · K other statements · t table, database … ·
 * I into · G group/order · B by · H having · L limit/offset · C case · E when/then/else/end · J join · N not · n number or null/true/false · s string · v @variable · f known function
 * call · g other call · w word · c comment · x anything else · and themselves: ( ) , ; .
 */

const words: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({
    U: "union intersect except minus",
    S: "select",
    F: "from",
    W: "where",
    O: "and or xor",
    o: "like rlike regexp glob between in is similar ilike div mod",
    A: "all distinct distinctrow",
    K: "insert update delete drop alter create truncate grant revoke exec execute declare waitfor shutdown call merge rename handler",
    t: "table database user index procedure view function schema trigger column columns tables login role",
    I: "into values set outfile dumpfile",
    G: "group order",
    B: "by",
    H: "having",
    L: "limit offset top fetch",
    C: "case",
    E: "when then else end",
    J: "join on using",
    N: "not",
    n: "null true false",
  }).flatMap(([letter, list]) => list.split(" ").map((word) => [word, letter])),
);

/** Functions that attacks call and prose hardly ever writes with a bracket. */
const functions = new Set(
  (
    "sleep benchmark pg_sleep waitfor extractvalue updatexml load_file group_concat concat concat_ws char chr ascii ord substr substring mid hex unhex md5 sha1 version " +
    "database schema user current_user session_user system_user user_name db_name host_name cast convert if iif ifnull nullif isnull coalesce count row_count sum floor rand exp " +
    "elt make_set find_in_set instr length char_length bin lpad rpad left right reverse json_keys json_extract name_const gtid_subset polygon multipoint " +
    "xmltype dbms_pipe.receive_message dbms_lock.sleep utl_http.request utl_inaddr.get_host_address ctxsys.drithsx.sn randomblob sqlite_version load_extension " +
    "lo_import lo_export lo_get pg_read_file pg_ls_dir query_to_xml string_agg array_agg unistr to_char to_number translate upper lower quote field soundex regexp_substring regexp_like generate_series crypt_key iif"
  ).split(" "),
);

const isSpace = (code: number): boolean => code <= 32 || code === 160;
const isWordStart = (code: number): boolean => (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || code > 160;
const isDigit = (code: number): boolean => code >= 48 && code <= 57;

/** The shape of a text, and the words that stand in it (lower case), in order. */
export interface SqlShape {
  shape: string;
  calls: readonly string[];
}

/** Longest shape that is built: what decides stands in the beginning, and around the break. */
const SHAPE_LONGEST = 64;

/** Where a string that began before `from` ends: just behind its closing quote (doubled and escaped quotes do not close), or the end of the text. */
function behindString(text: string, from: number, quote: string): number {
  for (let i = from; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === quote) {
      if (text[i + 1] !== quote) return i + 1;
      i++;
    }
  }
  return text.length;
}

class Reader {
  shape = "";
  readonly calls: string[] = [];
  #at: number;

  constructor(
    readonly text: string,
    from: number,
    opening: string,
  ) {
    this.#at = from;
    this.shape = opening;
    while (this.#at < text.length && this.shape.length < SHAPE_LONGEST) this.#token(text.charCodeAt(this.#at));
  }

  #token(code: number): void {
    if (isSpace(code)) this.#at++;
    else if (code === 39 || code === 34 || code === 96) this.#string();
    else if (isDigit(code) || (code === 46 && isDigit(this.text.charCodeAt(this.#at + 1)))) this.#number();
    else if (isWordStart(code)) this.#word();
    else this.#sign(this.text[this.#at] ?? "");
  }

  #put(letter: string, length: number): void {
    this.shape += letter;
    this.#at += length;
  }

  #string(): void {
    this.shape += "s";
    this.#at = behindString(this.text, this.#at + 1, this.text[this.#at] ?? "'");
  }

  #number(): void {
    const found =
      /^(?:0[xX][0-9a-fA-F]+|0[bB][01]+|\d*\.?\d+(?:[eE][+-]?\d+)?\.?[eE]?)/.exec(this.text.slice(this.#at, this.#at + 64))?.[0] ?? "0";
    const next = this.text.charCodeAt(this.#at + found.length);
    // 1st, 5kg: a word that begins with digits
    if (isWordStart(next) && !/[eE]$/.test(found)) {
      const rest = /^\w{0,64}/.exec(this.text.slice(this.#at + found.length))?.[0] ?? "";
      if (words[rest.toLowerCase()] === undefined) return this.#put("w", found.length + rest.length);
    }
    this.#put("n", found.length);
  }

  #word(): void {
    let end = this.#at + 1;
    while (end < this.text.length && end - this.#at < 128 && /[\w.$\u00a1-\uffff]/.test(this.text[end] ?? "")) end++;
    const word = this.text.slice(this.#at, end).toLowerCase();
    let next = end;
    while (isSpace(this.text.charCodeAt(next)) && next - end < 4) next++;
    const called = this.text[next] === "(";
    const letter = words[word];
    if (called && functions.has(word) && letter === undefined) {
      this.calls.push(word);
      this.#put("f", end - this.#at);
    } else if (letter !== undefined) this.#put(letter, end - this.#at);
    else {
      if (called) this.calls.push(word);
      this.#put(called ? "g" : "w", end - this.#at);
    }
  }

  #sign(sign: string): void {
    const pair = this.text.slice(this.#at, this.#at + 2);
    if (pair === "--" || pair === "/*") return this.#comment(pair);
    if (sign === "#") return this.#put("c", this.text.length);
    if (pair === "&&" || pair === "||") return this.#put("O", 2);
    if (/^(?:<=|>=|<>|!=|==|:=|=>)/.test(pair)) return this.#put("o", 2);
    if ("=<>!".includes(sign)) return this.#put("o", 1);
    if ("+-*/%^~|&".includes(sign)) return this.#put("a", 1);
    if (sign === "@") {
      const name = /^@{1,2}[\w.:]{0,64}/.exec(this.text.slice(this.#at, this.#at + 68))?.[0].length ?? 1;
      return this.#put("v", name);
    }
    this.#put("(),;".includes(sign) ? sign : sign === "{" || sign === "}" || sign === "[" || sign === "]" ? "" : "x", 1);
  }

  #comment(opening: string): void {
    if (opening === "/*") {
      const end = this.text.indexOf("*/", this.#at + 2);
      return this.#put(end < 0 ? "c" : "", end < 0 ? this.text.length : end + 2 - this.#at);
    }
    const line = this.text.indexOf("\n", this.#at);
    this.#put("c", (line < 0 ? this.text.length : line) - this.#at);
  }
}

/** The shapes of `text`: as it stands, and as it reads from behind its first single and first double quote (those begin with `s`). */
export function sqlShapes(text: string): SqlShape[] {
  const shapes: SqlShape[] = [new Reader(text, 0, "")];
  for (const quote of ["'", '"']) {
    const at = text.indexOf(quote);
    if (at >= 0 && at < 512) shapes.push(new Reader(text, at + 1, "s"));
  }
  return shapes;
}
