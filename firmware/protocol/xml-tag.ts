/**
 * One start tag or empty-element tag of XML and its attributes (XML 1.0 section 3.1), read where it lies: a document of
 * ten thousand connections has three hundred thousand attributes, and what nobody asks for is not made a string.
 *
 *   <name attribute="value" other='value'>     <name … />
 */
import { type ParseResult, parsed, refused } from "./parse-result.js";
import { plainValue } from "./xml-text.js";

export const attributesMax = 64;

export interface XmlTag {
  /** As written, with its prefix. */
  readonly qualifiedName: string;
  readonly attributes: XmlAttributes;
  /** Some of them are declarations of namespaces. */
  readonly declares: boolean;
  /** It is the whole element. */
  readonly isEmpty: boolean;
  /** Behind its `>`. */
  readonly end: number;
}

/** Of each attribute: where its name and its value begin and end, and a number that tells most names apart. */
const numbersEach = 5;

/** Attributes by their names as written, prefix included. */
export class XmlAttributes {
  readonly #text: string;
  readonly #places: readonly number[];
  /** No value holds a reference or white space other than a space. */
  readonly #isPlain: boolean;
  /** Most are asked for in their order. */
  #next = 0;

  /** places: from TagReader. */
  constructor(text: string, places: readonly number[], isPlain: boolean) {
    this.#text = text;
    this.#places = places;
    this.#isPlain = isPlain;
  }

  get(name: string): string | undefined {
    const found = this.#find(name, this.#next, this.#places.length) ?? this.#find(name, 0, this.#next);
    if (found === null) return undefined;
    this.#next = found + numbersEach;
    return this.#valueAt(found);
  }

