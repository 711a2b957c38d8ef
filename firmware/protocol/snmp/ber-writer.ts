/**
 * Writes the part of the Basic Encoding Rules (X.690) that SNMP uses, always in the shortest form. ber-reader.ts reads
 * it back and draws it.
 */
import { type Oid, oidFault } from "./oid.js";

/**
 * Writes elements in their order into room of a known size. Lengths stand before contents, so the sizes are worked out
 * first, by the functions below.
 */
export class BerWriter {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(octets: number) {
    this.#bytes = new Uint8Array(octets);
  }

  /** What was written; an impossible difference to the size announced is an error of ours. */
  finish(): Uint8Array {
    if (this.#position !== this.#bytes.length)
      throw new Error(`wrote ${this.#position} of ${this.#bytes.length} octets`);
    return this.#bytes;
  }

  header(tag: number, length: number): void {
    this.#put(tag);
    if (length < 0x80) {
      this.#put(length);
      return;
    }
    const count = bytesOf(length);
    this.#put(0x80 | count);
    for (let shift = count - 1; shift >= 0; shift -= 1) this.#put(Math.floor(length / 256 ** shift) & 0xff);
  }

  octets(tag: number, contents: Uint8Array): void {
    this.header(tag, contents.length);
    this.#bytes.set(contents, this.#position);
    this.#position += contents.length;
  }

  signed32(tag: number, value: number): void {
    const count = signed32Octets(value);
    this.header(tag, count);
    for (let index = count - 1; index >= 0; index -= 1) this.#put((value >> (8 * index)) & 0xff);
  }

  unsigned(tag: number, value: bigint): void {
    const count = unsignedOctets(value);
    this.header(tag, count);
    for (let index = count - 1; index >= 0; index -= 1) this.#put(Number((value >> BigInt(8 * index)) & 0xffn));
  }

  oid(tag: number, oid: Oid): void {
    this.header(tag, oidOctets(oid));
    for (const number of joinedFirstTwo(oid)) {
      for (let index = sevenBitGroups(number) - 1; index > 0; index -= 1) {
        this.#put(0x80 | (Math.floor(number / 128 ** index) & 0x7f));
      }
      this.#put(number & 0x7f);
    }
  }

  #put(octet: number): void {
    this.#bytes[this.#position] = octet;
    this.#position += 1;
  }
}

/** Octets of a whole element with these many octets of contents. */
export function elementOctets(contentOctets: number): number {
  return 1 + (contentOctets < 0x80 ? 1 : 1 + bytesOf(contentOctets)) + contentOctets;
}

/** Octets of the contents, sign bit included. */
export function signed32Octets(value: number): number {
  let count = 1;
  for (let rest = value >> 7; rest !== 0 && rest !== -1; rest >>= 8) count += 1;
  return count;
}

/** Octets of the contents, with the zero octet that keeps a large number positive. */
export function unsignedOctets(value: bigint): number {
  let count = 1;
  for (let rest = value >> 7n; rest !== 0n; rest >>= 8n) count += 1;
  return count;
}

export function oidOctets(oid: Oid): number {
  let count = 0;
  for (const number of joinedFirstTwo(oid)) count += sevenBitGroups(number);
  return count;
}

function joinedFirstTwo(oid: Oid): Oid {
  const fault = oidFault(oid);
  if (fault !== null) throw new Error(fault);
  return [(oid[0] ?? 0) * 40 + (oid[1] ?? 0), ...oid.slice(2)];
}

function sevenBitGroups(number: number): number {
  let count = 1;
  for (let rest = Math.floor(number / 128); rest > 0; rest = Math.floor(rest / 128)) count += 1;
  return count;
}

function bytesOf(length: number): number {
  let count = 1;
  for (let rest = Math.floor(length / 256); rest > 0; rest = Math.floor(rest / 256)) count += 1;
  return count;
}
