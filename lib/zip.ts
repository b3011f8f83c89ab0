/**
 * ZIP archives. Written ones are stored without compression: nothing here needs more, and every tool opens them. Read ones come from strangers: names,
 * counts and sizes are limited, and what is declared is never believed.
 */
import { promisify } from "node:util";
import { crc32, inflateRaw } from "node:zlib";
import { AppError, malformed } from "./errors";

/** One file of the archive. The name is ours: ASCII, no folders above. */
export interface ZipEntry {
  name: string;
  data: Buffer;
}

const UTF8 = 0x0800;

/** DOS date and time of an instant, UTC: two seconds exact, from 1980 on. */
function dosTime(at: Date): { time: number; day: number } {
  const time = (at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1);
  return { time, day: ((Math.max(1980, at.getUTCFullYear()) - 1980) << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate() };
}

/** A written file as the directory tells it. */
interface Told {
  name: Buffer;
  crc: number;
  size: number;
  offset: number;
}

/** The 26 bytes that a file's own header and its line in the directory share; zeros where the header does not know yet. */
function fields({ name, crc, size }: Told, { at, flags }: { at: Date; flags: number }): Buffer {
  const { time, day } = dosTime(at);
  const shared = Buffer.alloc(26);
  shared.writeUInt16LE(20, 0); // version 2.0
  shared.writeUInt16LE(flags, 2);
  shared.writeUInt16LE(0, 4); // stored
  shared.writeUInt16LE(time, 6);
  shared.writeUInt16LE(day, 8);
  shared.writeUInt32LE(crc, 10);
  shared.writeUInt32LE(size, 14);
  shared.writeUInt32LE(size, 18);
  shared.writeUInt16LE(name.length, 22);
  return shared;
}

const header = (file: Told, how: { at: Date; flags: number }): Buffer =>
  Buffer.concat([Buffer.from("PK\u0003\u0004", "latin1"), fields(file, how), file.name]);

/** The directory and the end of an archive whose files take `offset` bytes. */
function directory(told: readonly Told[], how: { at: Date; flags: number; offset: number }): Buffer {
  const lines = told.map((file) => {
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(file.offset, 10);
    return Buffer.concat([Buffer.from("PK\u0001\u0002", "latin1"), Buffer.from([20, 0]), fields(file, how), tail, file.name]);
  });
  const list = Buffer.concat(lines);
  const end = Buffer.alloc(22);
  end.write("PK\u0005\u0006", 0, "latin1");
  end.writeUInt16LE(told.length, 8);
  end.writeUInt16LE(told.length, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(how.offset, 16);
  return Buffer.concat([list, end]);
}

/** The archive; files must stay below 4 GiB together. */
export function zip(entries: readonly ZipEntry[], at: Date): Buffer {
  const told: Told[] = [];
  const parts: Buffer[] = [];
  let offset = 0;
  for (const { name, data } of entries) {
    const file: Told = { name: Buffer.from(name), crc: crc32(data) >>> 0, size: data.length, offset };
    const head = header(file, { at, flags: UTF8 });
    told.push(file);
    parts.push(head, data);
    offset += head.length + data.length;
  }
  return Buffer.concat([...parts, directory(told, { at, flags: UTF8, offset })]);
}

/** One file of an archive that is written as it is made. */
export interface ZipStreamEntry {
  name: string;
  chunks: Iterable<Buffer> | AsyncIterable<Buffer>;
}

/** The sizes and the checksum of a file, after its data. */
function descriptor({ crc, size }: Told): Buffer {
  const after = Buffer.alloc(16);
  after.write("PK\u0007\u0008", 0, "latin1");
  after.writeUInt32LE(crc, 4);
  after.writeUInt32LE(size, 8);
  after.writeUInt32LE(size, 12);
  return after;
}

/** The archive as it is made: nothing is held but one piece. An entry is asked for when the one before it is written. Below 4 GiB together. */
export async function* zipStream(entries: Iterable<ZipStreamEntry> | AsyncIterable<ZipStreamEntry>, at: Date): AsyncGenerator<Buffer> {
  const flags = UTF8 | 0x0008; // sizes come after the data
  const told: Told[] = [];
  let offset = 0;
  const count = (bytes: Buffer): Buffer => {
    offset += bytes.length;
    return bytes;
  };
  for await (const { name, chunks } of entries) {
    const file: Told = { name: Buffer.from(name), crc: 0, size: 0, offset };
    yield count(header(file, { at, flags }));
    for await (const chunk of chunks) {
      file.crc = crc32(chunk, file.crc) >>> 0;
      file.size += chunk.length;
      yield count(chunk);
    }
    yield count(descriptor(file));
    told.push(file);
  }
  yield directory(told, { at, flags, offset });
}

/** How much an archive may hold. `wanted` says which files are read at all; the others are skipped unread. */
export interface ZipLimits {
  entries: number;
  entryBytes: number;
  totalBytes: number;
  wanted: (name: string) => boolean;
}

const ENCRYPTED = 0x0001;
const STORED = 0;
const DEFLATED = 8;
const END_SIZE = 22;
const inflate = promisify<Buffer, { maxOutputLength: number }, Buffer>(inflateRaw);

/** Whether the bytes begin like an archive. */
export const looksZipped = (bytes: Buffer): boolean => /^PK(\u0003\u0004|\u0005\u0006)/.test(bytes.toString("latin1", 0, 4));

/** The wanted files of an archive. Throws `malformed` for what is none or is dangerous, `too_large` past a limit; inflates off the event loop. */
export async function unzip(archive: Buffer, limits: ZipLimits): Promise<ZipEntry[]> {
  const files: ZipEntry[] = [];
  let left = limits.totalBytes;
  for (const entry of readDirectory(archive, limits)) {
    if (entry.name.endsWith("/") || !limits.wanted(entry.name)) continue;
    const data = await readEntry(archive, entry, Math.min(limits.entryBytes, left));
    left -= data.length;
    files.push({ name: entry.name, data });
  }
  return files;
}

interface DirectoryEntry {
  name: string;
  method: number;
  crc: number;
  packed: number;
  offset: number;
}

const broken = () => malformed("This is no ZIP archive, or it is damaged.");

function readDirectory(archive: Buffer, limits: ZipLimits): DirectoryEntry[] {
  const end = archive.lastIndexOf("PK\u0005\u0006", undefined, "latin1");
  if (end < 0 || end + END_SIZE > archive.length) throw broken();
  const count = archive.readUInt16LE(end + 10);
  if (count === 0xffff || count !== archive.readUInt16LE(end + 8))
    throw malformed("Archives in several parts or in ZIP64 form are not read.");
  if (count > limits.entries) throw new AppError("too_large", `The archive holds more than ${limits.entries.toLocaleString("en")} files.`);
  const found: DirectoryEntry[] = [];
  let at = archive.readUInt32LE(end + 16);
  for (let n = 0; n < count; n++) {
    if (at + 46 > end || archive.toString("latin1", at, at + 4) !== "PK\u0001\u0002") throw broken();
    const length = archive.readUInt16LE(at + 28);
    const name = archive.toString("utf8", at + 46, at + 46 + length);
    if (isDangerous(name)) throw malformed("The archive holds a file whose name leads out of it.");
    if (archive.readUInt16LE(at + 8) & ENCRYPTED) throw malformed("Archives with a password are not read.");
    found.push({
      name,
      method: archive.readUInt16LE(at + 10),
      crc: archive.readUInt32LE(at + 16),
      packed: archive.readUInt32LE(at + 20),
      offset: archive.readUInt32LE(at + 42),
    });
    at += 46 + length + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  return found;
}

const isDangerous = (name: string): boolean =>
  name.length > 1_024 || /[\u0000\\]|^\/|^[a-z]:/i.test(name) || name.split("/").includes("..");

async function readEntry(archive: Buffer, { name, method, crc, packed, offset }: DirectoryEntry, most: number): Promise<Buffer> {
  if (offset + 30 > archive.length || archive.toString("latin1", offset, offset + 4) !== "PK\u0003\u0004") throw broken();
  const start = offset + 30 + archive.readUInt16LE(offset + 26) + archive.readUInt16LE(offset + 28);
  if (start + packed > archive.length) throw broken();
  const bytes = archive.subarray(start, start + packed);
  if (method !== STORED && method !== DEFLATED) throw malformed(`${name} is packed in a way that is not read.`);
  const data = method === STORED ? bytes : await inflateAtMost(bytes, name, most);
  if (data.length > most) throw tooLarge(name);
  if (crc32(data) >>> 0 !== crc) throw broken();
  return data;
}

const tooLarge = (name: string) => new AppError("too_large", `${name} is too large, or the archive is, once unpacked.`);

async function inflateAtMost(bytes: Buffer, name: string, most: number): Promise<Buffer> {
  try {
    return await inflate(bytes, { maxOutputLength: Math.max(1, most) });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(name);
    throw broken();
  }
}
