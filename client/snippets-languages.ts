/** Snippets for applications, by language. Each sends in the background, so that a request never waits for Vedette. */
import type { Snippet } from "./snippets";

const node: Snippet[] = [
  {
    id: "express",
    title: "Node, Express",
    group: "application",
    language: "js",
    note: "Records every request with route, status, duration and caller; `actor` says who is signed in. The package is the folder client of Vedette's repository: npm run build there, then npm install /path/to/vedette/client.",
    code: ({ url, key }) => `import express from "express";
import { createClient, expressMiddleware } from "@vedette/client";

const vedette = createClient({ url: "${url}", key: "${key}", service: "my-api" });
const app = express();
app.set("trust proxy", 1); // one proxy in front: req.ip is then the caller, not the proxy
app.use(expressMiddleware(vedette, { actor: (req) => req.user && { id: req.user.id } }));

app.post("/login", express.json(), (req, res) => {
  // what only you know: who tried to sign in, and why it failed
  vedette.record({ action: "user.login", outcome: "failure", reason: "bad_password", actor: { id: req.body.email }, source: { ip: req.ip } });
  res.sendStatus(401);
});
app.listen(3000);`,
  },
  {
    id: "fastify",
    title: "Node, Fastify",
    group: "application",
    language: "js",
    note: "Records every request with route, status, duration and caller. The package: see the Express tab.",
    code: ({ url, key }) => `import Fastify from "fastify";
import { createClient, fastifyPlugin } from "@vedette/client";

const vedette = createClient({ url: "${url}", key: "${key}", service: "my-api" });
const fastify = Fastify({ trustProxy: "loopback" }); // where your proxy is: request.ip is then the caller, not the proxy
await fastify.register(fastifyPlugin(vedette, { actor: (request) => request.user && { id: request.user.id } }));

fastify.get("/orders/:id", async (request) => ({ id: request.params.id }));
await fastify.listen({ port: 3000 });`,
  },
  {
    id: "next",
    title: "Next.js",
    group: "application",
    language: "ts",
    file: "app/api/orders/route.ts",
    note: "Wraps a route handler. Hono takes honoMiddleware(vedette) instead.",
    code: ({ url, key }) => `import { createClient, nextHandler } from "@vedette/client";

const vedette = createClient({ url: "${url}", key: "${key}", service: "my-api" });

export const GET = nextHandler(vedette, { route: "/api/orders" }, async (request) => {
  return Response.json({ ok: true });
});`,
  },
  {
    id: "node",
    title: "Node, without a package",
    group: "application",
    language: "js",
    note: "Plain fetch. The client package adds batches, retries and a bounded memory.",
    code: ({ url, key }) => `export async function record(event) {
  const response = await fetch("${url}/api/v1/events", {
    method: "POST",
    headers: { Authorization: "Bearer ${key}", "Content-Type": "application/json" },
    body: JSON.stringify(event),
    signal: AbortSignal.timeout(5_000),
  });
  if (!response.ok) console.error("vedette:", response.status, await response.text());
}

await record({ action: "user.login", outcome: "failure", service: "my-api", actor: { id: "u_42" }, source: { ip: "203.0.113.7" } });`,
  },
];

