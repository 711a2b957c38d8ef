/**
 * Writes the part of the Basic Encoding Rules (X.690) that SNMP uses, always in the shortest form. ber-reader.ts reads
 * it back and draws it.
 */
import type { Oid } from "./oid.js";

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

  /** Gives the place of the contents, for who writes over them later. */
  octets(tag: number, contents: Uint8Array): number {
    this.header(tag, contents.length);
    const contentsAt = this.#position;
    this.written(contents);
    return contentsAt;
  }

  /** Elements that were written before, or octets that are no element. */
  written(octets: Uint8Array): void {
    this.#bytes.set(octets, this.#position);
    this.#position += octets.length;
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

  unsigned32(tag: number, value: number): void {
    const count = unsigned32Octets(value);
    this.header(tag, count);
    for (let index = count - 1; index >= 0; index -= 1) this.#put(index > 3 ? 0 : (value >>> (8 * index)) & 0xff);
  }

  /** The oid is one that parseOid or a reader gave, or was built from such: 2 to 128 sub-identifiers within 32 bits. */
  oid(tag: number, oid: Oid): void {
    this.header(tag, oidOctets(oid));
    this.#subIdentifier(firstTwoJoined(oid));
    for (let index = 2; index < oid.length; index += 1) this.#subIdentifier(oid[index] ?? 0);
  }

  #subIdentifier(value: number): void {
    for (let group = sevenBitGroups(value) - 1; group > 0; group -= 1) {
      this.#put(0x80 | (Math.floor(value / 128 ** group) & 0x7f));
    }
    this.#put(value & 0x7f);
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

export function unsigned32Octets(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x8000) return 2;
  if (value < 0x80_0000) return 3;
  return value < 0x8000_0000 ? 4 : 5;
}

export function oidOctets(oid: Oid): number {
  let count = sevenBitGroups(firstTwoJoined(oid));
  for (let index = 2; index < oid.length; index += 1) count += sevenBitGroups(oid[index] ?? 0);
  return count;
}

/** X.690 section 8.19.4. */
function firstTwoJoined(oid: Oid): number {
  return (oid[0] ?? 0) * 40 + (oid[1] ?? 0);
}

function sevenBitGroups(value: number): number {
  if (value < 2 ** 7) return 1;
  if (value < 2 ** 14) return 2;
  if (value < 2 ** 21) return 3;
  return value < 2 ** 28 ? 4 : 5;
}

function bytesOf(length: number): number {
  if (length < 2 ** 8) return 1;
  if (length < 2 ** 16) return 2;
  return length < 2 ** 24 ? 3 : 4;
}
