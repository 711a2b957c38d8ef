/**
 * IP addresses as bytes and as text. One address has many texts in IPv6; where two are compared or shown, both are
 * written the one way of RFC 5952 section 4.
 */
import { isIpv4, isIpv6 } from "./address.js";

/** 4 or 16 bytes in network order; null when the text is no IP literal. */
export function ipBytes(text: string): Uint8Array | null {
  if (isIpv4(text)) return Uint8Array.from(text.split("."), Number);
  if (!isIpv6(text)) return null;
  const [before = "", after] = text.split("::");
  const head = groupBytes(before);
  const tail = groupBytes(after ?? "");
  const bytes = new Uint8Array(16);
  bytes.set(head, 0);
  bytes.set(tail, 16 - tail.length);
  return bytes;
}

function groupBytes(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (group.includes(".")) return group.split(".").map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}

/** Text of 4 or 16 bytes beginning at `offset`. */
export function ipText(bytes: Uint8Array, offset: number, family: "ipv4" | "ipv6"): string {
  if (family === "ipv4") return bytes.slice(offset, offset + 4).join(".");
  const groups: number[] = [];
  for (let index = 0; index < 16; index += 2) {
    groups.push(((bytes[offset + index] ?? 0) << 8) | (bytes[offset + index + 1] ?? 0));
  }
  const { start, length } = longestZeros(groups);
  const hex = (part: readonly number[]) => part.map((group) => group.toString(16)).join(":");
  if (length < 2) return hex(groups);
  return `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`;
}

/** RFC 5952 section 4.2.3: the longest run, the first of equals. */
function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start += 1) {
    let length = 0;
    while (groups[start + length] === 0) length += 1;
    if (length > best.length) best = { start, length };
  }
  return best;
}

/** The one text of this address; what is no IP literal comes back unchanged. */
export function canonicalIp(text: string): string {
  const bytes = ipBytes(text);
  return bytes === null ? text : ipText(bytes, 0, bytes.length === 4 ? "ipv4" : "ipv6");
}
