import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { detectFormat, findFormat, logFormats } from "@/lib/ingest/readers/formats";
import type { Reading } from "@/lib/ingest/readers/reader";
import { EventInput } from "@/lib/model/event";

const referenceTime = Date.UTC(2026, 10, 23, 12);
const readAll = (format: string, lines: string[]): Reading[] => {
  const reader = findFormat(format)?.open({ referenceTime });
  if (!reader) throw new Error(`no format ${format}`);
  return lines.flatMap((line) => reader(line));
};
const events = (format: string, ...lines: string[]): EventInput[] =>
  readAll(format, lines).flatMap((reading) => (reading.kind === "event" ? [reading.event] : []));
const kinds = (format: string, ...lines: string[]) => readAll(format, lines).map((reading) => reading.kind);

describe("access lines", () => {
  test("a combined line gives request, source, size, referrer, agent and the instant in UTC", () => {
    const line =
      '203.0.113.7 - ana [04/Jan/2026:08:41:43 +0200] "GET /a/b?x=1&y=%20 HTTP/1.1" 404 187 "https://example.com/" "curl/8.14.1"';
    expect(events("nginx", line)).toEqual([
      {
        occurred_at: "2026-01-04T06:41:43.000Z",
        action: "http.request",
        outcome: "failure",
        service: "nginx",
        actor: { type: "user", id: "ana" },
        source: { ip: "203.0.113.7", user_agent: "curl/8.14.1" },
        http: { method: "GET", path: "/a/b", query: "x=1&y=%20", status: 404, response_bytes: 187, referrer: "https://example.com/" },
        metadata: { protocol: "HTTP/1.1" },
      },
    ]);
  });

  test("common lines, a virtual host in front, an IPv6 client and a trailing forwarded-for are read", () => {
    const [common, vhost, six, forwarded] = events(
      "apache",
      '172.17.0.1 - - [11/Oct/2021:06:40:52 +0000] "POST /cgi-bin/.%2e/bin/sh HTTP/1.1" 200 7',
      'www.example.com:443 203.0.113.7 - - [11/Oct/2021:06:40:52 +0000] "GET / HTTP/1.1" 200 7 "-" "-"',
      '2001:0db8:85a3:0000:0000:8a2e:0370:7334 - - [11/Oct/2021:06:40:52 +0000] "HEAD / HTTP/1.1" 200 - "-" "x"',
      '10.0.0.1 - - [11/Oct/2021:06:40:52 +0000] "GET / HTTP/1.1" 200 7 "-" "x" "198.51.100.9, 10.0.0.2"',
    );
    expect(common?.http).toMatchObject({ path: "/cgi-bin/.%2e/bin/sh", response_bytes: 7 });
    expect(vhost?.http?.host).toBe("www.example.com");
    expect(vhost?.source).toEqual({ ip: "203.0.113.7" });
    expect(six?.source?.ip).toBe("2001:db8:85a3::8a2e:370:7334");
    expect(six?.source?.port).toBeUndefined();
    expect(forwarded?.source?.ip).toBe("10.0.0.1");
    expect(forwarded?.metadata?.forwarded_for).toBe("198.51.100.9, 10.0.0.2");
  });

  test("escapes of nginx and Apache are undone, NUL and broken UTF-8 stay visible", () => {
    const [nginx, apache, broken] = events(
      "nginx",
      '192.0.2.1 - - [11/Oct/2021:06:40:52 +0000] "GET /?s=\\x5Cthink\\xC3\\xA9\\x22 HTTP/1.1" 200 7 "-" "\\x22quoted\\x22"',
      '192.0.2.1 - - [11/Oct/2021:06:40:52 +0000] "GET /?s=\\\\think HTTP/1.1" 200 7 "-" "a \\"quoted\\" agent"',
      '192.0.2.1 - - [11/Oct/2021:06:40:52 +0000] "GET /\\x00\\xFF HTTP/1.1" 200 7 "-" "x"',
    );
    expect(nginx?.http?.query).toBe('s=\\thinké"');
    expect(nginx?.source?.user_agent).toBe('"quoted"');
    expect(apache?.http?.query).toBe("s=\\think");
    expect(apache?.source?.user_agent).toBe('a "quoted" agent');
    expect(broken?.http?.path).toBe("/\\x00\\xFF");
  });

  test.each([
    ["a TLS handshake", "\\x16\\x03\\x01\\x00\\xEE\\x01"],
    ["an empty request", ""],
    ["a dash", "-"],
    ["binary junk with a space", "\\x01\\x02 \\x03"],
  ])("%s is kept as a malformed request of its source", (_, request) => {
    const [event] = events("nginx", `192.0.2.1 - - [11/Oct/2021:06:40:52 +0000] "${request}" 400 157 "-" "-"`);
    expect(event).toMatchObject({
      outcome: "failure",
      reason: "malformed_request",
      source: { ip: "192.0.2.1" },
      http: { status: 400 },
      metadata: { request_line: request },
    });
    expect(event?.http?.path).toBeUndefined();
  });

  test("a target with raw spaces, a proxy request and an encoded target keep their text", () => {
    const [spaces, proxy, encoded] = events(
      "nginx",
      '192.0.2.1 - - [11/Oct/2021:06:40:52 +0000] "GET /foo?a=<br src=x> HTTP/1.1" 404 1 "-" "-"',
      '192.0.2.1 - - [11/Oct/2021:06:40:52 +0000] "GET http://evil.example/x?y HTTP/1.1" 404 1 "-" "-"',
      '192.0.2.1 - - [11/Oct/2021:06:40:52 +0000] "GET %2Fportal%3F HTTP/1.1" 404 1 "-" "-"',
    );
    expect(spaces?.http).toMatchObject({ path: "/foo", query: "a=<br src=x>" });
    expect(proxy?.http).toMatchObject({ host: "evil.example", path: "/x", query: "y" });
    expect(encoded?.http?.path).toBe("%2Fportal%3F");
  });

  test("a user name cannot forge the rest of its line", () => {
    const [event] = events(
      "nginx",
      '192.0.2.1 - x [01/Jan/2020:00:00:00 +0000] \\x22GET / HTTP/1.1\\x22 [11/Oct/2021:06:40:52 +0000] "GET /real HTTP/1.1" 401 1 "-" "-"',
    );
    expect(event).toMatchObject({
      occurred_at: "2021-10-11T06:40:52.000Z",
      source: { ip: "192.0.2.1" },
      http: { path: "/real", status: 401 },
    });
  });

  test("ingress-nginx and Traefik lines give the duration", () => {
    const [ingress] = events(
      "nginx",
      '192.0.2.1 - - [11/Oct/2021:06:40:52 +0000] "GET / HTTP/1.1" 200 12 "-" "x" 329 0.004 [default-web-80] [] 10.0.0.3:80 12 0.004 200 abc',
    );
    const [traefik] = events(
      "traefik",
      '192.0.2.1 - - [11/Oct/2021:06:40:52 +0000] "GET / HTTP/1.1" 200 12 "-" "x" 17 "web@docker" "http://10.0.0.2:80" 9ms',
    );
    expect(ingress?.http).toMatchObject({ request_bytes: 329, duration_ms: 4 });
    expect(traefik?.http?.duration_ms).toBe(9);
  });

  test("error lines name the client, the request and refused users; lines without a client are skipped", () => {
    const [invalid, user] = events(
      "apache",
      "[Fri Oct 08 17:08:41.203277 2021] [core:error] [pid 7005:tid 140667133085440] [client 203.0.113.87:14532] AH00126: Invalid URI in request GET /cgi-bin/.%2E/etc/passwd HTTP/1.1 ",
      '[Fri Oct 08 17:08:42 2021] [auth_basic:error] [pid 12] [client 203.0.113.87:14532] AH01617: user bob: authentication failure for "/secret": Password Mismatch',
    );
    expect(invalid).toMatchObject({
      occurred_at: "2021-10-08T17:08:41.203Z",
      action: "http.error",
      reason: "AH00126",
      source: { ip: "203.0.113.87", port: 14532 },
    });
    expect(invalid?.http).toMatchObject({ method: "GET", path: "/cgi-bin/.%2E/etc/passwd" });
    expect(user).toMatchObject({ action: "user.login", outcome: "failure", reason: "bad_password", actor: { id: "bob" } });
    const [nginx] = events(
      "nginx",
      '2026/10/08 17:09:03 [error] 12#12: *7 user "eve" was not found in "/etc/nginx/.htpasswd", client: 203.0.113.9, server: _, request: "GET /x?a=b HTTP/1.1", host: "example.com"',
    );
    expect(nginx).toMatchObject({
      action: "user.login",
      reason: "unknown_user",
      actor: { id: "eve", exists: false },
      http: { path: "/x", query: "a=b", host: "example.com" },
    });
    expect(kinds("nginx", "2026/10/08 17:09:03 [notice] 1#1: signal process started")).toEqual(["skip"]);
  });
});

