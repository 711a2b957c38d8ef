/**
 * Cuts a stream (TCP) into SIP messages: RFC 3261 section 18.3, by the empty line and Content-Length, which every message
 * of a stream must have (section 20.14). CRLF CRLF between messages is a keep-alive (RFC 5626 section 3.5.1). What the
 * messages say is parse.ts's affair; how long one may take to come, the edge's.
 *
 *     [CRLF CRLF] head CRLF CRLF body (Content-Length bytes) head …
 */
import { headBytesMax } from "./parse.js";

export interface FramedMessages {
  readonly messages: readonly Uint8Array[];
  /** Keep-alives; each wants CRLF as its answer. */
  readonly pings: number;
  /** Why nothing more can be read of this stream, or null. */
  readonly fault: string | null;
}

const contentLength = /^(?:content-length|l)[ \t]*:(?:[ \t]|\r\n[ \t])*(\d{1,9})[ \t]*$/gim;
const emptyLine = "\r\n\r\n";

export class SipStreamFramer {
  readonly #messageBytesMax: number;
  #pieces: Uint8Array[] = [];
  #held = 0;
  /** Bytes of the message that is coming; null until its head is there. */
  #wanted: number | null = null;
  #fault: string | null = null;

  /** messageBytesMax: head and body together. */
  constructor(messageBytesMax: number) {
    this.#messageBytesMax = messageBytesMax;
  }

  /** A message has begun to come and is not whole. */
  get isWithin(): boolean {
    return this.#held > 0;
  }

  /** What came next; after a fault nothing is read any more. */
  push(bytes: Uint8Array): FramedMessages {
    const messages: Uint8Array[] = [];
    let pings = 0;
    if (this.#fault === null) this.#hold(bytes);
    while (this.#fault === null && this.#held > 0 && this.#held >= (this.#wanted ?? 0)) {
      if (this.#wanted === null) {
        const blank = this.#dropBlank();
        pings += blank.pings;
        if (this.#held > 0 && !this.#readHead()) break;
      } else messages.push(this.#take(this.#wanted));
    }
    return { messages, pings, fault: this.#fault };
  }

  #hold(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#pieces.push(bytes);
    this.#held += bytes.length;
  }

  /** Gives the pieces as one. Joined only where something may have come to its end: a long body costs one copy. */
  #joined(): Buffer {
    const joined = Buffer.concat(this.#pieces);
    this.#pieces = [joined];
    return joined;
  }

  #take(length: number): Uint8Array {
    const joined = this.#joined();
    this.#keep(joined.subarray(length));
    this.#wanted = null;
    return joined.subarray(0, length);
  }

  #keep(rest: Uint8Array): void {
    this.#pieces = rest.length === 0 ? [] : [rest];
    this.#held = rest.length;
  }

  #dropBlank(): { readonly pings: number } {
    const joined = this.#joined();
    let lines = 0;
    while (joined[2 * lines] === 13 && joined[2 * lines + 1] === 10) lines += 1;
    this.#keep(joined.subarray(2 * lines));
    return { pings: Math.floor(lines / 2) };
  }

  /** False: the head is not there yet, or there will be none. */
  #readHead(): boolean {
    const joined = this.#joined();
    const end = joined.subarray(0, headBytesMax + emptyLine.length).indexOf(emptyLine);
    if (end < 0) {
      if (joined.length > headBytesMax) this.#fault = `no empty line within ${headBytesMax} bytes`;
      return false;
    }
    const lengths = new Set([...joined.toString("latin1", 0, end).matchAll(contentLength)].map(([, digits]) => digits));
    const [length] = lengths;
    const wanted = end + emptyLine.length + Number(length);
    if (length === undefined) this.#fault = "a message of a stream without Content-Length";
    else if (lengths.size > 1) this.#fault = "two Content-Lengths";
    else if (wanted > this.#messageBytesMax)
      this.#fault = `a message of ${wanted} bytes, more than ${this.#messageBytesMax}`;
    else this.#wanted = wanted;
    return this.#fault === null;
  }
}
