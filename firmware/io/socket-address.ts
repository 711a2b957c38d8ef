/**
 * Socket addresses as the Linux kernel has them, in the engine's memory.
 *
 *   sockaddr_in  (16 bytes): family u16 (host order), port u16, address 4, zeros 8
 *   sockaddr_in6 (28 bytes): family u16 (host order), port u16, flow u32, address 16, scope u32
 */
import type { Address } from "#protocol/address.js";
import { ipBytes, ipText } from "#protocol/ip-address.js";
import { linux } from "./libc.js";

export const socketAddressBytesMax = 28;

/** Length of what was written at offset; 0 when the text is no IP literal. */
export function writeSocketAddress(view: DataView, offset: number, address: Address): number {
  const bytes = ipBytes(address.address);
  if (bytes === null) return 0;
  const isIpv4 = bytes.length === 4;
  const length = isIpv4 ? 16 : socketAddressBytesMax;
  for (let at = 0; at < length; at += 4) view.setUint32(offset + at, 0);
  view.setUint16(offset, isIpv4 ? linux.addressFamilyIpv4 : linux.addressFamilyIpv6, isLittleEndian);
  view.setUint16(offset + 2, address.port);
  for (const [index, byte] of bytes.entries()) view.setUint8(offset + (isIpv4 ? 4 : 8) + index, byte);
  return length;
}

/** The address as RFC 5952 writes it; null for another family. */
export function readSocketAddress(bytes: Uint8Array, view: DataView, offset: number): Address | null {
  const family = view.getUint16(offset, isLittleEndian);
  const port = view.getUint16(offset + 2);
  if (family === linux.addressFamilyIpv4) return { address: ipText(bytes, offset + 4, "ipv4"), port };
  if (family === linux.addressFamilyIpv6) return { address: ipText(bytes, offset + 8, "ipv6"), port };
  return null;
}

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