describe("JSON access logs", () => {
  test("Caddy", () => {
    const line = JSON.stringify({
      level: "info",
      ts: 1646861401.5241024,
      logger: "http.log.access",
      msg: "handled request",
      request: {
        remote_ip: "127.0.0.1",
        remote_port: "41342",
        client_ip: "203.0.113.5",
        proto: "HTTP/2.0",
        method: "GET",
        host: "localhost",
        uri: "/a?b",
        headers: { "User-Agent": ["curl/7.82.0"], Accept: ["*/*"] },
      },
      bytes_read: 3,
      user_id: "ana",
      duration: 0.000929675,
      size: 10900,
      status: 200,
    });
    expect(events("caddy", line)[0]).toMatchObject({
      occurred_at: "2022-03-09T21:30:01.524Z",
      actor: { id: "ana" },
      source: { ip: "203.0.113.5", user_agent: "curl/7.82.0" },
      http: {
        method: "GET",
        host: "localhost",
        path: "/a",
        query: "b",
        status: 200,
        request_bytes: 3,
        response_bytes: 10900,
        duration_ms: 0.93,
        headers: { accept: "*/*" },
      },
    });
    expect(kinds("caddy", '{"level":"info","ts":1,"msg":"serving initial configuration"}')).toEqual(["skip"]);
  });

  test("Traefik", () => {
    const line = JSON.stringify({
      ClientHost: "203.0.113.5",
      ClientPort: "4321",
      ClientUsername: "-",
      RequestMethod: "POST",
      RequestPath: "/login",
      RequestHost: "app.example",
      RequestProtocol: "HTTP/1.1",
      DownstreamStatus: 401,
      DownstreamContentSize: 12,
      Duration: 1500000,
      StartUTC: "2026-01-02T03:04:05.678901234Z",
      "request_User-Agent": "x",
      RouterName: "web@docker",
    });
    expect(events("traefik", line)[0]).toMatchObject({
      occurred_at: "2026-01-02T03:04:05.678Z",
      outcome: "failure",
      source: { ip: "203.0.113.5", port: 4321, user_agent: "x" },
      http: { method: "POST", path: "/login", host: "app.example", status: 401, response_bytes: 12, duration_ms: 1.5 },
      metadata: { router: "web@docker" },
    });
  });

  test("Envoy, as text and as JSON, takes the address that Envoy saw", () => {
    const text =
      '[2016-04-15T20:17:00.310Z] "POST /api/v1/locations?x HTTP/2" 204 - 154 0 226 100 "198.51.100.1, 10.0.35.28" "nsq2http" "cc21d9b0" "locations" "tcp://10.0.2.1:80"';
    const istio =
      '[2026-04-15T20:17:00.310Z] "GET /status/418 HTTP/1.1" 418 - via_upstream - "-" 0 135 4 4 "-" "curl/7.73.0" "84961386" "httpbin:8000" "10.44.1.27:80" outbound|8000||';
    const json = JSON.stringify({
      start_time: "2026-04-15T20:17:00.310Z",
      method: "GET",
      path: "/x",
      response_code: 200,
      duration: 5,
      downstream_remote_address: "203.0.113.5:55",
      x_forwarded_for: "1.1.1.1",
      authority: "h",
    });
    const [one, two, three] = events("envoy", text, istio, json);
    expect(one).toMatchObject({
      source: { ip: "10.0.35.28", user_agent: "nsq2http" },
      http: { method: "POST", path: "/api/v1/locations", query: "x", status: 204, host: "locations", request_bytes: 154, duration_ms: 226 },
    });
    expect(two).toMatchObject({ http: { path: "/status/418", status: 418, response_bytes: 135, host: "httpbin:8000" } });
    expect(three).toMatchObject({ source: { ip: "203.0.113.5", port: 55 }, http: { path: "/x", duration_ms: 5, host: "h" } });
  });

  test("Kong names the consumer and its credential", () => {
    const line = JSON.stringify({
      started_at: 1700000000000,
      client_ip: "203.0.113.5",
      request: {
        method: "GET",
        uri: "/v1/x?y=1",
        url: "http://api.example:8000/v1/x",
        size: "120",
        headers: { "user-agent": "sdk/1", "x-a": "b" },
      },
      response: { status: 200, size: 44 },
      latencies: { request: 12 },
      service: { name: "orders" },
      route: { name: "r" },
      consumer: { username: "acme", id: "c1" },
      authenticated_entity: { id: "cred-1" },
    });
    expect(events("kong", line)[0]).toMatchObject({
      occurred_at: "2023-11-14T22:13:20.000Z",
      service: "orders",
      actor: { id: "acme" },
      credential: { type: "api_key", id: "cred-1" },
      source: { ip: "203.0.113.5", user_agent: "sdk/1" },
      http: {
        path: "/v1/x",
        query: "y=1",
        host: "api.example",
        request_bytes: 120,
        response_bytes: 44,
        duration_ms: 12,
        headers: { "x-a": "b" },
      },
    });
  });

  test("nginx JSON with the variables' names", () => {
    const line = JSON.stringify({
      time_iso8601: "2026-01-02T03:04:05+01:00",
      remote_addr: "203.0.113.5",
      request: "GET /a?b=c HTTP/1.1",
      status: "404",
      body_bytes_sent: "5",
      request_time: "0.120",
      http_user_agent: "x",
      host: "h",
    });
    expect(events("nginx", line)[0]).toMatchObject({
      occurred_at: "2026-01-02T02:04:05.000Z",
      source: { ip: "203.0.113.5" },
      http: { method: "GET", path: "/a", query: "b=c", status: 404, duration_ms: 120, host: "h" },
    });
  });
});

