/**
 * Object identifiers: the names of SNMP variables. A list of sub-identifiers, each a whole number 0 .. 4294967295,
 * 128 of them at most (RFC 3416 section 4.1).
 */
import { type ParseResult, parsed, refused } from "../parse-result.js";

export type Oid = readonly number[];

export const subIdentifiersMax = 128;
export const subIdentifierMax = 0xffff_ffff;

/** Lexicographic order of RFC 2578 section 3.5: negative, 0 or positive; a prefix stands before what it begins. */
export function compareOids(a: Oid, b: Oid): number {
  const shared = Math.min(a.length, b.length);
  for (let index = 0; index < shared; index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

export function startsWith(oid: Oid, prefix: Oid): boolean {
  return oid.length >= prefix.length && prefix.every((subIdentifier, index) => subIdentifier === oid[index]);
}

/** `1.3.6.1.2.1.1.5.0` */
export function formatOid(oid: Oid): string {
  return oid.join(".");
}

/** The reverse of formatOid; a leading dot is allowed. Two to 128 sub-identifiers, as BER can carry them. */
export function parseOid(text: string): ParseResult<Oid> {
  if (text.length > subIdentifiersMax * 11 || !/^\.?\d{1,10}(?:\.\d{1,10})+$/.test(text)) {
    return refused(`"${text.slice(0, 80)}" is not an object identifier like 1.3.6.1`);
  }
  const oid = text.replace(/^\./, "").split(".").map(Number);
  const fault = oidFault(oid);
  return fault === null ? parsed(oid) : refused(fault);
}

/** Why these numbers are no object identifier (X.660: 0.0 .. 0.39, 1.0 .. 1.39, 2.x), or null when they are. */
function oidFault(oid: Oid): string | null {
  const [first = 3, second = 0] = oid;
  if (oid.length < 2 || oid.length > subIdentifiersMax) return `${oid.length} sub-identifiers, not 2 to 128`;
  if (first > 2 || (first < 2 && second > 39)) return `no object identifier begins with ${first}.${second}`;
  if (oid.some((subIdentifier) => subIdentifier > subIdentifierMax)) return "a sub-identifier is above 4294967295";
  if (first === 2 && second > subIdentifierMax - 80) return "the second sub-identifier is above 4294967215";
  return null;
}
