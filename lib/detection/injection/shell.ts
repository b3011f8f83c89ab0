/** Command injection: shell and PowerShell syntax around names of commands. */
import { heaviest, nothing, type Sign, type Suspicion } from "./finding";

/** Commands whose names mean nothing else in prose. */
const clear =
  "whoami|ifconfig|ipconfig|uname|wget|curl|netcat|ncat|nc|nslookup|dig|traceroute|tracert|systeminfo|tasklist|netstat|passwd|useradd|usermod|chmod|chown|chgrp|crontab|" +
  "mkfifo|mknod|telnet|socat|base64|xxd|rev|tac|awk|gawk|sed|grep|egrep|zcat|bzcat|xzcat|zstdcat|gunzip|bunzip2|bsdtar|busybox|bash|dash|zsh|ksh|tcsh|sh|perl|python[\\d.]{0,5}|" +
  "ruby|php[\\d.]{0,4}|lua|nohup|xargs|printenv|printf|setenv|sudo|su|ssh|scp|sftp|rsync|ftp|tftp|ls|cat|rm|cp|mv|ps|pwd|id|ping6?|env|hostname|mkdir|rmdir|touch|tcpdump|nmap|" +
  "certutil|tee|bitsadmin|mshta|rundll32|regsvr32|wmic|cscript|wscript|powershell|pwsh|cmd|systemctl|journalctl|iptables|dmesg|lsof|gdb|strace|openssl|apt(?:-get)?|yum|apk|dpkg|" +
  "killall|pkill|reboot|halt|poweroff|sleep|echo|tar|zip|unzip|dd|mail|mount|umount|ip|getent|visudo|ansible[\\w-]{0,12}|cscli|chef-(?:vault|shell|run|client)|perf|kubectl|docker";

/** Commands that are English words too: they count only with something of a command behind them. */
const ambiguous =
  "find|head|tail|more|less|sort|cut|time|date|test|kill|who|man|make|top|at|watch|last|set|export|source|eval|exec|type|dir|net|copy|del|start|node|go|split|join|wall|w|finger|read|nice|history|alias";

const sign = (score: number, why: string, source: string): Sign => [score, why, new RegExp(source, "i")];

/** What a command carries behind its name: an option, a path, a variable, a redirection. */
const argument = "(?:\\s{0,4}(?:-{1,2}[a-z0-9]|\\+[a-z]|[/~.]{1,2}/|/[a-z]|[<>|]|\\$[\\w({])|\\$\\{?IFS|\\s{1,4}[a-z]:\\\\)";
const end = "(?:\\s{0,4}(?:$|[;|&`)<>#\\r\\n'\"\\\\]))";

