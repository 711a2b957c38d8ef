/**
 * A UDP socket that is bound and bears a DSCP on every packet: made by the C library, for no version of Node can mark a
 * socket of its own. What the kernel says is set is what is told, not what was asked.
 */
import { type Address, formatAddress } from "#protocol/address.js";
import { type Libc, linux } from "./libc.js";
import { writeSocketAddress } from "./socket-address.js";

export type MarkedSocket =
  | { readonly ok: true; readonly fd: number; readonly dscp: number }
  | { readonly ok: false; readonly reason: string };

/** Uses scratchBytes of the memory at scratchOffset while it runs; base is where that memory lies. */
export const scratchBytes = 64;

/** What the C library can be given addresses into: the engine's memory, or any shared buffer. */
export interface ScratchMemory {
  readonly view: DataView;
}

export function openMarkedSocket(
  libc: Libc,
  memory: ScratchMemory,
  place: { readonly base: number; readonly scratchOffset: number },
  local: Address,
  dscp: number,
): MarkedSocket {
  const { base, scratchOffset } = place;
  const length = writeSocketAddress(memory.view, scratchOffset, local);
  if (length === 0) return { ok: false, reason: `${local.address} is no IP address` };
  const isIpv6 = local.address.includes(":");
  const fd = libc.socket(isIpv6 ? linux.addressFamilyIpv6 : linux.addressFamilyIpv4, linux.datagramSocket, 0);
  if (fd < 0) return { ok: false, reason: `no socket: ${errorName(libc)}` };
  const optionOffset = scratchOffset + 32;
  if (isIpv6) {
    memory.view.setInt32(optionOffset, 1, true);
    libc.setsockopt(fd, linux.levelIpv6, linux.ipv6Only, base + optionOffset, 4);
  }
  if (libc.bind(fd, base + scratchOffset, length) < 0) {
    const reason = `${formatAddress(local)}: ${errorName(libc)}`;
    libc.close(fd);
    return { ok: false, reason };
  }
  return { ok: true, fd, dscp: markSocket(libc, memory, place, { fd, isIpv6 }, dscp) };
}

/** Marks a socket that is open: the DSCP that the kernel says is set then, 0 where it does not say. */
export function markSocket(
  libc: Libc,
  memory: ScratchMemory,
  { base, scratchOffset }: { readonly base: number; readonly scratchOffset: number },
  { fd, isIpv6 }: { readonly fd: number; readonly isIpv6: boolean },
  dscp: number,
): number {
  const offset = scratchOffset + 32;
  // RFC 2474 section 3: the upper six bits of the octet.
  const level = isIpv6 ? linux.levelIpv6 : linux.levelIp;
  const option = isIpv6 ? linux.ipv6TrafficClass : linux.ipTypeOfService;
  memory.view.setInt32(offset, dscp << 2, true);
  libc.setsockopt(fd, level, option, base + offset, 4);
  memory.view.setInt32(offset, 0, true);
  memory.view.setUint32(offset + 4, 4, true);
  if (libc.getsockopt(fd, level, option, base + offset, base + offset + 4) < 0) return 0;
  return (memory.view.getInt32(offset, true) & 0xff) >> 2;
}

export function errorName(libc: Libc): string {
  const errno = libc.errno();
  const name = linux.errorNames.get(errno) ?? `errno ${errno}`;
  return name === "EADDRINUSE" ? "address already in use (EADDRINUSE)" : name;
}
