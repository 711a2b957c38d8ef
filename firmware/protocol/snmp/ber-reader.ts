/**
 * Reads the part of the Basic Encoding Rules (X.690) that SNMP uses (RFC 3417 section 8): one-octet tags, definite
 * lengths, primitive strings. Not an ASN.1 library: what the elements mean is said by pdu.ts and community-message.ts.
 *
 *     +-----+--------------------------+-----------------+
 *     | tag | length: 0 .. 127, or     | contents        |
 *     |     | 0x80+n then n octets     | `length` octets |
 *     +-----+--------------------------+-----------------+
 */
import { type Oid, subIdentifierMax, subIdentifiersMax } from "./oid.js";

/** Longer lengths than these octets can say do not fit a datagram. */
const lengthOctetsMax = 4;

/**
 * Reads one element after the other. The first fault stays: from then on every read gives an empty value and
 * `atEnd` is true, so that a parser reads straight on and asks for `fault` once, at its end.
 */
export class BerReader {
  readonly #bytes: Uint8Array;
  #position = 0;
  #end: number;
  #fault: string | null = null;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#end = bytes.length;
  }

  get fault(): string | null {
    return this.#fault;
  }

  /** Nothing is left of the element that was opened last, or of the whole; also after a fault. */
  get atEnd(): boolean {
    return this.#fault !== null || this.#position >= this.#end;
  }

  /** Tag of the next element, -1 when there is none; moves nothing. */
  get nextTag(): number {
    return this.atEnd ? -1 : (this.#bytes[this.#position] ?? -1);
  }

  fail(reason: string): void {
    this.#fault ??= `${reason} at octet ${this.#position}`;
  }

  /** Goes into a constructed element; what it returns is handed to `close` when its contents were read. */
  open(tag: number, what: string): number {
    const outerEnd = this.#end;
    const length = this.#header(tag, what);
    if (this.#fault === null) this.#end = this.#position + length;
    return outerEnd;
  }

  close(outerEnd: number, what: string): void {
    if (this.#fault === null && this.#position !== this.#end) this.fail(`${what} goes on after its last part`);
    this.#end = outerEnd;
  }

  /** Contents of a primitive element: a view of the bytes, not a copy. */
  octets(tag: number, what: string): Uint8Array {
    const length = this.#header(tag, what);
    if (this.#fault !== null) return new Uint8Array(0);
    const contents = this.#bytes.subarray(this.#position, this.#position + length);
    this.#position += length;
    return contents;
  }

  /** A whole element with its tag and length, unread: a view of the bytes. */
  element(tag: number, what: string): Uint8Array {
    const begin = this.#position;
    this.octets(tag, what);
    return this.#fault === null ? this.#bytes.subarray(begin, this.#position) : new Uint8Array(0);
  }

  /** INTEGER within 32 bits. Leading octets that say nothing are let pass: many agents write four always. */
  signed32(tag: number, what: string): number {
    const contents = this.octets(tag, what);
    if (contents.length < 1 || contents.length > 4) this.fail(`${what} has ${contents.length} octets, not 1 to 4`);
    let value = (contents[0] ?? 0) >= 0x80 ? -1 : 0;
    for (const octet of contents) value = (value << 8) | octet;
    return this.#fault === null ? value : 0;
  }

  /** Unsigned types are two's complement too, so the largest have a leading zero octet: 5 octets for 32 bits, 9 for 64. */
  unsigned(tag: number, bits: 32 | 64, what: string): bigint {
    const contents = this.octets(tag, what);
    const octetsMax = bits / 8 + 1;
    const isWithin = contents.length <= octetsMax - 1 || (contents.length === octetsMax && contents[0] === 0);
    if (contents.length < 1 || !isWithin)
      this.fail(`${what} has ${contents.length} octets, more than ${bits} bits or none`);
    else if ((contents[0] ?? 0) >= 0x80) this.fail(`${what} is negative`);
    if (this.#fault !== null) return 0n;
    let value = 0n;
    for (const octet of contents) value = (value << 8n) | BigInt(octet);
    return value;
  }

  oid(tag: number, what: string): Oid {
    const contents = this.octets(tag, what);
    const oid: number[] = [];
    let subIdentifier = 0;
    let isWhole = true;
    for (const octet of contents) {
      if (isWhole && octet === 0x80) this.fail(`${what} has a padded sub-identifier`);
      subIdentifier = subIdentifier * 128 + (octet & 0x7f);
      isWhole = octet < 0x80;
      if (subIdentifier > subIdentifierMax) this.fail(`${what} has a sub-identifier above 4294967295`);
      if (oid.length >= subIdentifiersMax) this.fail(`${what} has more than ${subIdentifiersMax} sub-identifiers`);
      if (this.#fault !== null) return [];
      if (!isWhole) continue;
      if (oid.length === 0) oid.push(...firstTwo(subIdentifier));
      else oid.push(subIdentifier);
      subIdentifier = 0;
    }
    if (contents.length === 0 || !isWhole) this.fail(`${what} is cut short`);
    return this.#fault === null ? oid : [];
  }

  #header(tag: number, what: string): number {
    if (this.#fault !== null) return 0;
    if (this.atEnd || this.#bytes[this.#position] !== tag) {
      const found = this.atEnd ? "nothing" : `tag 0x${(this.#bytes[this.#position] ?? 0).toString(16)}`;
      this.fail(`${what} wanted, found ${found}`);
      return 0;
    }
    this.#position += 1;
    const length = this.#length(what);
    if (this.#fault === null && length > this.#end - this.#position) this.fail(`${what} is cut short`);
    return length;
  }

  #length(what: string): number {
    const first = this.#octet();
    if (first < 0x80) return first;
    const count = first & 0x7f;
    if (count === 0 || count > lengthOctetsMax || count > this.#end - this.#position) {
      this.fail(`${what} has a length of no use`);
      return 0;
    }
    let length = 0;
    for (let index = 0; index < count; index += 1) length = length * 256 + this.#octet();
    return length;
  }

  #octet(): number {
    if (this.#position >= this.#end) {
      this.fail("cut short");
      return 0;
    }
    const octet = this.#bytes[this.#position] ?? 0;
    this.#position += 1;
    return octet;
  }
}

/** X.690 section 8.19.4: the first two sub-identifiers share one number, 40 * first + second. */
function firstTwo(joined: number): [number, number] {
  if (joined < 40) return [0, joined];
  return joined < 80 ? [1, joined - 40] : [2, joined - 80];
}
