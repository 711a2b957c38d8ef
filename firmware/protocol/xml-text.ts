/**
 * Character data and attribute values of XML: what a reader makes of references, and what a writer must not leave as it
 * is (XML 1.0 sections 2.2, 2.4, 3.3.3 and 4.6). Elements are xml.ts's affair.
 */

const entities = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
]);

/** Null when there is an entity this reader does not know or a reference to what is no character. */
export function plainText(text: string): string | null {
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

/** The same for an attribute, where white space is a space each. */
export function plainValue(text: string): string | null {
  return plainText(text.replace(/[\t\r\n]/g, " "));
}

function characterOf(code: number): string | undefined {
  const isCharacter = code === 9 || code === 10 || code === 13 || (code >= 32 && code <= 0x10ffff);
  return isCharacter && !(code >= 0xd800 && code <= 0xdfff) ? String.fromCodePoint(code) : undefined;
}

/** For character data and attribute values in double quotes. What XML cannot or should not hold (control characters, section 2.2) becomes U+FFFD. */
export function escapeXml(text: string): string {
  return isPlain(text) ? text : escapeAll(text);
}

/** Nearly every text: nothing in it needs an escape. A look at each character costs less than a pattern. */
function isPlain(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code > 0x7e) return false;
    if (code === ampersand || code === lessThan || code === greaterThan || code === quote) return false;
  }
  return true;
}

const [quote, ampersand, lessThan, greaterThan] = [0x22, 0x26, 0x3c, 0x3e];

function escapeAll(text: string): string {
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

/** ` name="value"`, to stand in a tag; nothing where the value is null. */
export function formatAttribute(name: string, value: string | number | null): string {
  if (value === null) return "";
  return typeof value === "number" ? ` ${name}="${value}"` : ` ${name}="${escapeXml(value)}"`;
}