const signs: readonly Sign[] = [
  sign(
    9,
    "command behind a separator",
    `^(?:[^\\s]{0,64}\\s){0,3}[^\\s]{0,64}(?:;|\\|\\|?|&&|\\n|\\r)\\s{0,4}(?:/?(?:usr/)?s?bin/)?(?:${clear})(?:${argument}|${end})`,
  ),
  sign(
    8,
    "command behind a separator",
    `^[^\\s]{0,64}(?:;|\\|\\|?|&&?|\\n)\\s{0,4}(?:/(?:usr/)?(?:s?bin)/)?(?:${clear})(?:\\s{1,4}[\\w.$:/'"-]{1,64}|${end})`,
  ),
  sign(
    8,
    "command behind a separator",
    `^(?:[^\\s]{0,64}\\s){0,4}[^\\s]{0,64}(?:;|\\|\\|?|&&|\\n)\\s{0,4}(?:/(?:usr/)?s?bin/)?(?:wget|curl|nc|ncat|netcat|ping6?|nslookup|sleep|bash|sh|python[\\d.]{0,4}|perl|php|cat|echo|powershell|certutil)\\s{1,4}(?:-|/|https?:|["'$]|\\d)`,
  ),
  sign(8, "command behind a separator", `^(?:[^\\s]{0,64}\\s){0,4}[^\\s]{0,64}(?:;|\\|\\|?|&&|\\n)\\s{0,4}(?:${ambiguous})${argument}`),
  sign(9, "command substitution", `\\$\\(\\s{0,4}(?:/(?:usr/)?s?bin/)?(?:${clear}|${ambiguous})(?:[\\s$<>|;)&]|$)`),
  sign(
    7,
    "command substitution",
    "^[^\\s]{0,64}\\$\\((?!\\s{0,2}(?:document|window|this|function|[\"'#.]|e\\.|[\\w.]{1,32}\\s{0,2}(?:[+*/-]|\\)\\.)))[^()]{0,80}\\)?|\\$\\(\\(?\\$\\(",
  ),
  sign(
    9,
    "command in backquotes",
    `(?:(?:^|[=;|&0-9"'>:/?,{\`-])\\s{0,2}|^[^\\s\`]{1,64})\`\\s{0,4}(?:/(?:usr/)?s?bin/)?(?:${clear}|${ambiguous})(?:[\\s$\`/;|&]|$)`,
  ),
  sign(9, "field separator in place of a space", "\\$\\{?IFS\\b|\\$IFS\\$\\d"),
  sign(8, "process substitution", "(?:^|[\\s=;|&])[<>]\\(\\s{0,2}[\\w/.]{1,64}(?:\\s[^)]{0,80})?\\)"),
  sign(8, "arithmetic of a shell", "^\\W{0,4}\\$\\[[^\\]]{0,40}\\]\\W{0,2}$|\\$\\(\\(\\s{0,2}(?:\\$|\\d)"),
  sign(
    7,
    "parameter expansion",
    "\\$\\{\\w{0,32}(?:#\\{|[#%:/^,@!]{1,2}[^{}]{0,40}\\}\\s{0,2}[/{]|:[-+?=]?\\d{1,6}:)|\\$\\{`|\\$\\{\\w{1,32}#\\{\\}",
  ),
  sign(9, "function definition of Shellshock", "^\\W{0,2}\\(\\)\\s{0,4}\\{"),
  sign(9, "network device of a shell", "/dev/(?:tcp|udp)/[\\w.-]{1,64}/\\d{1,5}"),
  sign(
    8,
    "shell as a program",
    "(?:^|[\\s;|&\"'`=(])/(?:usr/)?(?:local/)?s?bin/(?:(?:ba|da|z|k|tc|c|a)?sh|python[\\d.]{0,4}|perl|cat|id|nc|curl|wget|env|uname|busybox)\\b",
  ),
  sign(
    8,
    "wildcards inside a program's path",
    "(?:^|[\\s=;|&'\"`])/(?:[\\w./-]{0,32}[a-z])?\\[(?![\\d]{1,4}\\])[^\\]\\s]{1,24}\\][a-z/][\\w/]{0,32}|(?:^|[\\s=;|&])/(?:etc|bin|usr|dev|var|proc|sbin)/[\\w/]{0,32}(?:\\[[^\\]\\s]{1,16}\\]|\\?[\\w?]|\\*\\w)",
  ),
  sign(7, "wildcards inside a program's path", "(?:^|\\s)(?:cat|ls|head|tail|more|less)\\s{1,4}/[\\w/]{0,24}\\[[^\\]\\s]{1,20}\\]"),
  sign(8, "brace expansion", "^\\W{0,3}\\{[a-z]{2,12},[^{}\\s]{0,80}[/-][^{}\\s]{0,80}\\}"),
  sign(8, "wildcards in place of a command", "/\\?{2,5}/|/[\\w?]{0,6}\\?[\\w?]{0,6}/[\\w?]{0,6}\\?{1,4}[\\w?]{0,6}(?:\\s|$)"),
  sign(
    6,
    "brace expansion",
    "^\\s{0,2}[a-z]{0,12}\\{(?:,[\\w./-]{1,24}(?:,[\\w./-]{0,24}){0,6}|[\\w./-]{1,24},)\\}[a-z]{0,12}\\s{0,2}$|^\\s{0,2}(?:[a-z]{1,12}\\{[a-z./-]{1,16}(?:,[a-z./-]{1,16}){1,6}\\}[a-z]{0,12}|\\{[a-z./-]{1,16},-[a-z./-]{1,16}\\}[a-z]{0,12})\\s{0,2}$",
  ),
  sign(7, "command defined", "(?:^|[;&|=]\\s{0,2})alias\\s{1,4}(?:[-+]\\w{1,4}\\+?\\s{1,4}){0,2}[\"']?[\\w.-]{1,32}[\"']?="),
  sign(
    8,
    "PowerShell",
    "\\b(?:invoke|start|new|get|set|add|import|out|convertto|convertfrom)-(?:webrequest|restmethod|expression|command|process|item(?:property)?|object|content|wmiobject|ciminstance|service|scheduledtask|securestring|bitstransfer|mppreference)\\b|\\bpowershell(?:\\.exe)?\\s{1,4}(?:-\\w|[a-z]:\\\\|/)|\\biex\\s{0,2}\\(|\\bnew-object\\s{1,4}(?:net|system)\\.",
  ),
  sign(
    8,
    "Windows command",
    "\\bcmd(?:\\.exe)?\\s{0,4}/[ck]\\b|%comspec%|\\bcertutil(?:\\.exe)?\\s{1,4}-|\\bnet\\s{1,4}(?:user|localgroup|share)\\s{1,4}[\\w/]|[;|&]\\s{0,4}(?:net\\s{1,4}(?:view|start|use|accounts|config)\\b|netsh\\s{1,4}[a-z]|reg\\s{1,4}(?:add|query|save|delete)\\s|dir\\s{0,4}(?:$|[;|&/])|ver\\s{0,4}$)|\\breg\\s{1,4}(?:add|query|save|delete)\\s{1,4}[\"']?hk(?:lm|cu|ey)|^net\\s{1,4}(?:view|localgroup|accounts)\\s{0,4}$|\\b(?:type|dir|del)\\s{1,4}(?:[a-z]:|%\\w{1,20}%)\\\\",
  ),
  sign(
    8,
    "command with an option as the whole value",
    `^["'\`]?(?:/(?:usr/)?s?bin/)?(?:whoami|ifconfig|uname|wget|curl|ncat?|netcat|nslookup|passwd|useradd|chmod|chown|crontab|xxd|gunzip|zcat|bzcat|zstdcat|bsdtar|busybox|bash|sh|perl|python[\\d.]{0,5}|ruby|php|ls|cat|rm|cp|mv|ps|ping6?(?:\\.exe)?|tar|sudo|docker|kubectl|systemctl|perf|visudo|cscli|tcpdump|nmap)\\s{1,4}(?:-{1,2}[a-z]|/\\w|~/|\\.\\./|\\$)`,
  ),
  sign(8, "download as the whole value", "^[\"'`]?(?:wget|curl)\\s{1,4}(?:-{1,2}[\\w-]{1,16}\\s{1,4}){0,4}[\"']?(?:https?|ftp)://"),
  sign(
    7,
    "command as the whole value",
    "^[\"'`]?(?:whoami|ifconfig|ipconfig|netstat|visudo|systeminfo|printenv|uname)(?:\\s{1,2}[-/][a-z]{1,5})?[\"'`]?\\s{0,2}(?:[;|&\"'`].{0,16})?$",
  ),
  sign(
    6,
    "administrator's command as the whole value",
    "^[\"'`]?(?:ansible(?:-[a-z]{3,12})?|chef-(?:vault|shell|run|client)|cscli|visudo|kubectl|zstdcat|gunzip|bsdtar|busybox)[\"'`]?\\s{1,4}(?:-{1,2}\\w|/|all\\b|dump\\b|(?:alerts?|decisions|collection|plugin|decrypt|get|exec)\\b|[\\w-]{1,24}\\.(?:ya?ml|rb)|[\"'])|^[\"'`]?(?:ansible|chef)-(?:console|shell|galaxy|playbook|vault|pull|doc|inventory|config)\\b",
  ),
  sign(7, "text piped into a shell", "\\|\\s{0,4}(?:/(?:usr/)?bin/)?(?:ba|da|z|k)?sh\\s{0,4}(?:$|[-;&|<])|\\|\\s{0,4}base64\\s{1,4}-d"),
  sign(
    6,
    "program run by another",
    "^(?:time|nice|nohup|env|xargs|timeout\\s\\d{1,4}|exec|command)\\s{1,4}(?:whoami|wget|curl\\s{1,4}-|ncat?|bsdtar|bash|sh|zcat|nslookup|id)(?:\\s|$)",
  ),
  sign(
    8,
    "option that runs a command",
    "--(?:exec|checkpoint-action|to-command|use-compress-program|upload-pack|output-document|post-file|rsh)\\s{0,2}=\\s{0,2}[`$\\w/'\"]",
  ),
  sign(
    6,
    "interpreter as the whole value",
    "^(?:python[\\d.]{1,5}|perl[\\d.]{1,5}|php[\\d.]{1,4}|ruby[\\d.]{1,4}|lua[\\d.]{1,4})\\s{1,4}\\S{1,64}$",
  ),
  sign(8, "Python run from a shell", "\\bexec\\s{0,2}\\\\?\\(\\s{0,2}__import__|\\b__import__\\s{0,2}\\\\?\\("),
];

const possible =
  /[;|&`$\n<>(){}[\]]|\/\?\?|\.exe|^["'`]?[a-z]{2,12}[\d.]{0,5}[-"'`\s]|--|\/(?:bin|dev|etc|usr)|^(?:whoami|visudo|ifconfig|ipconfig|netstat|printenv|systeminfo|uname)|-(?:webrequest|expression)|%comspec/i;

/** How much one reading looks like a command that wants to be run. Quotes, carets and backslashes put inside names to hide them are read over. */
export function readShell(text: string): Suspicion {
  if (text.length < 3 || !possible.test(text)) return nothing;
  const best = heaviest(signs, text);
  if (best.score >= 8 || !/\w(?:['"]{1,2}|\\|\^|\$@|\$\{?[\d@*]\}?)\w/.test(text)) return best;
  const plain = heaviest(signs, text.replace(/(\w)(?:['"]{1,2}|\\|\^|\$@|\$\{?[@*]\}?)(?=\w)/g, "$1"));
  return plain.score > best.score ? { score: plain.score, why: `${plain.why}, its name hidden` } : best;
}
