/** Code injection (PHP, JavaScript, Java, Python …), template injection, NoSQL and LDAP injection. */
import { heaviest, nothing, type Sign, type Suspicion } from "./finding";

/** Functions of PHP that attacks call and prose never writes with a bracket. */
const phpClear =
  "phpinfo|shell_exec|proc_open|popen|passthru|pcntl_exec|create_function|call_user_func(?:_array)?|func_get_args|base64_(?:de|en)code|gzinflate|gzuncompress|gzdecode|str_rot13|" +
  "convert_uu(?:de|en)code|file_(?:get|put)_contents|fopen|fread|fwrite|fsockopen|readfile|highlight_file|show_source|move_uploaded_file|array_(?:map|filter|walk)|usort|preg_replace|" +
  "unserialize|strip_tags|addslashes|htmlspecialchars|intval|strval|chr|hex2bin|bin2hex|var_dump|print_r|ini_set|set_time_limit|assert(?:_options)?|eval|exec|system|" +
  "unpack|pack|substr|strrev|strtolower|array_diff|filegroup|fileowner|fileperms|tempnam|parse_ini_file|simplexml_load_file|curl_exec|error_log|putenv|getenv|posix_\\w{3,16}|scandir|glob|" +
  "opendir|dl|phpversion|php_uname|mb_ereg_replace|is_callable|ob_start|register_shutdown_function|printf|sprintf|vprintf|die|include(?:_once)?|require_once";

/** What may stand between a function's name and its bracket: comments hide it. */
const gap = "(?:\\s{0,8}(?:/\\*[^*]{0,64}\\*/|//[^\\n]{0,64}\\n|#[^\\n]{0,64}\\n)?){0,2}\\s{0,8}";

const sign = (score: number, why: string, source: string): Sign => [score, why, new RegExp(source, "i")];

