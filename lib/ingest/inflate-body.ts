/** Undoing Content-Encoding with a hard cap on what comes out. */
import * as zlib from "node:zlib";
import { promisify } from "node:util";
import { AppError, malformed } from "@/lib/errors";

type Inflate = (body: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;

const gunzip: Inflate = promisify(zlib.gunzip);
const inflate: Inflate = promisify(zlib.inflate);
const inflateRaw: Inflate = promisify(zlib.inflateRaw);
const brotli: Inflate = promisify(zlib.brotliDecompress);

/** "deflate" means zlib's wrapper, but some clients send the bare stream. */
const deflate: Inflate = (body, options) =>
  (body[0] ?? 0) % 16 === 8 && body.readUInt16BE(0) % 31 === 0 ? inflate(body, options) : inflateRaw(body, options);

const inflaters: Record<string, Inflate> = {
  gzip: gunzip,
  "x-gzip": gunzip,
  deflate,
  br: brotli,
};

// Node has zstd from 22.15 on.
const zstd: unknown = Reflect.get(zlib, "zstdDecompress");
if (typeof zstd === "function") inflaters.zstd = promisify(zstd as typeof zlib.gunzip) as Inflate; // same signature as its siblings

/** The content encodings that this Node can undo. */
export const contentEncodings: readonly string[] = Object.keys(inflaters);

/** Undoes one Content-Encoding off the event loop. Throws `too_large` past `maxBytes`, `malformed` for broken data, `unsupported` for an unknown or doubled encoding. */
export async function inflateBody(body: Buffer, contentEncoding: string | null | undefined, maxBytes: number): Promise<Buffer> {
  const encoding = contentEncoding?.trim().toLowerCase();
  if (!encoding || encoding === "identity") return body;
  const undo = Object.hasOwn(inflaters, encoding) ? inflaters[encoding] : undefined;
  if (!undo) throw new AppError("unsupported", `Content-Encoding may be one of ${contentEncodings.join(", ")}, once.`);
  if (body.length < 2) throw malformed(`The body is not ${encoding}.`);
  try {
    return await undo(body, { maxOutputLength: maxBytes });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE")
      throw new AppError("too_large", `The body inflates to more than ${maxBytes} bytes.`);
    throw malformed(`The body is not ${encoding}.`);
  }
}
