/**
 * The keys of the tag that a call server stores with each connection (x-ho/T): `v=1;from=101;to=201;orig=A1;...`. To a
 * gateway a tag is opaque but for `from` and `origaddr`, the originating device and its network address, which the far
 * gateway shows in its row. A key it does not know it hands back as it came.
 *
 *   v         format version, 1        orig      call server's own name of the originating side
 *   from      calling number           origaddr  network address of the originating device
 *   to        called number
 */
import { escapeValue, unescapeValue } from "./fields.js";

export const tagVersion = 1;

/** Values with `;` or `%` in them are escaped as `%XX`; the caller holds the whole below tagCharactersMax. */
export function formatTag(entries: Iterable<readonly [key: string, value: string]>): string {
  const parts: string[] = [];
  for (const [key, value] of entries) parts.push(`${key}=${escapeValue(value)}`);
  return parts.join(";");
}

/** Never fails, as a tag may be of another call server's making: what is not key=value is passed over. */
export function parseTag(tag: string): Map<string, string> {
  const entries = new Map<string, string>();
  for (const part of tag.split(";")) {
    const equals = part.indexOf("=");
    if (equals <= 0) continue;
    const value = part.slice(equals + 1);
    entries.set(part.slice(0, equals), unescapeValue(value) ?? value);
  }
  return entries;
}