describe("sshd and PAM", () => {
  const at = "Nov 22 09:57:21 bastion";
  test.each([
    [
      "a wrong password",
      "sshd[581]: Failed password for root from 203.0.113.7 port 56296 ssh2",
      { outcome: "failure", reason: "bad_password", actor: { id: "root" }, source: { ip: "203.0.113.7", port: 56296 } },
    ],
    [
      "an unknown user",
      "sshd[581]: Failed password for invalid user admin from 203.0.113.7 port 56296 ssh2",
      { outcome: "failure", reason: "unknown_user", actor: { id: "admin", exists: false } },
    ],
    [
      "an accepted key",
      "sshd[581]: Accepted publickey for vagrant from 192.0.2.4 port 56296 ssh2: RSA SHA256:1M4RzhMyWuFS",
      { outcome: "success", actor: { id: "vagrant" }, credential: { id: "SHA256:1M4RzhMyWuFS" } },
    ],
    [
      "OpenSSH 9.8's session program",
      "sshd-session[4061]: Invalid user x from 192.0.2.4 port 49916",
      { outcome: "failure", reason: "unknown_user", actor: { id: "x", exists: false } },
    ],
    [
      "an empty user name",
      "sshd[5]: Invalid user  from 192.0.2.4 port 49916",
      { outcome: "failure", reason: "unknown_user", source: { ip: "192.0.2.4" } },
    ],
    [
      "a user who is not allowed",
      "sshd[5]: User bob from 192.0.2.4 not allowed because not listed in AllowUsers",
      { outcome: "failure", reason: "not_allowed", actor: { id: "bob" } },
    ],
    [
      "too many attempts",
      "sshd[5]: error: maximum authentication attempts exceeded for invalid user a b from 192.0.2.4 port 1 ssh2 [preauth]",
      { action: "session.refused", reason: "too_many_attempts", actor: { id: "a b" } },
    ],
    [
      "a penalty of OpenSSH 9.8",
      "sshd[5]: drop connection #0 from [203.0.113.9]:5555 on [192.0.2.1]:22 penalty: failed authentication",
      { action: "session.refused", reason: "failed_authentication", source: { ip: "203.0.113.9" } },
    ],
    [
      "a scanner",
      "sshd[5]: Did not receive identification string from 203.0.113.9 port 1234",
      { action: "connection.probe", reason: "no_identification" },
    ],
    [
      "a key-only server's refusal",
      "sshd[5]: Connection closed by authenticating user root 203.0.113.9 port 1234 [preauth]",
      { action: "user.login", outcome: "failure", reason: "gave_up", actor: { id: "root" } },
    ],
    [
      "a sign-out",
      "sshd[5]: Disconnected from user ana 203.0.113.9 port 1234",
      { action: "user.logout", outcome: "success", actor: { id: "ana" } },
    ],
    [
      "PAM of another program",
      "vsftpd: pam_unix(vsftpd:auth): authentication failure; logname= uid=0 euid=0 tty=ftp ruser=bob rhost=203.0.113.9  user=bob",
      { action: "user.login", outcome: "failure", service: "vsftpd", actor: { id: "bob" }, source: { ip: "203.0.113.9" } },
    ],
    [
      "PAM as it wrote before 2005, where sshd itself says nothing",
      "sshd(pam_unix)[19939]: authentication failure; logname= uid=0 euid=0 tty=NODEVssh ruser= rhost=203.0.113.9  user=root",
      { action: "user.login", outcome: "failure", service: "sshd", actor: { id: "root" }, source: { ip: "203.0.113.9" } },
    ],
    [
      "a connection that old sshd closed, without a port",
      "sshd[7]: Connection closed by 203.0.113.9 [preauth]",
      { action: "connection.probe", reason: "left_before_sign_in", source: { ip: "203.0.113.9" } },
    ],
    [
      "sudo",
      "sudo:   ana : TTY=pts/0 ; PWD=/home/ana ; USER=root ; COMMAND=/usr/bin/id",
      { action: "user.elevate", outcome: "success", actor: { id: "ana" }, targets: [{ type: "user", name: "root" }] },
    ],
    [
      "sudo refused",
      "sudo:   ana : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/home/ana ; USER=root ; COMMAND=/usr/bin/id",
      { action: "user.elevate", outcome: "failure", reason: "bad_password" },
    ],
  ])("%s", (_, text, expected) => {
    const read = events("sshd", `${at} ${text}`);
    expect(read).toHaveLength(1);
    expect(read[0]).toMatchObject({ occurred_at: "2026-11-22T09:57:21.000Z", destination: { host: "bastion" }, ...expected });
  });

  test("one attempt told in five lines is one event, the second attempt of the connection another", () => {
    const told = [
      "sshd[9]: Invalid user admin from 203.0.113.7 port 5 ",
      "sshd[9]: pam_unix(sshd:auth): check pass; user unknown",
      "sshd[9]: pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=203.0.113.7 ",
      "sshd[9]: Failed password for invalid user admin from 203.0.113.7 port 5 ssh2",
      "sshd[9]: Failed password for invalid user admin from 203.0.113.7 port 5 ssh2",
      "sshd[9]: Connection closed by invalid user admin 203.0.113.7 port 5 [preauth]",
      "sshd[9]: input_userauth_request: invalid user admin [preauth]",
      "sshd[9]: Received disconnect from 203.0.113.7: 11: Bye Bye [preauth]",
      "sshd[9]: fatal: Write failed: Connection reset by peer [preauth]",
    ].map((text) => `${at} ${text}`);
    expect(kinds("sshd", ...told)).toEqual(["event", "skip", "skip", "skip", "event", "skip", "skip", "skip", "skip"]);
  });

  test("a folded line counts as often as it says", () => {
    expect(
      events("sshd", `${at} sshd[9]: message repeated 3 times: [ Failed password for root from 203.0.113.7 port 5 ssh2]`),
    ).toHaveLength(3);
  });

  test("a user name cannot forge the address", () => {
    const [event] = events(
      "sshd",
      `${at} sshd[9]: Failed password for invalid user root from 10.0.0.1 port 22 ssh2 from 203.0.113.7 port 5 ssh2`,
    );
    expect(event).toMatchObject({ source: { ip: "203.0.113.7", port: 5 }, actor: { id: "root from 10.0.0.1 port 22 ssh2" } });
  });

  test.each([
    ["Dec 31 23:59:59", "2025-12-31T23:59:59.000Z"],
    ["Nov 23 12:30:00", "2026-11-23T12:30:00.000Z"],
    ["Feb 29 01:00:00", "2024-02-29T01:00:00.000Z"],
    ["Sep  6 09:57:21", "2026-09-06T09:57:21.000Z"],
    ["2026-03-01T10:00:00.123456+01:00", "2026-03-01T09:00:00.123Z"],
  ])("%s is read as %s", (stamp, instant) => {
    expect(events("sshd", `${stamp} h sshd[9]: Failed password for root from 203.0.113.7 port 5 ssh2`)[0]?.occurred_at).toBe(instant);
  });

  test("RFC 5424 frames are read", () => {
    const [event] = events("sshd", "<38>1 2026-10-11T22:14:15.003Z h sshd 77 - - Failed password for root from 203.0.113.7 port 5 ssh2");
    expect(event).toMatchObject({ occurred_at: "2026-10-11T22:14:15.003Z", actor: { id: "root" } });
  });
});

