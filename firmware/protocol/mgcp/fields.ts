/**
 * The one syntax of all values of package x-ho: `key=value;key=value`, each key once. A value is UTF-8 with `%XX` for
 * what would not survive a parameter line: control characters, `%`, `;`, anything not ASCII, and spaces or a quote at
 * its ends. The key `tag` is the last and its value goes to the end of the line, so a tag keeps its own `;`. What is
 * left out has its default; unknown keys are of a later version and passed over.
 */
import { type ParseResult, parsed, refused } from "../parse-result.js";

export const fieldsMax = 64;
export const fieldsCharactersMax = 8_192;

const restKey = "tag";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

export function formatFields(fields: Iterable<readonly [key: string, value: string]>): string {
  const parts: string[] = [];
  for (const [key, value] of fields) parts.push(`${key}=${key === restKey ? escapeLine(value) : escapeValue(value)}`);
  return parts.join(";");
}

/** Keys are lower case on return. */
export function parseFields(text: string): ParseResult<Map<string, string>> {
  if (text.length > fieldsCharactersMax) return refused(`above ${fieldsCharactersMax} characters`);
  const fields = new Map<string, string>();
  for (let start = 0; start < text.length; ) {
    if (fields.size >= fieldsMax) return refused(`above ${fieldsMax} fields`);
    const equals = text.indexOf("=", start);
    const key = equals < 0 ? "" : keyIn(text, start, equals);
    if (key === "") return refused(`"${text.slice(start, start + 40)}" is not key=value`);
    if (fields.has(key)) return refused(`${key} is there twice`);
    const semicolon = key === restKey ? -1 : text.indexOf(";", equals);
    const end = semicolon < 0 ? text.length : semicolon;
    const value = unescapeValue(text.slice(equals + 1, end));
    if (value === null) return refused(`${key} holds a broken %XX`);
    fields.set(key, value);
    start = end + 1;
  }
  return parsed(fields);
}

/** Decimal digits, no sign; null when it is anything else or above the maximum. */
export function parseWholeNumber(text: string, maximum: number): number | null {
  if (!/^\d{1,16}$/.test(text)) return null;
  const number = Number(text);
  return number <= maximum ? number : null;
}

export function escapeValue(value: string): string {
  return isPlain(value) ? value : escapeLine(value).replaceAll(";", "%3B");
}

/** A value that has the line to itself. */
export function escapeLine(value: string): string {
  const escaped = value.replace(/[^\x20-\x7e]+|%/g, escapeBytes);
  return escaped.replace(/^[ "]|[ "]$/g, escapeBytes);
}

/** Nearly every value: nothing in it needs an escape. A look at each character costs less than a pattern. */
function isPlain(value: string): boolean {
  const last = value.length - 1;
  for (let index = 0; index <= last; index += 1) {
    const code = value.charCodeAt(index);
    if (code < 0x20 || code > 0x7e || code === percent || code === semicolon) return false;
    if ((code === space || code === quote) && (index === 0 || index === last)) return false;
  }
  return true;
}

const [space, quote, percent, semicolon] = [0x20, 0x22, 0x25, 0x3b];

/** In lower case; empty where it is none. */
function keyIn(text: string, start: number, end: number): string {
  const key = text.slice(start, end);
  // Most are as they are written here.
  for (let index = 0; index < key.length; index += 1) {
    const code = key.charCodeAt(index);
    if (code < 0x61 || code > 0x7a) return otherKey(key);
  }
  return key.length <= keyCharactersMax ? key : "";
}

const keyCharactersMax = 32;

function otherKey(key: string): string {
  const lower = key.trim().toLowerCase();
  return lower.length <= keyCharactersMax && /^[a-z][a-z0-9-]*$/.test(lower) ? lower : "";
}

function escapeBytes(text: string): string {
  let escaped = "";
  for (const byte of encoder.encode(text)) escaped += `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  return escaped;
}

/** Null for a `%` without its two hex digits; bytes that are not UTF-8 become U+FFFD. */
export function unescapeValue(text: string): string | null {
  if (!text.includes("%")) return text;
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) return null;
  return text.replace(/(?:%[0-9A-Fa-f]{2})+/g, (run) => {
    const bytes = run.slice(1).split("%");
    return decoder.decode(Uint8Array.from(bytes, (byte) => Number.parseInt(byte, 16)));
  });
}