const python: Snippet[] = [
  {
    id: "python",
    title: "Python, requests",
    group: "application",
    language: "python",
    note: "A thread sends batches, each event with an id, so that sending again stores once. While Vedette cannot be reached 10,000 events wait; more are dropped and counted, your service goes on.",
    code: ({ url, key }) => `import atexit, datetime, queue, threading, time, uuid
import requests

_events, dropped = queue.Queue(maxsize=10_000), 0

def record(event: dict) -> None:
    global dropped
    now = datetime.datetime.now(datetime.timezone.utc).isoformat()
    try:
        _events.put_nowait({"id": str(uuid.uuid4()), "occurred_at": now, **event})
    except queue.Full:
        dropped += 1

def _send() -> None:
    session = requests.Session()
    session.headers["Authorization"] = "Bearer ${key}"
    while True:
        batch = [_events.get()]
        while len(batch) < 500 and not _events.empty():
            batch.append(_events.get())
        for attempt in range(8):
            wait = min(30, 2**attempt)
            try:
                answer = session.post("${url}/api/v1/events?results=errors", json=batch, timeout=10)
                if answer.status_code not in (429, 503):
                    break
                wait = float(answer.headers.get("Retry-After", wait))
            except requests.RequestException:
                pass
            time.sleep(wait)
        for _ in batch:
            _events.task_done()

def flush(within: float = 5) -> None:
    end = time.monotonic() + within
    while _events.unfinished_tasks and time.monotonic() < end:
        time.sleep(0.05)

threading.Thread(target=_send, daemon=True).start()
atexit.register(flush)

record({"action": "user.login", "outcome": "failure", "service": "my-api", "actor": {"id": "u_42"}, "source": {"ip": "203.0.113.7"}})`,
  },
  {
    id: "asgi",
    title: "Python, FastAPI or any ASGI",
    group: "application",
    language: "python",
    note: "Every request as an event, on top of `record` of the requests tab.",
    code: () => `import time

class VedetteMiddleware:
    def __init__(self, app, record, service="my-api"):
        self.app, self.record, self.service = app, record, service

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        started, status, size = time.perf_counter(), 500, 0

        async def watched(message):
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body":
                size += len(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, receive, watched)
        finally:
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
            route = getattr(scope.get("route"), "path", None)
            self.record({
                "action": "http.request", "service": self.service, "outcome": "failure" if status >= 400 else "success",
                "source": {"user_agent": headers.get("user-agent", ""), **({"ip": scope["client"][0]} if scope.get("client") else {})},
                "http": {"method": scope["method"], "host": headers.get("host", ""), "path": scope["path"], "query": scope["query_string"].decode("latin-1"),
                         "status": status, "response_bytes": size, "duration_ms": (time.perf_counter() - started) * 1000, **({"route": route} if route else {})},
            })

# app.add_middleware(VedetteMiddleware, record=record)`,
  },
];

const GO_MIDDLEWARE = `type watched struct {
	http.ResponseWriter
	status, size int
}

func (w *watched) WriteHeader(status int) { w.status = status; w.ResponseWriter.WriteHeader(status) }
func (w *watched) Write(b []byte) (int, error) {
	n, err := w.ResponseWriter.Write(b)
	w.size += n
	return n, err
}

func Middleware(service string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started, out := time.Now(), &watched{w, 200, 0}
		next.ServeHTTP(out, r)
		ip, _, _ := net.SplitHostPort(r.RemoteAddr)
		outcome := "success"
		if out.status >= 400 {
			outcome = "failure"
		}
		Record(map[string]any{
			"action": "http.request", "service": service, "outcome": outcome, "occurred_at": started.UTC().Format(time.RFC3339Nano),
			"source": map[string]any{"ip": ip, "user_agent": r.UserAgent()},
			"http": map[string]any{"method": r.Method, "host": r.Host, "path": r.URL.Path, "query": r.URL.RawQuery, "status": out.status,
				"response_bytes": out.size, "duration_ms": float64(time.Since(started).Microseconds()) / 1000},
		})
	})
}`;