test("CloudTrail files give one event a record, with the record whole in metadata", () => {
  const record = {
    eventID: "e-1",
    eventTime: "2026-01-02T03:04:05Z",
    eventSource: "signin.amazonaws.com",
    eventName: "ConsoleLogin",
    sourceIPAddress: "203.0.113.7",
    userAgent: "x",
    userIdentity: { type: "IAMUser", arn: "arn:aws:iam::1:user/ana", userName: "ana" },
    responseElements: { ConsoleLogin: "Failure" },
    additionalEventData: { MFAUsed: "No" },
  };
  const denied = {
    eventTime: "2026-01-02T03:04:05Z",
    eventSource: "iam.amazonaws.com",
    eventName: "CreateAccessKey",
    errorCode: "AccessDenied",
    sourceIPAddress: "iam.amazonaws.com",
    userIdentity: { accessKeyId: "AKIA1" },
  };
  const [login, iam] = events("cloudtrail", JSON.stringify({ Records: [record, denied] }));
  expect(login).toMatchObject({
    id: "e-1",
    action: "user.login",
    outcome: "failure",
    actor: { id: "arn:aws:iam::1:user/ana", name: "ana" },
    credential: { type: "password", mfa: false },
    metadata: { eventName: "ConsoleLogin" },
  });
  expect(iam).toMatchObject({
    action: "aws.iam.CreateAccessKey",
    outcome: "failure",
    reason: "AccessDenied",
    credential: { type: "api_key", id: "AKIA1" },
  });
  expect(events("cloudtrail", `${JSON.stringify(record)}\n${JSON.stringify(denied)}`)).toHaveLength(2);
});

