/**
 * The lines of an MGCP datagram one after another, without making a text of each: where they are. Lines end in CR LF or a
 * bare LF (RFC 3435 section 3.1); a line of one dot stands between two messages (section 3.5.5).
 */
export class MessageLines {
  readonly text: string;
  /** The present line without the white space around it. */
  start = 0;
  end = 0;
  /** With it. */
  #lineStart = 0;
  #lineEnd = 0;
  #next = 0;
  #count = 0;
  #isBehindMessage = false;

  constructor(text: string) {
    this.text = text;
  }

  /** To the next line of the message; false behind its last. */
  advance(): boolean {
    if (this.#isBehindMessage || this.#next > this.text.length) return false;
    const { text } = this;
    const lineFeed = text.indexOf("\n", this.#next);
    this.#lineStart = this.#next;
    this.#lineEnd = lineFeed < 0 ? text.length : lineFeed;
    this.#next = this.#lineEnd + 1;
    if (lineFeed > this.#lineStart && text.charCodeAt(lineFeed - 1) === carriageReturn) this.#lineEnd -= 1;
    this.start = skipBlanks(text, this.#lineStart, this.#lineEnd);
    this.end = this.#lineEnd;
    while (this.end > this.start && isBlank(text.charCodeAt(this.end - 1))) this.end -= 1;
    this.#count += 1;
    this.#isBehindMessage = this.end - this.start === 1 && text.charCodeAt(this.start) === dot;
    return !this.#isBehindMessage;
  }

  /** To the next message. False: there is none, for nothing but white space follows. */
  advanceMessage(): boolean {
    while (this.advance());
    const isSeparated = this.#isBehindMessage;
    this.#isBehindMessage = false;
    this.#count = 0;
    return isSeparated && this.#isMoreThanWhiteSpace();
  }

  #isMoreThanWhiteSpace(): boolean {
    for (let at = this.#next; at < this.text.length; at += 1) {
      const code = this.text.charCodeAt(at);
      if (!isBlank(code) && code !== carriageReturn && code !== lineFeedCode) return true;
    }
    return false;
  }

  get isEmpty(): boolean {
    return this.start === this.end;
  }

  /** Lines of this message so far. */
  get count(): number {
    return this.#count;
  }

  /** As it stands, without its end. */
  get line(): string {
    return this.text.slice(this.#lineStart, this.#lineEnd);
  }
}

/** Where the text goes on behind spaces and tabs. */
export function skipBlanks(text: string, start: number, end: number): number {
  let at = start;
  while (at < end && isBlank(text.charCodeAt(at))) at += 1;
  return at;
}

/** Where the word that begins here ends. */
export function wordEnd(text: string, start: number, end: number): number {
  let at = start;
  while (at < end && !isBlank(text.charCodeAt(at))) at += 1;
  return at;
}

export function isBlank(code: number): boolean {
  return code === space || code === tab;
}

const space = 0x20;
const tab = 0x09;
const carriageReturn = 0x0d;
const lineFeedCode = 0x0a;
const dot = 0x2e;
