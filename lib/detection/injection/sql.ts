/** SQL injection: dangerous shapes (see sql-tokens.ts) and a few names that only databases use. */
import { heaviest, nothing, type Sign, type Suspicion, worse } from "./finding";
import { sqlShapes } from "./sql-tokens";

/** Shapes; `^s` and `^n`: the value leaves a string or a number. Read left to right: what the database would do next. */
const shapes: readonly Sign[] = [
  [9, "union select", /U\(*[AN]?\(*S/],
  [9, "condition added behind a closed string", /^s\)*O[N(]*[nsvfgw]\)*[oOa]+[N(]*[nsvfgw]/],
  [8, "condition added behind a closed string", /^s\)*O[N(]*(?:[nsvf]\)*|w)(?:c|$|;|L)/],
  [8, "condition added behind a closed string", /^s\)*O[N(]*[wtg](?:\([^()]{0,8}\))?o[N(]*[sn]/],
  [8, "condition added behind a number", /^a?n\)*O[N(]*[nsvfgw](?:\(.{0,8})?\)*o[N(]*[nsvfg](?:\(|\)*(?:$|[c;OLGa]))/],
  [9, "subquery behind a closed value", /^a?[sn]\)*[OaoN,]*\(*\(S/],
  [9, "condition added behind a closed value", /^a?[sn]\)*(?:ww)?W[N(]*[ns]o[ns]/],
  [8, "function behind a closed value", /^a?[sn]\)*;w?f\(/],
  [8, "text search closed", /^a?[sn]oww\)/],
  [8, "text built from character codes", /^a?[sn]\)*O[N(]*f\(n\)[Oa]f\(n\)/],
  [7, "function of a constant condition", /(?:^|[O,(])f\(non,|^\(CEnon/],
  [9, "statement behind a closed value", /^a?[snw]\)*;[K]/],
  [9, "query behind a closed value", /^a?[sn]\)*;S[AnsvfgwaL*(]/],
  [8, "comment behind a closed string", /^s\)*;?c$/],
  [7, "constant condition", /^.{0,5}O[N(]*(?:non|sos)\)*(?:$|[c;]|O[N(]*[ns]o)/],
  [8, "order or group behind a closed value", /^a?[sn]\)*GB[nf(]/],
  [8, "order or group behind a closed value", /^a?[sn]\)*GBw(?:,w)*(?:H|c)/],
  [7, "order or having with the rest cut off", /^(?:GBn(?:,n)*|H[N(]*(?:non|sos)|O[N(]*wow)\)*c/],
  [8, "having behind a closed value", /^a?[sn]\)*H[fnsw(]/],
  [8, "limit into, or procedure", /^a?[sn]\)*Ln,?n?(?:I|t)/],
  [7, "subquery", /\(S[AL]*\(*(?:[nsvafg].*|w(?:,[nsvafgw]).*|w)F/],
  [7, "subquery", /\(S[AL]*\(*[nsvfa]\(?/],
  [7, "query of functions", /^S[AL]*\(*f\(/],
  [4, "whole query", /^\(*S[AL]*\(*(?:a|[wnsvfg](?:\([^F]*\))?,).*F\(*[ws]/],
  [4, "whole query", /^\(*S[AL]*w+Fw(?:W|J|GB|L)/],
  [8, "concatenated call", /^s\)*[aO]+\(*f\(/],
  [7, "case expression behind a closed value", /^a?[sn].{0,6}C[nsvfgwoaE(]{0,6}E/],
  [7, "two strings compared", /^sos$/],
  [8, "assignment to a variable in a value", /^.{0,3}[)n;]*KvK?w|Kvw\(n\);/],
  [6, "strings compared", /^s\)*o[N(]*s(?:c|$)/],
];

const signs: readonly Sign[] = [
  [
    9,
    "database catalogue",
    /\b(?:from|join)\s{1,4}[`"[]?(?:information_schema|pg_catalog|sysobjects|sys\.(?:tables|objects|databases)|mysql\.user|sqlite_master|all_tables|dual\b)/i,
  ],
  [7, "database catalogue", /\binformation_schema\s{0,3}[.`]/i],
  [
    9,
    "system procedure",
    /\b(?:xp_cmdshell|xp_dirtree|xp_regread|sp_executesql|sp_oacreate|sp_makewebtask|utl_http\.request|dbms_(?:pipe|lock|ldap|xmlgen|scheduler)\.)/i,
  ],
  [8, "stored procedure called", /\bexec(?:ute)?\s{1,4}(?:master\b|xp_|sp_|immediate\b|\(\s{0,4}@)/i],
  [7, "stored procedure called", /\bexec(?:ute)?\s{1,4}(?:master\.|\(@)/i],
  [9, "time delay", /\bwaitfor\s{1,4}(?:delay|time)\s{1,4}['"]/i],
  [8, "time delay", /\b(?:pg_sleep|benchmark|dbms_pipe\.receive_message)\s{0,4}\(|\bsleep\s{0,3}\(\s{0,3}\d{1,4}(?:\s|\*|\))/i],
  [
    8,
    "file written or read by the database",
    /\binto\s{1,4}(?:outfile|dumpfile)\s{0,4}['"@]|\bload_file\s{0,3}\(|\blo_(?:import|export|get)\s{0,3}\(|\bpg_(?:read_file|ls_dir)\s{0,3}\(/i,
  ],
  [8, "error-based call", /\b(?:extractvalue|updatexml|gtid_subset)\s{0,3}\(/i],
  [8, "procedure analyse", /\bprocedure\s{1,4}analyse\s{0,4}\(/i],
  [7, "variable declared", /\bdeclare\s{0,4}@\w{1,32}/i],
  [
    7,
    "schema change",
    /\b(?:drop|alter|truncate|create)\s{1,4}(?:table|database|schema|index|procedure|trigger)\s{1,4}(?:if\s{1,4}exists\s{1,4})?[`"'[]\w/i,
  ],
  [
    7,
    "schema change",
    /(?:["')\d]\s{0,4};|^)\s{0,4}(?:drop|truncate)\s{1,4}(?:table|database|schema)\s{1,4}[\w.]{1,64}\s{0,4}(?:;|--|#)|["')\d]\s{0,4};\s{0,4}(?:drop|truncate)\s{1,4}(?:table|database|schema)\s{1,4}\w/i,
  ],
  [
    7,
    "type cast",
    /^[^\s:]{1,64}::(?:int|bool|text|bigint|numeric|float|char|varchar|date|regclass|double precision)\w{0,3}(?:--)?\s{0,4}$|\)\s{0,3}::(?:int|bool|text|bigint|numeric)/i,
  ],
  [7, "number glued to a name", /(?:^|[\s(,=+])\d{1,6}\.?e(?:\(|\.[a-z_]{2,32}\s{0,4}(?:$|[\s,)(]))/i],
  [6, "integer division call", /\bdiv\s{0,3}\(\s{0,4}[\d.]{1,16}\s{0,4},/i],
  [6, "columns filled with null", /(?:,\s{0,3}null){2}/i],
  [6, "concatenated call", /^\s{0,4}(?:\|\||\+)\s{0,3}(?:chr|char|ascii|substr)\s{0,3}\(/i],
  [
    6,
    "bare database call",
    /^\W{0,3}(?:select\s{0,4}\(?\s{0,4})?(?:current_user|session_user|system_user|database|user|version|schema|substr|substring|group_concat|ascii|unhex|hex|md5|distinct|upper|unistr|selectchar)\s{0,3}\(\s{0,4}\)?\s{0,4}$/i,
  ],
  [
    7,
    "database asked about itself",
    /^\W{0,3}select\s{1,4}(?:\*\s{1,4}from\s{1,4}(?:pg_|sys\w{0,2}[._]?|mysql\.|master\.|all_|dba_|user_)\w|(?:current_\w{3,16}|session_user|system_user|user|@@\w{3,32})\b\s{0,3}(?:\(|;|--|#|$))/i,
  ],
  [
    8,
    "statement of an administrator",
    /\b(?:create|alter)\s{1,4}(?:user|login)\s{1,4}\S{1,64}\s{1,4}(?:identified\s{1,4}by|with\s{1,4}password)\b|\binsert\s{1,4}into\s{1,4}mysql\.|\bload\s{1,4}data\s{1,4}(?:local\s{1,4})?infile\b|\bbulk\s{1,4}insert\s{1,4}\w{1,64}\s{1,4}from\b|\bcopy\s{1,4}[\w.]{1,64}\s{1,4}(?:from|to)\s{1,4}(?:'|program\b|\/)|\bbackup\s{1,4}(?:database|log)\s{1,4}\w{1,64}\s{1,4}to\s{1,4}disk/i,
  ],
  [7, "union select without its space", /\bunion\s{1,4}(?:all|distinct)\s{1,4}select\w{0,16}\(/i],
  [7, "blob of hundreds of megabytes", /\brandomblob\s{0,3}\(\s{0,3}\d{6,12}/i],
  [7, "server variable", /@@(?:version|hostname|datadir|basedir|global\.|servername|language|spid)/i],
  [6, "quote, select", /^\s{0,4}['"]\s{0,4};?\s{0,4}(?:select|union|insert|delete|drop|update)\s{1,4}\w[^'"]*$/i],
  [7, "double select written to survive a filter", /\bselectect|\bununion|\bunion\s{1,4}(?:all\s{1,4})?selselect/i],
  [6, "quoted operator", /^\s{0,4}(["'])[-&^*+/|]\1\s{0,4}$/],
  [6, "quoted exclamation", /^\s{0,4}(["'`])!(?:\1|`)\s{0,4}$/],
  [7, "select of numbers", /\bselect\W{1,6}(?:\d{1,8}\s{0,3},\s{0,3}){2}/i],
  [7, "version comment", /\/\*!\d{0,6}\s{0,4}(?:union|select|and|or|from|sleep|if)\b/i],
];

/** Anything that could be SQL at all; most texts stop here. */
const possible =
  /['"`;@#(]|--|\/\*|\|\||&&|::|\b(?:select|union|exec|execute|declare|waitfor|information_schema|drop|alter|into|null|insert|copy|backup|load|procedure|and|or|xor|having|order)\b|\d\.?e\./i;

/** How much one reading looks like SQL that wants to be run. */
export function readSql(text: string): Suspicion {
  if (text.length < 3 || !possible.test(text)) return nothing;
  let best = heaviest(signs, text);
  for (const { shape } of sqlShapes(text)) best = worse(best, heaviest(shapes, shape));
  return best;
}
