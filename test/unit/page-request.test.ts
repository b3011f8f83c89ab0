import net, { type AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createListener } from "@/lib/http/listener";
import { PAGE_BODY_MOST, refusePageRequest } from "@/lib/http/page-request";

const server = createListener((incoming, outgoing) => {
  if (refusePageRequest(incoming, outgoing)) return;
  incoming.resume().on("end", () => outgoing.writeHead(200).end("taken"));
});
beforeAll(() => new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve)));
afterAll(() => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});

/** The first line of the answer to a request of which only the head is sent, and perhaps a little more. */
function answerTo(head: string, { body = "", path = "/act" } = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const { port } = server.address() as AddressInfo; // a TCP server has a port
    const socket = net.connect(port, "127.0.0.1", () => socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\n${head}\r\n\r\n${body}`));
    socket.on("data", (said) => {
      resolve(said.toString().split("\r\n")[0] ?? "");
      socket.destroy();
    });
    socket.on("error", reject);
  });
}

test("a form goes through", async () => {
  expect(await answerTo("Content-Length: 3", { body: "a=b" })).toBe("HTTP/1.1 200 OK");
});

test("a path that is no UTF-8 is told so", async () => {
  for (const path of ["/incidents/%FF", "/rules/%ud800", "/%"])
    expect(await answerTo("Content-Length: 0", { path })).toBe("HTTP/1.1 400 Bad Request");
  expect(await answerTo("Content-Length: 0", { path: "/rules/%F0%9F%92%A9?q=%FF" })).toBe("HTTP/1.1 200 OK");
});

test("a body that is too long, or that does not say how long it is, is refused before it comes", async () => {
  expect(await answerTo(`Content-Length: ${PAGE_BODY_MOST + 1}`)).toBe("HTTP/1.1 413 Payload Too Large");
  expect(await answerTo("Transfer-Encoding: chunked")).toBe("HTTP/1.1 413 Payload Too Large");
});