const codeSigns: readonly Sign[] = [
  sign(9, "PHP tag", "<\\?(?:php\\b|=|\\s{0,2}(?:system|eval|echo|exec))"),
  sign(
    8,
    "function call as the whole value",
    `^\\s{0,4}(?:(?:yt|code|cmd|eval)\\s{0,2}=)?(?:return\\s{0,4})?[@;&+"']{0,3}\\s{0,2}(?:${phpClear})${gap}\\([^\\n]{1,400}`,
  ),
  sign(
    8,
    "function call as the whole value",
    "^\\s{0,4}(?:return\\s{0,4})?\\(?\\s{0,2}[\"'](?:system|exec|passthru|shell_exec|eval|assert|phpinfo|popen)\\s{0,4}[\"']\\s{0,2}\\)?\\s{0,2}\\(",
  ),
  sign(8, "function call as the whole value", "^\\s{0,4}\\((?:system|exec|passthru|shell_exec|phpinfo|eval|assert)\\)\\s{0,2}\\("),
  sign(7, "function call as the whole value", "^\\s{0,4}file(?:size|_exists|mtime)?\\s{0,16}\\(\\s{0,4}\\)\\s{0,4}$"),
  sign(
    9,
    "function call hidden in a call",
    `\\b(?:eval|assert|system|exec|passthru|shell_exec|create_function|call_user_func(?:_array)?|array_map)${gap}\\(\\s{0,4}(?:base64_decode|gzinflate|gzuncompress|str_rot13|\\$_(?:get|post|request|cookie|server)|chr|hex2bin|["']?(?:system|exec|passthru|phpinfo)|atob|unescape|String\\.)`,
  ),
  sign(8, "request variable of PHP", "\\$_(?:get|post|request|cookie|server|files|session|env|globals)\\s{0,2}[[{]|\\$GLOBALS\\s{0,2}\\["),
  sign(
    8,
    "dangerous call",
    "\\b(?:phpinfo|shell_exec|proc_open|passthru|pcntl_exec|call_user_func_array|gzinflate|str_rot13|file_put_contents)\\s{0,2}\\([^)]{0,200}\\)\\s{0,2};",
  ),
  sign(
    9,
    "Java run-time call",
    "\\bjava\\.lang\\.(?:runtime|processbuilder|class|system)|getruntime\\s{0,2}\\(\\s{0,2}\\)\\s{0,2}\\.\\s{0,2}exec|\\bnew\\s{1,4}(?:java\\.lang\\.)?processbuilder|javax\\.script\\.scriptengine|\\bclass\\.module\\.classloader|#_memberaccess|@ognl\\.|org\\.apache\\.commons\\.(?:io|collections)|com\\.opensymphony",
  ),
  sign(
    8,
    "Groovy or Ruby run",
    "[\"'][^\"']{1,80}[\"']\\s{0,2}\\.\\s{0,2}execute\\s{0,2}\\(|\\b(?:Kernel|IO)\\.(?:system|exec|popen)\\b|\\bProcess\\.(?:spawn|clock_gettime)",
  ),
  sign(8, "class of Java or Groovy as a value", "^\\W{0,4}(?:public\\s{1,4}class\\s{1,4}\\w{1,32}\\s{0,4}\\{|@GrabConfig|@ASTTest)"),
  sign(
    9,
    "Node run-time",
    "\\brequire\\s{0,2}\\(\\s{0,2}[\"'`](?:node:)?(?:child_process|fs|vm|net|os)[\"'`]|\\bprocess\\s{0,2}\\.\\s{0,2}(?:mainModule|binding|env\\b|dlopen|exit\\s{0,2}\\()|\\bchild_process\\b|_\\$\\$ND_FUNC\\$\\$_|\\bglobal\\.process\\b",
  ),
  sign(
    8,
    "function built from text",
    "\\bnew\\s{1,4}Function\\s{0,2}\\(|\\bFunction\\s{0,2}\\(\\s{0,2}[\"'`]|\\b(?:setTimeout|setInterval)\\s{0,2}\\(\\s{0,2}[\"'`]",
  ),
  sign(
    9,
    "Python run-time",
    "\\b__(?:import__|builtins__|globals__|subclasses__|mro__|class__|init__|getattribute__)\\b|\\bos\\.(?:system|popen|exec[lv]p?e?)\\s{0,2}\\(|\\bsubprocess\\.(?:popen|run|call|check_output|getoutput)\\s{0,2}\\(|\\b(?:pickle|marshal)\\.loads\\s{0,2}\\(",
  ),
  sign(
    7,
    "endless loop as the whole value",
    "^\\W{0,4}(?:\\d{0,6};\\s{0,4})?(?:while|for)\\s{0,4}\\((?:\\s{0,2}\\(){0,3}\\s{0,2}(?:!\\s{0,2}[-+]?\\s{0,2}(?:false|0|''|\"\"|``|null|undefined|nan)|!![^)]{0,8}|[-+]?(?:true|infinity|[1-9]\\d{0,3})|new\\b|this\\b|string\\b|;;)",
  ),
  sign(
    7,
    "statement behind a closed value",
    "^\\W{0,3}[\\w]{0,16}[\"'`]?\\)?\\s{0,2};\\s{0,4}(?:(?:var|let|const)\\s{1,4}\\w{1,32}\\s{0,4}=|\\w{1,16}\\s{0,4}=\\s{0,4}new\\s{1,4}\\w|do\\s{0,4}\\{|while\\s{0,4}\\(|return\\s{0,4}(?:\\(|true|false|1|this|[\"'][^\"']{0,32}[\"']\\s{0,4}={2,3})|function\\s{0,4}\\(|throw\\s|this\\.)",
  ),
  sign(
    8,
    "statement behind a closed string",
    "^[^\"'`\\s]{0,32}[\"'`]\\s{0,2}\\)?\\s{0,2}[;+&|]{1,2}\\s{0,4}(?:sleep\\s{0,2}\\(|return\\s{0,2}(?:true|1)|this\\.\\w|function\\s{0,2}\\(|require\\s{0,2}\\(|process\\.)",
  ),
  sign(8, "prototype reached", "\\b__proto__\\b(?!@)|\\bconstructor\\s{0,2}(?:\\.|\\[|\\]\\[)\\s{0,2}[\"'`]?\\s{0,2}prototype\\b"),
];

