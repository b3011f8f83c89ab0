/** Lines of a file, of a compressed file, or of standard input, with bounded memory. */
import fs from "node:fs";
import { pipeline, type Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { createGunzip } from "node:zlib";
import { AppError } from "@/lib/errors";

/** A line longer than this is cut off and told as such by the reader: no log has it, and memory stays bounded. */
const LONGEST_LINE = 1024 * 1024;

/** A JSON document is read whole; CloudTrail's are about a megabyte. */
const LONGEST_DOCUMENT = 256 * 1024 * 1024;

/** What reading tells while it goes on: bytes taken from the disk, before decompression. */
export interface Reading {
  bytes: number;
}

/** The bytes of a file, gunzipped when they begin as gzip does, whatever the name says. `-` is standard input. */
async function* chunksOf(file: string, reading: Reading): AsyncGenerator<Buffer> {
  const raw: Readable = file === "-" ? process.stdin : fs.createReadStream(file, { highWaterMark: 256 * 1024 });
  raw.on("data", (chunk: Buffer) => {
    reading.bytes += chunk.length;
  });
  raw.pause();
  const source = (await isGzip(file)) ? pipeline(raw, createGunzip(), () => undefined) : raw; // errors come out of the iteration below
  try {
    for await (const chunk of source) yield chunk as Buffer; // no encoding is set: streams give buffers
  } catch (error) {
    throw new AppError("invalid", `${file} cannot be read to its end: ${error instanceof Error ? error.message : "unknown reason"}.`);
  }
}

async function isGzip(file: string): Promise<boolean> {
  if (file === "-") return false;
  const handle = await fs.promises.open(file);
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await handle.close();
  }
}

/** Every line, without its end. The last one counts even without a newline: a file that is imported is whole. */
export async function* linesOf(file: string, reading: Reading): AsyncGenerator<string> {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  for await (const chunk of chunksOf(file, reading)) {
    const lines = (rest + decoder.write(chunk)).split("\n");
    rest = (lines.pop() ?? "").slice(0, LONGEST_LINE);
    yield* lines;
  }
  rest += decoder.end();
  if (rest !== "") yield rest;
}

/** The whole text of a file. Throws `too_large` past 256 MiB. */
export async function textOf(file: string, reading: Reading): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunksOf(file, reading)) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > LONGEST_DOCUMENT)
      throw new AppError("too_large", `${file} is one JSON document of more than 256 MiB: split it, or make it one record a line.`);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** The first lines of a file, to see what it is. */
export async function firstLines(file: string, count: number): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of linesOf(file, { bytes: 0 })) {
    lines.push(line);
    if (lines.length >= count) break;
  }
  return lines;
}