test("our own events are checked where they are read, and the reason names the field", () => {
  expect(events("ndjson", '{"action":"user.login"}')).toEqual([{ action: "user.login" }]);
  expect(readAll("ndjson", ['{"action":"x","acton":1}'])).toMatchObject([{ kind: "unread", why: expect.stringContaining("acton") }]);
  expect(kinds("json", '[{"action":"a"},{"action":"b"},{}]')).toEqual(["event", "event", "unread"]);
});

test("the format of a file is guessed from its lines", () => {
  const guess = (...lines: string[]) => detectFormat(lines, referenceTime)?.name;
  expect(guess('1.2.3.4 - - [11/Oct/2021:06:40:52 +0000] "GET / HTTP/1.1" 200 7 "-" "x"')).toBe("nginx");
  expect(guess("Nov 22 09:57:21 h sshd[9]: Failed password for root from 203.0.113.7 port 5 ssh2", "Nov 22 09:57:22 h CRON[1]: x")).toBe(
    "sshd",
  );
  expect(guess('{"request":{"method":"GET","uri":"/"},"response":{"status":200},"client_ip":"1.2.3.4"}')).toBe("kong");
  expect(guess('{"action":"user.login"}')).toBe("ndjson");
  const attempt = [
    "Invalid user x from 203.0.113.7 port 5",
    "pam_unix(sshd:auth): check pass; user unknown",
    "Connection closed by invalid user x 203.0.113.7 port 5 [preauth]",
  ];
  expect(guess(...attempt.map((text) => `Nov 22 09:57:21 h sshd[9]: ${text}`))).toBe("sshd");
  expect(guess("Nov 22 09:57:22 h CRON[1]: x")).toBeUndefined();
  expect(guess("hello", "world")).toBeUndefined();
});

