/**
 * A reader for small XML documents from the network. Not an XML processor: no DTD (so no entities of its own to expand),
 * UTF-8 text only, and bounds on depth, elements and attributes. A package would bring what a telephone gateway must not
 * have (DTDs, unbounded trees, throwing on bad input) and none gives a reason as a value; the grammar needed is the one
 * page of XML 1.0 (fifth edition) that is here, in xml-tag.ts and in xml-text.ts, with Namespaces in XML 1.0.
 *
 * It goes through the text once, character by character, so its time is that of the length.
 */
import { type ParseResult, parsed, refused } from "./parse-result.js";
import { blankEndAt, readTag, type XmlAttributes } from "./xml-tag.js";
import { plainText } from "./xml-text.js";

export interface XmlElement {
  /** Local name, without prefix. */
  readonly name: string;
  /** Namespace name; empty for none. */
  readonly namespace: string;
  readonly attributes: XmlAttributes;
  readonly children: readonly XmlElement[];
  /** Character data directly in this element. */
  readonly text: string;
}

/** Takes a child of the root when it is whole; a reason ends the reading. */
export type TakeChild = (child: XmlElement) => string | null;

export const depthMax = 16;
/** Ten thousand connections of a gateway take ten each. */
export const elementsMax = 1_000_000;

/**
 * The root element, or why the text is no document this reader takes. `take` is given the root's children in their order
 * instead of the root: of a long document no tree is made.
 */
export function parseXml(text: string, take: TakeChild | null = null): ParseResult<XmlElement> {
  const reading = new Reading(text, take);
  const failure = reading.run();
  if (failure !== null) return refused(failure);
  return reading.root === null ? refused("no element") : parsed(reading.root);
}

type Scope = ReadonlyMap<string, string>;

interface OpenElement {
  readonly qualifiedName: string;
  readonly name: string;
  readonly namespace: string;
  readonly attributes: XmlAttributes;
  readonly children: XmlElement[];
  /** Prefix to namespace name, as in force inside this element. */
  readonly scope: Scope;
  text: string;
}

const nothingDeclared: Scope = new Map();

/** Steps give null, or why the document is none. */
class Reading {
  readonly #text: string;
  readonly #take: TakeChild | null;
  readonly #open: OpenElement[] = [];
  #at: number;
  #elements = 0;
  root: XmlElement | null = null;

  constructor(text: string, take: TakeChild | null) {
    this.#text = text;
    this.#take = take;
    this.#at = text.startsWith("\uFEFF") ? 1 : 0;
  }

  run(): string | null {
    while (this.#at < this.#text.length) {
      const next = this.#text.indexOf("<", this.#at);
      const end = next < 0 ? this.#text.length : next;
      const failure = (end > this.#at ? this.#addText(end) : null) ?? (next < 0 ? null : this.#markup(next));
      if (failure !== null) return failure;
      if (next < 0) break;
    }
    const last = this.#open.at(-1);
    return last === undefined ? null : `<${last.qualifiedName}> is not closed`;
  }

  #addText(end: number): string | null {
    const inside = this.#open.at(-1);
    if (inside === undefined) return blankEndAt(this.#text, this.#at) < end ? "text outside the root element" : null;
    const text = plainText(this.#text.slice(this.#at, end));
    if (text === null) return "an unknown entity or a bad character reference";
    inside.text += text;
    return null;
  }

  #markup(start: number): string | null {
    const text = this.#text;
    const sign = text[start + 1];
    if (sign === "/") return this.#endTag(start);
    if (sign === "?") return this.#passOver(start, "?>", start + 2);
    if (sign !== "!") return this.#startTag(start);
    if (text.startsWith("<!--", start)) return this.#passOver(start, "-->", start + 4);
    if (!text.startsWith(cdata, start)) return `bad or forbidden markup at character ${start}`;
    const inside = this.#open.at(-1);
    if (inside === undefined) return "text outside the root element";
    const failure = this.#passOver(start, "]]>", start + cdata.length);
    if (failure === null) inside.text += text.slice(start + cdata.length, this.#at - 3);
    return failure;
  }

  #passOver(start: number, closing: string, from: number): string | null {
    const end = this.#text.indexOf(closing, from);
    if (end < 0) return `bad or forbidden markup at character ${start}`;
    this.#at = end + closing.length;
    return null;
  }

  #endTag(start: number): string | null {
    const closed = this.#open.pop();
    const name = closed?.qualifiedName ?? "";
    const end = blankEndAt(this.#text, start + 2 + name.length);
    const isIts = this.#text.startsWith(name, start + 2) && this.#text[end] === ">";
    if (closed === undefined || !isIts) return `the end tag at character ${start} closes nothing`;
    this.#at = end + 1;
    return this.#close(closed);
  }

  #startTag(start: number): string | null {
    this.#elements += 1;
    if (this.root !== null) return "more than one root element";
    if (this.#open.length >= depthMax || this.#elements > elementsMax)
      return `more than ${depthMax} levels or ${elementsMax} elements`;
    const tag = readTag(this.#text, start);
    if (!tag.ok) return tag.reason;
    const { qualifiedName, attributes, declares, isEmpty, end } = tag.value;
    const outer = this.#open.at(-1)?.scope ?? nothingDeclared;
    const scope = declares ? scopeInside(attributes, outer) : outer;
    const colon = qualifiedName.indexOf(":");
    const prefix = colon < 0 ? "" : qualifiedName.slice(0, colon);
    const namespace = scope.get(prefix) ?? (prefix === "" ? "" : null);
    if (namespace === null) return `prefix ${prefix.slice(0, 32)} is not declared`;
    const name = qualifiedName.slice(colon + 1);
    const opened = { qualifiedName, name, namespace, attributes, children: [], scope, text: "" };
    this.#at = end;
    if (isEmpty) return this.#close(opened);
    this.#open.push(opened);
    return null;
  }

  /** Puts the finished element where it belongs; what has no parent is the root. */
  #close({ name, namespace, attributes, children, text }: OpenElement): string | null {
    const finished = { name, namespace, attributes, children, text };
    const parent = this.#open.at(-1);
    if (parent === undefined) this.root = finished;
    else if (this.#take !== null && this.#open.length === 1) return this.#take(finished);
    else parent.children.push(finished);
    return null;
  }
}

const cdata = "<![CDATA[";

function scopeInside(attributes: XmlAttributes, outer: Scope): Scope {
  const scope = new Map(outer);
  for (const [name, value] of attributes.beginningWith("xmlns")) {
    if (name === "xmlns" || name.startsWith("xmlns:")) scope.set(name.slice("xmlns:".length), value);
  }
  return scope;
}
