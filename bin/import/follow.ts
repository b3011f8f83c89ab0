/** Follows a growing file over rotation, truncation and our own restarts. The place is the caller's to keep: it is saved only once the lines are safe elsewhere. */
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";

/**
 * How far a file was read: which file it was (inode), the bytes and lines behind us, and the file's identity for event ids. `head` knows the file by its first
 * bytes: one that was emptied in place and has grown past our offset again is another file under the same inode.
 */
export interface Place {
  inode: number;
  offset: number;
  line: number;
  identity?: string | undefined;
  head?: Head | undefined;
}

interface Head {
  length: number;
  hash: string;
}

const HEAD_BYTES = 512;

/** One complete line and its number in its file; `place` is where reading stands after it. */
export interface FollowedLine {
  text: string;
  line: number;
}

const CHUNK = 256 * 1024;

/** Lines in one turn: what is read ahead of what is sent. */
const LINES_A_TURN = 2000;

export class Follower {
  private descriptor: number | undefined;
  private rest = Buffer.alloc(0);
  /** Called when another file begins: event ids and readers start anew. */
  onNewFile: () => void = () => undefined;

  constructor(
    readonly file: string,
    public place: Place,
  ) {}

  /** A follower that goes on at `saved`; without it at the beginning, or at the end of what is there now. */
  static open(file: string, saved: Place | undefined, fromStart: boolean): Follower {
    const stat = fs.statSync(file, { throwIfNoEntry: false });
    if (saved) return new Follower(file, saved);
    if (!stat || fromStart) return new Follower(file, { inode: stat?.ino ?? 0, offset: 0, line: 0 });
    return new Follower(file, { inode: stat.ino, ...endOf(file) });
  }

  /** The lines that came since the last call, 2,000 at most; empty when there is nothing new. */
  read(): FollowedLine[] {
    if (this.descriptor === undefined && !this.openPlace()) return [];
    if (this.isAnother()) this.begin(this.place.inode);
    const lines = this.readOn();
    if (lines.length > 0) return lines;
    return this.rotated() ? this.lastLine() : [];
  }

  /** True when the file no longer begins as it did. */
  private isAnother(): boolean {
    const { head } = this.place;
    return head !== undefined && this.headOf(head.length) !== head.hash;
  }

  private headOf(length: number): string | undefined {
    if (this.descriptor === undefined) return undefined;
    const bytes = Buffer.alloc(length);
    const found = fs.readSync(this.descriptor, bytes, 0, length, 0);
    return found < length ? undefined : createHash("sha256").update(bytes).digest("base64url");
  }

  /** Learns the beginning of what is behind us, until there is enough of it. */
  private noteHead(): void {
    const length = Math.min(HEAD_BYTES, this.place.offset);
    if (length === 0 || (this.place.head?.length ?? 0) >= length) return;
    const hash = this.headOf(length);
    if (hash) this.place = { ...this.place, head: { length, hash } };
  }

  close(): void {
    if (this.descriptor !== undefined) fs.closeSync(this.descriptor);
    this.descriptor = undefined;
  }

  /** Opens the file that we were reading, under its own name or the one that rotation gave it; else the one that is there now. */
  private openPlace(): boolean {
    const current = fs.statSync(this.file, { throwIfNoEntry: false });
    const name = current?.ino === this.place.inode ? this.file : (this.renamed() ?? (current ? this.file : undefined));
    if (name === undefined) return false;
    this.descriptor = fs.openSync(name, "r");
    const { ino, size } = fs.fstatSync(this.descriptor);
    if (ino !== this.place.inode || size < this.place.offset || this.isAnother()) this.begin(ino);
    return true;
  }

  /** The file we were reading under another name in the same folder. */
  private renamed(): string | undefined {
    return this.rotatedFiles().find(({ inode }) => inode === this.place.inode)?.name;
  }

