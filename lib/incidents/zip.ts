/** A ZIP archive of a few files, stored without compression: nothing here needs more, and every tool opens it. Pure. */
import { crc32 } from "node:zlib";

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

function fields(entry: ZipEntry, at: Date): Buffer {
  const { time, day } = dosTime(at);
  const shared = Buffer.alloc(26);
  shared.writeUInt16LE(20, 0); // version 2.0
  shared.writeUInt16LE(UTF8, 2);
  shared.writeUInt16LE(0, 4); // stored
  shared.writeUInt16LE(time, 6);
  shared.writeUInt16LE(day, 8);
  shared.writeUInt32LE(crc32(entry.data) >>> 0, 10);
  shared.writeUInt32LE(entry.data.length, 14);
  shared.writeUInt32LE(entry.data.length, 18);
  shared.writeUInt16LE(Buffer.byteLength(entry.name), 22);
  return shared;
}

/** The archive; files must stay below 4 GiB together. */
export function zip(entries: readonly ZipEntry[], at: Date): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const name = Buffer.from(entry.name);
    const shared = fields(entry, at);
    const local = Buffer.concat([Buffer.from("PK\u0003\u0004", "latin1"), shared, name]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from("PK\u0001\u0002", "latin1"), Buffer.from([20, 0]), shared, tail, name]));
    parts.push(local, entry.data);
    offset += local.length + entry.data.length;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\u0005\u0006", 0, "latin1");
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, list, end]);
}