  /** Name and value of those whose name begins so. */
  *beginningWith(start: string): Generator<readonly [name: string, value: string]> {
    for (let at = 0; at < this.#places.length; at += numbersEach) {
      const nameAt = this.#places[at] ?? 0;
      if (!this.#text.startsWith(start, nameAt)) continue;
      yield [this.#text.slice(nameAt, this.#places[at + 1]), this.#valueAt(at)];
    }
  }

  #find(name: string, from: number, to: number): number | null {
    for (let at = from; at < to; at += numbersEach) {
      const nameAt = this.#places[at] ?? 0;
      if ((this.#places[at + 1] ?? 0) - nameAt === name.length && this.#text.startsWith(name, nameAt)) return at;
    }
    return null;
  }

  #valueAt(at: number): string {
    const value = this.#text.slice(this.#places[at + 2], this.#places[at + 3]);
    return this.#isPlain ? value : (plainValue(value) ?? "");
  }
}

/** The tag whose `<` is at `start`. */
export function readTag(text: string, start: number): ParseResult<XmlTag> {
  const nameEnd = nameEndAt(text, start + 1);
  if (nameEnd < 0) return refused(`bad or forbidden markup at character ${start}`);
  const qualifiedName = text.slice(start + 1, nameEnd);
  const reader = new TagReader(text, nameEnd);
  const failure = reader.readAll();
  if (failure !== null) return refused(`${failure} in <${qualifiedName.slice(0, nameCharactersShown)}>`);
  const { declares, isEmpty, at: end } = reader;
  return parsed({ qualifiedName, attributes: reader.attributes(), declares, isEmpty, end });
}

const nameCharactersShown = 32;
const declaration = "xmlns";

class TagReader {
  readonly #text: string;
  readonly #places: number[] = [];
  #isPlain = true;
  declares = false;
  isEmpty = false;
  at: number;

  constructor(text: string, at: number) {
    this.#text = text;
    this.at = at;
  }

  attributes(): XmlAttributes {
    return new XmlAttributes(this.#text, this.#places, this.#isPlain);
  }

  /** To behind the end of the tag; why not, or null. */
  readAll(): string | null {
    for (;;) {
      const start = blankEndAt(this.#text, this.at);
      const code = this.#text.charCodeAt(start);
      this.isEmpty = code === slash;
      const end = this.isEmpty ? start + 1 : start;
      if (this.#text.charCodeAt(end) === greaterThan) {
        this.at = end + 1;
        return null;
      }
      const failure = start === this.at ? "bad attribute" : this.#readAttribute(start);
      if (failure !== null) return failure;
    }
  }

  #readAttribute(start: number): string | null {
    const nameEnd = nameEndAt(this.#text, start);
    const equalsAt = nameEnd < 0 ? nameEnd : blankEndAt(this.#text, nameEnd);
    if (nameEnd < 0 || this.#text.charCodeAt(equalsAt) !== equals) return "bad attribute";
    const quoteAt = blankEndAt(this.#text, equalsAt + 1);
    const end = this.#valueEndAt(quoteAt);
    if (end < 0) return "bad attribute";
    if (this.#places.length >= attributesMax * numbersEach) return `more than ${attributesMax} attributes`;
    const mark = markOf(this.#text, start, nameEnd);
    if (this.#has(mark, start, nameEnd)) return `attribute ${this.#text.slice(start, nameEnd)} twice`;
    this.#places.push(start, nameEnd, quoteAt + 1, end, mark);
    this.declares ||= this.#text.startsWith(declaration, start);
    this.at = end + 1;
    return null;
  }

  /** Where the closing quote is; negative when the value is none. */
  #valueEndAt(quoteAt: number): number {
    const text = this.#text;
    const closing = text.charCodeAt(quoteAt);
    if (closing !== quote && closing !== apostrophe) return -1;
    let [at, hasReference] = [quoteAt + 1, false];
    for (; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (code === closing) break;
      if (code === lessThan) return -1;
      if (code === ampersand) hasReference = true;
      if (code === ampersand || code < space) this.#isPlain = false;
    }
    if (at === text.length || (hasReference && plainValue(text.slice(quoteAt + 1, at)) === null)) return -1;
    return at;
  }

  #has(mark: number, start: number, end: number): boolean {
    for (let at = 0; at < this.#places.length; at += numbersEach) {
      if (this.#places[at + 4] !== mark) continue;
      const name = this.#text.slice(this.#places[at], this.#places[at + 1]);
      if (name.length === end - start && this.#text.startsWith(name, start)) return true;
    }
    return false;
  }
}

function markOf(text: string, start: number, end: number): number {
  return ((end - start) << 16) ^ (text.charCodeAt(start) << 8) ^ text.charCodeAt(end - 1);
}

export function blankEndAt(text: string, at: number): number {
  for (let next = at; ; next += 1) {
    const code = text.charCodeAt(next);
    if (code !== space && code !== lineFeed && code !== tab && code !== carriageReturn) return next;
  }
}

/** A name of ASCII letters, digits, `.`, `-` and `_`, with one prefix at most; negative when there is none. */
export function nameEndAt(text: string, start: number): number {
  const end = partEndAt(text, start);
  if (end < 0 || text.charCodeAt(end) !== colon) return end;
  return partEndAt(text, end + 1);
}

function partEndAt(text: string, start: number): number {
  if (!isNameStart(text.charCodeAt(start))) return -1;
  let at = start + 1;
  while (isNameCharacter(text.charCodeAt(at))) at += 1;
  return at;
}

function isNameStart(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || code === underscore;
}

function isNameCharacter(code: number): boolean {
  return isNameStart(code) || (code >= 0x30 && code <= 0x39) || code === hyphen || code === dot;
}

const [tab, lineFeed, carriageReturn, space] = [0x09, 0x0a, 0x0d, 0x20];
const [quote, ampersand, apostrophe, hyphen, dot, slash] = [0x22, 0x26, 0x27, 0x2d, 0x2e, 0x2f];
const [colon, lessThan, equals, greaterThan, underscore] = [0x3a, 0x3c, 0x3d, 0x3e, 0x5f];