const compiled: Snippet[] = [
  {
    id: "go",
    title: "Go",
    group: "application",
    language: "go",
    note: "Middleware for net/http; call Flush before the process ends. A full buffer drops events rather than slowing requests.",
    code: ({ url, key }) => `package vedette

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"
)

var (
	events           = make(chan map[string]any, 10000)
	waiting, Dropped int64 // counted with atomic
	client           = &http.Client{Timeout: 10 * time.Second}
)

func Record(event map[string]any) {
	if event["id"] == nil { // sent again, it is stored once
		id := make([]byte, 16)
		rand.Read(id)
		event["id"] = hex.EncodeToString(id)
	}
	atomic.AddInt64(&waiting, 1)
	select {
	case events <- event:
	default:
		atomic.AddInt64(&waiting, -1)
		atomic.AddInt64(&Dropped, 1)
	}
}

// Flush waits until everything is sent, at most so long.
func Flush(within time.Duration) {
	for end := time.Now().Add(within); atomic.LoadInt64(&waiting) > 0 && time.Now().Before(end); {
		time.Sleep(50 * time.Millisecond)
	}
}

func init() {
	go func() {
		for first := range events {
			batch := []map[string]any{first}
			for len(batch) < 500 && len(events) > 0 {
				batch = append(batch, <-events)
			}
			send(batch)
			atomic.AddInt64(&waiting, -int64(len(batch)))
		}
	}()
}

func send(batch []map[string]any) {
	body, _ := json.Marshal(batch)
	for wait := time.Second; wait < time.Minute; wait *= 2 {
		request, _ := http.NewRequest("POST", "${url}/api/v1/events?results=errors", bytes.NewReader(body))
		request.Header.Set("Authorization", "Bearer ${key}")
		request.Header.Set("Content-Type", "application/json")
		pause := wait
		if answer, err := client.Do(request); err == nil {
			answer.Body.Close()
			if answer.StatusCode != 429 && answer.StatusCode != 503 {
				return
			}
			if seconds, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil {
				pause = time.Duration(seconds) * time.Second
			}
		}
		time.Sleep(pause)
	}
}

${GO_MIDDLEWARE}`,
  },
  {
    id: "java",
    title: "Java",
    group: "application",
    language: "java",
    file: "Vedette.java",
    note: "Java 11 or newer, no library. Call record from a servlet filter or an interceptor; give each event an id, so that sending again stores once.",
    code: ({ url, key }) => `import java.net.URI;
import java.net.http.*;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.AtomicInteger;

/** Sends events, each a JSON object as text, in the background. */
public final class Vedette {
  private static final BlockingQueue<String> EVENTS = new ArrayBlockingQueue<>(10_000);
  private static final AtomicInteger WAITING = new AtomicInteger();
  private static final HttpClient HTTP = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

  static {
    Thread sender = new Thread(Vedette::send, "vedette");
    sender.setDaemon(true);
    sender.start();
  }

  /** False when the buffer is full and the event was dropped. */
  public static boolean record(String json) {
    WAITING.incrementAndGet();
    boolean taken = EVENTS.offer(json);
    if (!taken) WAITING.decrementAndGet();
    return taken;
  }

  /** Waits until everything is sent, at most so long: for a shutdown hook. */
  public static void flush(long millis) throws InterruptedException {
    for (long end = System.currentTimeMillis() + millis; WAITING.get() > 0 && System.currentTimeMillis() < end; ) Thread.sleep(50);
  }

  private static void send() {
    try {
      while (true) {
        List<String> batch = new ArrayList<>(List.of(EVENTS.take()));
        EVENTS.drainTo(batch, 499);
        HttpRequest request = HttpRequest.newBuilder(URI.create("${url}/api/v1/events?results=errors"))
            .header("Authorization", "Bearer ${key}")
            .header("Content-Type", "application/json")
            .timeout(Duration.ofSeconds(10))
            .POST(HttpRequest.BodyPublishers.ofString("[" + String.join(",", batch) + "]"))
            .build();
        for (int attempt = 0; attempt < 8; attempt++) {
          try {
            HttpResponse<Void> answer = HTTP.send(request, HttpResponse.BodyHandlers.discarding());
            if (answer.statusCode() != 429 && answer.statusCode() != 503) break;
            Thread.sleep(1000 * answer.headers().firstValueAsLong("Retry-After").orElse(1));
          } catch (java.io.IOException unreachable) {
            Thread.sleep(Math.min(30_000, 500L << attempt));
          }
        }
        WAITING.addAndGet(-batch.size());
      }
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    }
  }
}`,
  },
];

/** Application snippets, in the order in which they are offered. */
export const languageSnippets: readonly Snippet[] = [...node, ...python, ...compiled];
