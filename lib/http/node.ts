/** Carries a node:http request to a Web-standard handler and its answer back. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { peerOf } from "./listener";
import { textOf } from "./problem";
import type { Handler } from "./route";

/** Serves one request. A client that goes away ends the body's stream; the handler then fails, and nobody is told. */
export async function serve(handler: Handler, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const request: unknown = new IncomingRequest(incoming);
  await reply(await handler(request as Request, peerOf(incoming)), outgoing); // what handlers use of a Request is all there
  incoming.resume(); // an answer may come before the body: the rest of it is passed over, so that the connection can go on
}

/** The part of `Request` that handlers use, made of a node:http request without copying it through streams. */
export class IncomingRequest {
  readonly #incoming: IncomingMessage;
  #headers: Headers | undefined;

  constructor(incoming: IncomingMessage) {
    this.#incoming = incoming;
  }

  get method(): string {
    return this.#incoming.method ?? "GET";
  }

  /** Path and query; the host is what the client claims, and nothing of ours depends on it. */
  get url(): string {
    return `http://localhost${this.#incoming.url ?? "/"}`;
  }

  get headers(): Headers {
    if (this.#headers) return this.#headers;
    const headers = new Headers();
    const { rawHeaders } = this.#incoming;
    for (let i = 0; i < rawHeaders.length; i += 2) headers.append(rawHeaders[i] ?? "", rawHeaders[i + 1] ?? "");
    this.#headers = headers;
    return headers;
  }

  get body(): ReadableStream | null {
    return this.method === "GET" || this.method === "HEAD" ? null : (Readable.toWeb(this.#incoming) as ReadableStream); // node:stream/web's own type
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    const all = await this.read();
    return all.buffer.slice(all.byteOffset, all.byteOffset + all.length) as ArrayBuffer; // a Buffer's memory is never shared
  }

  async text(): Promise<string> {
    return (await this.read()).toString("utf8");
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }

  /** The whole body. `note` is told of each piece as it comes; what it throws ends the reading. */
  read(note: (bytes: number) => void = () => undefined): Promise<Buffer> {
    const incoming = this.#incoming;
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      const take = (chunk: Buffer) => {
        try {
          note(chunk.length);
          chunks.push(chunk);
        } catch (error) {
          incoming.off("data", take);
          chunks.length = 0;
          reject(error);
        }
      };
      incoming.on("data", take);
      incoming.once("end", () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
      incoming.once("error", reject);
      incoming.once("close", () => reject(new Error("the client went away before its request was complete")));
    });
  }
}

async function reply(response: Response, outgoing: ServerResponse): Promise<void> {
  const headers: Record<string, string> = { "x-content-type-options": "nosniff" };
  response.headers.forEach((value, name) => {
    headers[name] = value;
  });
  const text = textOf(response);
  const body = text === undefined ? Buffer.from(await response.arrayBuffer()) : Buffer.from(text);
  outgoing.writeHead(response.status, { ...headers, "content-length": body.length });
  outgoing.end(body);
}
