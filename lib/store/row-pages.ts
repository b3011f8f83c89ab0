/** Memory for the rows of COPY: pages that are used again, because fresh memory costs more than what is written into it. Outside of the heap, so that waiting rows cost the collector nothing. */

const PAGE = 256 * 1024;
const SPARE_PAGES = 64; // 16 MiB

interface Page {
  bytes: Buffer;
  used: number;
  /** Rows in it that somebody still needs. */
  rows: number;
}

/** Where a row is: bytes `start` to `end` of a page. */
export interface Row {
  readonly page: Page;
  readonly start: number;
  readonly end: number;
}

const spare: Buffer[] = [];
const emptyPage = (): Page => ({ bytes: spare.pop() ?? Buffer.allocUnsafeSlow(PAGE), used: 0, rows: 0 });
let current = emptyPage();

/** Writes a row, which is the two texts one after the other. It stays until it is given back. */
export function writeRow(head: string, tail: string): Row {
  const most = (head.length + tail.length) * 3; // UTF-8 of one UTF-16 unit
  if (most > PAGE) {
    const bytes = Buffer.from(head + tail);
    return { page: { bytes, used: bytes.length, rows: 1 }, start: 0, end: bytes.length };
  }
  if (current.used + most > PAGE) current = emptyPage();
  const page = current;
  const start = page.used;
  page.used += page.bytes.write(head, start);
  page.used += page.bytes.write(tail, page.used);
  page.rows++;
  return { page, start, end: page.used };
}

/** The rows of events as few pieces as possible: those that lie side by side go together. */
export function* piecesOf(events: Iterable<{ row: Row }>): Iterable<Buffer> {
  let piece: { page: Page; start: number; end: number } | undefined;
  for (const { row } of events) {
    if (piece && piece.page === row.page && piece.end === row.start) {
      piece.end = row.end;
      continue;
    }
    if (piece) yield piece.page.bytes.subarray(piece.start, piece.end);
    piece = { ...row };
  }
  if (piece) yield piece.page.bytes.subarray(piece.start, piece.end);
}

/** Once nobody reads the rows of these events any more: a page without rows is written again. Rows that are never given back are only memory for the collector. */
export function giveBack(events: Iterable<{ row: Row }>): void {
  for (const { row } of events) {
    const { page } = row;
    if (--page.rows > 0) continue;
    if (page === current) page.used = 0;
    else if (page.bytes.length === PAGE && spare.length < SPARE_PAGES) spare.push(page.bytes);
  }
}
