/** The little of Protocol Buffers that OTLP logs need: reading tagged fields within bounds, and writing small answers. Throws `invalid` for broken bytes. */
import { invalid } from "@/lib/errors";

/** One field: `number` and its value by wire type. */
export type WireValue = { type: "varint"; value: bigint } | { type: "fixed"; value: Buffer } | { type: "bytes"; value: Buffer };

const broken = () => invalid("The body is not the protobuf message that this path takes.");

/** Walks the fields of a message in order. Groups (wire types 3 and 4) are refused: no current writer makes them. */
export function* fieldsOf(message: Buffer): Generator<{ number: number; wire: WireValue }> {
  let at = 0;
  while (at < message.length) {
    const tag = varintAt(message, at);
    at = tag.end;
    const number = Number(tag.value >> 3n);
    const type = Number(tag.value & 7n);
    if (number === 0) throw broken();
    if (type === 0) {
      const { value, end } = varintAt(message, at);
      at = end;
      yield { number, wire: { type: "varint", value } };
    } else {
      const length = type === 1 ? 8 : type === 5 ? 4 : type === 2 ? varintAt(message, at) : undefined;
      if (length === undefined) throw broken();
      const start = typeof length === "number" ? at : length.end;
      const size = typeof length === "number" ? length : Number(length.value);
      if (size > message.length - start) throw broken();
      at = start + size;
      yield { number, wire: { type: type === 2 ? "bytes" : "fixed", value: message.subarray(start, at) } };
    }
  }
}

function varintAt(message: Buffer, start: number): { value: bigint; end: number } {
  let value = 0n;
  for (let shift = 0n, at = start; at < message.length && shift < 70n; at += 1, shift += 7n) {
    const byte = message[at] ?? 0;
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return { value: BigInt.asUintN(64, value), end: at + 1 };
  }
  throw broken();
}

/** The bytes of a length-delimited field; throws for another wire type. */
export function bytesOf(wire: WireValue): Buffer {
  if (wire.type !== "bytes") throw broken();
  return wire.value;
}

export const textOf = (wire: WireValue): string => bytesOf(wire).toString("utf8");

/** A signed 64-bit integer as a number where that is exact, else as text. */
export function integerOf(wire: WireValue): number | string {
  if (wire.type !== "varint") throw broken();
  const signed = BigInt.asIntN(64, wire.value);
  const number = Number(signed);
  return Number.isSafeInteger(number) ? number : signed.toString();
}

export function unsigned64Of(wire: WireValue): bigint {
  if (wire.type === "varint") return wire.value;
  if (wire.value.length !== 8) throw broken();
  return wire.value.readBigUInt64LE();
}

export function doubleOf(wire: WireValue): number {
  if (wire.type !== "fixed" || wire.value.length !== 8) throw broken();
  return wire.value.readDoubleLE();
}

/** A field for an answer: a whole number as varint, a text or message as bytes. */
export function field(number: number, value: number | string | Buffer): Buffer {
  if (typeof value === "number") return Buffer.concat([varint(number * 8), varint(value)]);
  const bytes = typeof value === "string" ? Buffer.from(value) : value;
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}