describe("whatever a line holds", { timeout: 60_000 }, () => {
  const clf = fc
    .tuple(fc.string({ unit: "binary" }), fc.string(), fc.string({ unit: "grapheme" }))
    .map(([request, user, agent]) => `192.0.2.1 - ${user} [11/Oct/2021:06:40:52 +0000] "${request}" 200 7 "-" "${agent}"`);
  const ssh = fc
    .tuple(
      fc.constantFrom("Failed password for ", "Invalid user ", "pam_unix(x:auth): ", "Connection closed by "),
      fc.string({ unit: "binary" }),
    )
    .map(([head, user]) => `Nov 22 09:57:21 h sshd[9]: ${head}${user} from 203.0.113.7 port 5 ssh2`);
  const line = fc.oneof(clf, ssh, fc.string({ unit: "binary" }), fc.json());

  test.each(logFormats.map((format) => format.name))("%s never throws, answers every text, and every event keeps the wire form", (name) => {
    fc.assert(
      fc.property(line, (text) => {
        const readings = readAll(name, [text]);
        expect(readings.length).toBeGreaterThan(name === "json" || name === "cloudtrail" ? -1 : 0);
        for (const reading of readings) if (reading.kind === "event") EventInput.parse(reading.event);
      }),
      { numRuns: 300 },
    );
  });

  const hostile = (size: number) => [
    `192.0.2.1 - ${" [11/Oct/2021:06:40:52 +0000]".repeat(size / 30)}`,
    `192.0.2.1 - - [11/Oct/2021:06:40:52 +0000] "${"\\\\x".repeat(size / 4)}`,
    `192.0.2.1 - - [11/Oct/2021:06:40:52 +0000] "GET ${" HTTP/1".repeat(size / 8)}" 200 7 "-" "x"`,
    `Nov 22 09:57:21 h sshd[9]: Failed password for ${" from a port 1".repeat(size / 15)}`,
    `Nov 22 09:57:21 h sshd[9]: Disconnecting ${" ".repeat(size)}`,
    `Nov 22 09:57:21 h sshd[9]: Disconnecting ${"a port 1 ".repeat(size / 10)}`,
    `[Fri Oct 08 17:08:41 2021] ${"[x] ".repeat(size / 4)}`,
    `2026/10/08 17:09:03 [error] 12#12: ${", client: ".repeat(size / 10)}`,
    `[2016-04-15T20:17:00.310Z] ${'"'.repeat(size)}`,
  ];
  test("the cost of a line grows with its length, not with its square", () => {
    const once = (size: number) => {
      const started = performance.now();
      for (const format of logFormats) for (const text of hostile(size)) readAll(format.name, [text, text]);
      return performance.now() - started;
    };
    const cost = (size: number) => Math.min(...Array.from({ length: 5 }, () => once(size))); // the least disturbed of five
    expect(cost(64_000)).toBeLessThan(Math.max(3, cost(8_000)) * 40); // linear is 8 times; the square would be 64
  });
});