  /** What rotation made of our file (`.1`, `-20261123`, `.2026-11-23` …), still readable; oldest writing first. */
  private rotatedFiles(): { name: string; inode: number; writtenAt: bigint }[] {
    const [folder, base] = [path.dirname(this.file), path.basename(this.file)];
    return fs
      .readdirSync(folder)
      .filter((name) => name.startsWith(base) && /^[.-][\d.T_-]+$/.test(name.slice(base.length)))
      .flatMap((name) => {
        const stat = fs.statSync(path.join(folder, name), { throwIfNoEntry: false, bigint: true });
        return stat ? [{ name: path.join(folder, name), inode: Number(stat.ino), writtenAt: stat.mtimeNs }] : [];
      })
      .sort((one, other) => (one.writtenAt < other.writtenAt ? -1 : 1));
  }

  /** The file that came after ours: it may have been rotated away too while we were down or behind. */
  private nextInode(): number | undefined {
    const rotated = this.rotatedFiles();
    const ours = rotated.find(({ inode }) => inode === this.place.inode);
    const next = ours && rotated.find(({ writtenAt }) => writtenAt > ours.writtenAt);
    return next?.inode ?? fs.statSync(this.file, { throwIfNoEntry: false })?.ino;
  }

  private begin(inode: number): void {
    this.place = { inode, offset: 0, line: 0 };
    this.rest = Buffer.alloc(0);
    this.onNewFile();
  }

  private readOn(): FollowedLine[] {
    const lines: FollowedLine[] = [];
    const chunk = Buffer.alloc(CHUNK);
    while (lines.length < LINES_A_TURN && this.descriptor !== undefined) {
      const length = fs.readSync(this.descriptor, chunk, 0, CHUNK, this.place.offset + this.rest.length);
      if (length === 0) break;
      this.rest = Buffer.concat([this.rest, chunk.subarray(0, length)]);
      this.takeLines(lines);
      if (this.rest.length > 1024 * 1024) this.takeLine(lines, this.rest.length, 0); // no log has a line of a megabyte: memory stays bounded
    }
    this.noteHead();
    return lines;
  }

  private takeLines(lines: FollowedLine[]): void {
    for (let end = this.rest.indexOf(10); end >= 0; end = this.rest.indexOf(10)) this.takeLine(lines, end, 1);
  }

  private takeLine(lines: FollowedLine[], length: number, ending: number): void {
    const text = this.rest.subarray(0, length).toString("utf8");
    this.rest = this.rest.subarray(length + ending);
    this.place = { ...this.place, offset: this.place.offset + length + ending, line: this.place.line + 1 };
    lines.push({ text, line: this.place.line });
  }

  /** True when another file has the name now, or the same one was emptied (copytruncate). */
  private rotated(): boolean {
    const current = fs.statSync(this.file, { throwIfNoEntry: false });
    if (!current || this.descriptor === undefined) return false; // between rename and create: the old file may still be written
    return current.ino !== this.place.inode || current.size < this.place.offset;
  }

  /** What the old file ended with; when that is told, the file after it. */
  private lastLine(): FollowedLine[] {
    const lines = this.readOn(); // written between our last read and the rotation
    if (lines.length > 0) return lines;
    if (this.rest.length > 0) this.takeLine(lines, this.rest.length, 0);
    if (lines.length > 0) return lines;
    const next = this.nextInode();
    if (next === undefined) return [];
    this.close();
    this.begin(next);
    return this.read();
  }
}

/** The bytes and lines of a file as it is now, up to the end of its last whole line. */
function endOf(file: string): { offset: number; line: number } {
  const descriptor = fs.openSync(file, "r");
  const chunk = Buffer.alloc(CHUNK);
  let [offset, line, at] = [0, 0, 0];
  for (let length = fs.readSync(descriptor, chunk, 0, CHUNK, 0); length > 0; length = fs.readSync(descriptor, chunk, 0, CHUNK, at)) {
    for (let end = chunk.subarray(0, length).indexOf(10); end >= 0; end = chunk.subarray(0, length).indexOf(10, end + 1)) {
      line += 1;
      offset = at + end + 1;
    }
    at += length;
  }
  fs.closeSync(descriptor);
  return { offset, line };
}