const templateSigns: readonly Sign[] = [
  sign(
    9,
    "object walk in a template",
    "(?:\\{\\{|\\{%|\\$\\{|#\\{|<%|\\*\\{|@\\{)[^{}]{0,200}(?:__\\w{3,20}__|\\bconfig\\.(?:\\w{0,8}items|from_)|\\.class\\.base\\b|\\bsubclasses\\s{0,2}\\(|\\.constructor\\b|\\bself\\._|\\blipsum\\b|\\bcycler\\b|\\|\\s{0,2}attr\\s{0,2}\\(|getClass\\b|\\bT\\s{0,2}\\(\\s{0,2}java)",
  ),
  sign(
    8,
    "sum in a template",
    "(?:\\{\\{|\\$\\{|#\\{|<%=?|\\{%|\\*\\{|@\\(|~\\{|%\\{|\\[\\[)\\s{0,4}[\"'(]{0,2}\\d{1,10}[\"')]{0,2}\\s{0,4}[*+/-]\\s{0,4}[\"'(]{0,2}\\d{1,10}",
  ),
  sign(
    8,
    "call in a template",
    "(?:\\$\\{|#\\{|<%=?|%\\{|\\*\\{)\\s{0,4}[#@(]{0,4}[^{}]{0,120}?(?:exec|system|runtime|popen|eval|getRuntime|phpinfo|passthru|shell_exec|assert|print_r|print|include|request|process|forName|out\\.print(?:ln)?|sleep|file|open|spawn)\\s{0,2}[(\"'.`]",
  ),
  sign(
    7,
    "call in a template",
    "(?:\\{\\{|\\{%)[^{}]{0,160}(?:\\b(?:system|exec|popen|eval|require|import|url_for|get_flashed_messages|range|dump|include|source|constant|_self|request\\.application|app\\.request)\\b\\s{0,2}[(.\\[]|\\|\\s{0,2}(?:map|filter|sort|reduce)\\s{0,2}\\(\\s{0,2}['\"](?:system|exec|passthru))",
  ),
  sign(
    9,
    "Freemarker or Velocity",
    '<#(?:assign|include|import|list|global|local|setting)\\b|freemarker\\.template|\\?\\s{0,2}new\\s{0,2}\\(\\s{0,2}\\)|#(?:set|foreach|include|evaluate)\\s{0,2}\\(\\s{0,2}[\\$"\']|\\$class\\.inspect|\\$\\{\\s{0,4}"[^"]{0,80}"\\s{0,2}\\?',
  ),
  sign(
    9,
    "expression language",
    "\\$\\{\\s{0,4}[#(@]|%\\{\\s{0,4}[#(]|#\\{\\s{0,4}T\\(|\\$\\{\\s{0,4}(?:T\\s{0,2}\\(|applicationScope|sessionScope|pageContext|param\\.|header\\.|script:|dns:|url:|env:|sys:|date:|java:|const:|jndi:|lower:|upper:|main:|ctx:|bundle:|k8s:)",
  ),
  sign(
    7,
    "server tag",
    "<%(?:\\s{0,4}@?\\s{0,2}(?:page|include|import|eval|system|out\\.|response\\.|request\\.|execute)|\\s{0,4}=?\\s{0,4}\\w{1,24}\\s{0,2}\\()",
  ),
  sign(8, "Smarty", "\\{\\$smarty\\b|\\{/?php\\}|\\{literal\\}"),
  sign(6, "settings asked of a template", "^\\W{0,3}\\{\\{\\s{0,4}(?:config|self|_self|settings\\.\\w{1,32})\\s{0,4}\\}\\}"),
  sign(8, "server-side include", "<!--\\s{0,4}#\\s{0,4}(?:exec|include|echo|config|set|printenv|flastmod|fsize|if)\\b"),
  sign(8, "edge-side include", "<esi:(?:include|inline|vars|debug|remove|comment)\\b"),
  sign(7, "template of a string", "^\\W{0,3}\\{\\{[^{}]{0,80}['\"][^{}]{0,80}['\"]\\s{0,4}[*|.]"),
  sign(8, "format string walk", "\\{\\w{0,16}(?:\\.|\\[)__(?:class|init|globals)__"),
];

