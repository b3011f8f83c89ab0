/** Taking events in: a named list of steps (authenticate, decode, validate, redact, enrich, append). Formats and protocols map to the one event and join at validate. */

/** What one request and one event may cost us. Bytes are bytes, everything else counts. A body that breaks one is answered with a problem document before it is parsed. */
export interface IngestLimits {
  /** Bytes of the body as sent. */
  rawBytes: number;
  /** Bytes of the body after decompression. */
  inflatedBytes: number;
  /** Events in one body. */
  items: number;
  /** Bytes of one event as JSON. */
  itemLength: number;
  depth: number;
  keys: number;
  stringLength: number;
  arrayLength: number;
}

export const defaultLimits: IngestLimits = {
  rawBytes: 8 * 1024 * 1024, // shippers cut their batches at 5 MiB or less
  inflatedBytes: 32 * 1024 * 1024,
  items: 10_000,
  itemLength: 256 * 1024,
  depth: 32,
  keys: 1_000,
  stringLength: 64 * 1024,
  arrayLength: 1_000,
};
