/**
 * A reader for small XML documents from the network, and the escaping that writers need. Not an XML processor: no DTD
 * (so no entities of its own to expand), UTF-8 text only, and bounds on depth, elements and attributes. A package would
 * bring what a telephone gateway must not have (DTDs, unbounded trees, throwing on bad input) and none gives a reason as
 * a value; the grammar needed is the one page of XML 1.0 (fifth edition) that is here, with Namespaces in XML 1.0.
 */
import { type ParseResult, parsed, refused } from "./parse-result.js";

export interface XmlElement {
  /** Local name, without prefix. */
  readonly name: string;
  /** Namespace name; empty for none. */
  readonly namespace: string;
  /** Attributes without a prefix, by name; prefixed ones and xmlns declarations are passed over. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** Character data directly in this element. */
  readonly text: string;
}

export const depthMax = 16;
/** Ten thousand connections of a gateway take ten each. */
export const elementsMax = 1_000_000;
export const attributesMax = 64;

interface OpenElement {
  readonly qualifiedName: string;
  readonly name: string;
  readonly namespace: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  /** Prefix to namespace name, as in force inside this element. */
  readonly scope: ReadonlyMap<string, string>;
  text: string;
}

const xmlName = /^[A-Za-z_][A-Za-z0-9._-]*(?::[A-Za-z_][A-Za-z0-9._-]*)?$/;
/** One piece of markup, from its `<`. Each alternative ends at its first possible end, so the scan is linear. */
const markup =
  /<(?:\?[\s\S]*?\?>|!--[\s\S]*?-->|!\[CDATA\[[\s\S]*?\]\]>|\/[^<>]*>|[^<>!?/](?:[^<>"']|"[^"<]*"|'[^'<]*')*>)/y;
const attribute = /[ \t\r\n]+([^ \t\r\n=<>"'/]+)[ \t\r\n]*=[ \t\r\n]*(?:"([^"<]*)"|'([^'<]*)')/y;

/** The root element, or why the text is no document this reader takes. */
export function parseXml(text: string): ParseResult<XmlElement> {
  const open: OpenElement[] = [];
  let root: XmlElement | null = null;
  let elements = 0;
  let position = text.startsWith("\uFEFF") ? 1 : 0;
  while (position < text.length) {
    const next = text.indexOf("<", position);
    const said = text.slice(position, next < 0 ? text.length : next);
    const added = addText(open.at(-1), said);
    if (added !== null) return refused(added);
    if (next < 0) break;
    markup.lastIndex = next;
    const piece = markup.exec(text)?.[0];
    if (piece === undefined) return refused(`bad or forbidden markup at character ${next}`);
    position = next + piece.length;
    if (piece.startsWith("<?") || piece.startsWith("<!--")) continue;
    if (piece.startsWith("<![CDATA[")) {
      const inside = open.at(-1);
      if (inside === undefined) return refused("text outside the root element");
      inside.text += piece.slice(9, -3);
    } else if (piece.startsWith("</")) {
      const closed = open.pop();
      if (closed === undefined || closed.qualifiedName !== piece.slice(2, -1).trimEnd())
        return refused(`${piece} closes nothing`);
      root = close(closed, open.at(-1)) ?? root;
    } else {
      elements += 1;
      if (root !== null) return refused("more than one root element");
      if (open.length >= depthMax || elements > elementsMax)
        return refused(`more than ${depthMax} levels or ${elementsMax} elements`);
      const opened = openElement(piece, open.at(-1)?.scope ?? new Map());
      if (!opened.ok) return opened;
      if (piece.endsWith("/>")) root = close(opened.value, open.at(-1)) ?? root;
      else open.push(opened.value);
    }
  }
  if (open.length > 0) return refused(`<${open.at(-1)?.qualifiedName}> is not closed`);
  return root === null ? refused("no element") : parsed(root);
}

function addText(inside: OpenElement | undefined, said: string): string | null {
  if (inside === undefined) return /[^ \t\r\n]/.test(said) ? "text outside the root element" : null;
  const text = plainText(said);
  if (text === null) return "an unknown entity or a bad character reference";
  inside.text += text;
  return null;
}

/** Puts the finished element into its parent; gives it back when it has none: it is the root. */
function close(element: OpenElement, parent: OpenElement | undefined): XmlElement | null {
  const { name, namespace, attributes, children, text } = element;
  const finished = { name, namespace, attributes, children, text };
  if (parent === undefined) return finished;
  parent.children.push(finished);
  return null;
}

function openElement(tag: string, outer: ReadonlyMap<string, string>): ParseResult<OpenElement> {
  const inside = tag.slice(1, tag.endsWith("/>") ? -2 : -1);
  const qualifiedName = /^[^ \t\r\n]*/.exec(inside)?.[0] ?? "";
  if (!xmlName.test(qualifiedName)) return refused(`"${qualifiedName.slice(0, 32)}" is no element name`);
  const attributes = new Map<string, string>();
  const declared = new Map<string, string>();
  let position = qualifiedName.length;
  for (let count = 0; inside.slice(position).trim() !== ""; count += 1) {
    attribute.lastIndex = position;
    const match = attribute.exec(inside);
    const name = match?.[1];
    const value = plainText((match?.[2] ?? match?.[3] ?? "").replace(/[\t\r\n]/g, " "));
    if (match === null || name === undefined || value === null || !xmlName.test(name))
      return refused(`bad attribute in <${qualifiedName}>`);
    if (count >= attributesMax) return refused(`more than ${attributesMax} attributes in <${qualifiedName}>`);
    if (name === "xmlns") declared.set("", value);
    else if (name.startsWith("xmlns:")) declared.set(name.slice(6), value);
    else if (!name.includes(":")) {
      if (attributes.has(name)) return refused(`attribute ${name} twice in <${qualifiedName}>`);
      attributes.set(name, value);
    }
    position = attribute.lastIndex;
  }
  const scope = declared.size === 0 ? outer : new Map([...outer, ...declared]);
  const colon = qualifiedName.indexOf(":");
  const prefix = colon < 0 ? "" : qualifiedName.slice(0, colon);
  const namespace = scope.get(prefix) ?? (prefix === "" ? "" : null);
  if (namespace === null) return refused(`prefix ${prefix} is not declared`);
  const name = qualifiedName.slice(colon + 1);
  return parsed({ qualifiedName, name, namespace, attributes, children: [], scope, text: "" });
}

const entities = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
]);

/** Null when there is an entity this reader does not know or a reference to what is no character. */
function plainText(text: string): string | null {
  if (!text.includes("&")) return text;
  let bad = false;
  const said = text.replace(/&(?:#x([0-9A-Fa-f]{1,6})|#(\d{1,7})|([a-z]{2,4}));|&/g, (_, hex, decimal, name) => {
    const code = hex === undefined ? Number(decimal ?? Number.NaN) : Number.parseInt(hex, 16);
    const character = name === undefined ? characterOf(code) : entities.get(name);
    bad ||= character === undefined;
    return character ?? "";
  });
  return bad ? null : said;
}

function characterOf(code: number): string | undefined {
  const isCharacter = code === 9 || code === 10 || code === 13 || (code >= 32 && code <= 0x10ffff);
  return isCharacter && !(code >= 0xd800 && code <= 0xdfff) ? String.fromCodePoint(code) : undefined;
}

/** For character data and attribute values in double quotes. What XML cannot or should not hold (control characters, section 2.2) becomes U+FFFD. */
export function escapeXml(text: string): string {
  return text
    .replace(/[^\P{Cc}\t\r\n]|\p{Cs}|[\ufffe\uffff]/gu, "\ufffd")
    .replace(/[&<>"\t\r\n]/g, (character) => escapes.get(character) ?? character);
}

const escapes = new Map([
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
  ['"', "&quot;"],
  ["\t", "&#9;"],
  ["\r", "&#13;"],
  ["\n", "&#10;"],
]);

/** An element with nothing in it. Attributes that are null are left out. */
export function emptyElement(name: string, attributes: readonly (readonly [string, string | null])[]): string {
  return `<${name}${formatAttributes(attributes)}/>`;
}

export function formatAttributes(attributes: readonly (readonly [string, string | null])[]): string {
  let text = "";
  for (const [name, value] of attributes) if (value !== null) text += ` ${name}="${escapeXml(value)}"`;
  return text;
}