const nosqlSigns: readonly Sign[] = [
  sign(9, "operator that runs code", "(?:^|[[\"'{,\\s.])\\$(?:where|function|accumulator|func)\\b\\s{0,4}(?:[\"'\\]:=]|$)"),
  sign(
    8,
    "database called",
    "\\bdb\\s{0,2}\\.\\s{0,2}\\w{1,48}\\s{0,2}\\.\\s{0,2}(?:insert|find|drop|remove|update|save|aggregate|mapreduce|count|delete|distinct|replace|create|runcommand)\\w{0,12}\\s{0,2}\\(|\\bdb\\.(?:runcommand|getcollection|dropdatabase|eval|version|currentop|getusers)\\b",
  ),
  sign(
    8,
    "operator behind a closed string",
    "[\"']\\s{0,4}[,}\\]](?:\\s{0,4}[,}\\]]){0,4}\\s{0,4}[\"']?\\$(?:or|and|nor|where|ne|gt|lt|regex|exists|in|nin|comment)\\b[\"']?\\s{0,4}:",
  ),
  sign(
    8,
    "condition behind a closed string",
    "^[^\"']{0,32}[\"']\\s{0,4}(?:\\|\\||&&)\\s{0,4}(?:this\\b|[\"']?\\w{0,8}[\"']?\\s{0,2}(?:={2,3}|!={1,2}|[<>])|true\\b|1\\b)",
  ),
  sign(7, "operator instead of a value", "^\\[\\$(?:ne|gt|gte|lt|lte|nin|in|regex|exists|where|not)\\]\\s{0,2}="),
  sign(7, "object instead of a value", "^\\s{0,4}\\{\\s{0,4}[\"']?\\$(?:ne|gt|gte|lt|lte|nin|regex|exists|where|expr)[\"']?\\s{0,4}:"),
  sign(
    8,
    "field of the document in a condition",
    "\\bthis\\s{0,2}\\.\\s{0,2}(?:password|passwd|username|user|email|secret|token)\\w{0,8}\\s{0,4}(?:\\.match|={2,3}|!=|\\[|&&|\\|\\|)",
  ),
  sign(
    8,
    "Redis command",
    "(?:\\r\\n|\\n)\\s{0,2}(?:\\*\\d{1,3}\\r\\n\\$\\d|(?:CONFIG\\s{1,2}SET|SLAVEOF|FLUSHALL|MODULE\\s{1,2}LOAD|EVAL\\s{1,2}[\"']))",
  ),
];

const ldapSigns: readonly Sign[] = [
  sign(8, "filter closed and opened", "^[^()]{0,256}\\)\\s{0,8}[!&|]{0,2}\\s{0,8}\\(\\s{0,8}(?:[&|!]|[\\w.;-]{1,64}\\s{0,4}[~<>]?=)"),
  sign(8, "filter closed and negated", "^[^()]{0,256}\\)\\s{0,4}[!&|]\\s{0,4}\\([\\w.;-]{1,64}\\s{0,4}[~<>]?="),
  sign(8, "filter closed and opened", "^[^()]{0,256}\\){1,3}\\s{0,8}\\(\\s{0,8}[&|]\\s{0,8}(?:\\(|\\)|$)"),
  sign(8, "filter within a value", "^[\\w*@. -]{1,64}\\({1,2}\\s{0,4}[&|!]\\s{0,4}\\(?\\s{0,4}[\\w.;-]{1,64}\\s{0,4}[~<>]?=[^()]{0,64}\\)"),
  sign(8, "filter closed and opened", "^[\\w*@. -]{0,64}\\){1,3}\\s{0,4}\\(\\(\\s{0,4}[&|!]"),
  sign(7, "empty filter", "^\\*\\(\\)[&|]"),
  sign(8, "matching rule as the whole value", "^[\\w-]{1,48}:(?:dn:)?(?:\\d{1,6}\\.){3,16}\\d{1,6}:="),
  sign(7, "wildcard that closes a filter", "^\\*{1,2}\\)(?:\\s{0,4}[!&|(]|\\)|$|\\x00)"),
];

/** How much one reading looks like program code that wants to be run. */
export const readCode = (text: string): Suspicion =>
  text.length < 5 || !/[(<{;$_[]|\.\w/.test(text) ? nothing : heaviest(codeSigns, text);
/** How much one reading looks like an expression that a template engine would evaluate. */
export const readTemplate = (text: string): Suspicion =>
  text.length < 5 || !/[{<#$[@]/.test(text) ? nothing : heaviest(templateSigns, text);
/** How much one reading looks like an operator or a call of a document database. */
export const readNosql = (text: string): Suspicion =>
  text.length < 3 || !/[$"'(]|this|\n/.test(text) ? nothing : heaviest(nosqlSigns, text);
/** How much one reading looks like a broken-out LDAP filter. */
export const readLdap = (text: string): Suspicion => (text.length < 2 || !/\)|:=/.test(text) ? nothing : heaviest(ldapSigns, text));
