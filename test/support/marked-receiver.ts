/**
 * A UDP socket that sees the traffic class of what it receives, which no socket of Node's does: recvmsg with IP_RECVTOS
 * or IPV6_RECVTCLASS, by koffi. For 64-bit Linux.
 *
 *   msghdr (56): name ptr | namelen u32, pad | iov ptr | iovlen u64 | control ptr | controllen u64 | flags i32
 *   cmsghdr (16): len u64 | level i32 | type i32, then an i32 (IPv6) or a byte (IPv4)
 */
import koffi from "koffi";
import { linux } from "../../firmware/io/libc.js";
import { writeSocketAddress } from "../../firmware/io/socket-address.js";

const ipReceiveTos = 13;
const ipv6ReceiveTrafficClass = 66;
const dataAt = 128;
const controlAt = 64;
const addressAt = 2048;

export class MarkedReceiver {
  readonly #memory = new SharedArrayBuffer(4096);
  readonly #view = new DataView(this.#memory);
  readonly #base = Number(koffi.address(new Uint8Array(this.#memory)));
  readonly #libc = koffi.load(null);
  readonly #fd: number;
  readonly #recvmsg = this.#libc.func("intptr_t recvmsg(int, uintptr_t, int)");

  /** Throws when the address cannot be bound. */
  constructor(address: string, port: number) {
    const isIpv6 = address.includes(":");
    const length = writeSocketAddress(this.#view, addressAt, { address, port });
    const family = isIpv6 ? linux.addressFamilyIpv6 : linux.addressFamilyIpv4;
    this.#fd = this.#libc.func("int socket(int, int, int)")(family, linux.datagramSocket, 0);
    this.#view.setInt32(0, 1, true);
    const level = isIpv6 ? linux.levelIpv6 : linux.levelIp;
    const option = isIpv6 ? ipv6ReceiveTrafficClass : ipReceiveTos;
    const setOption = this.#libc.func("int setsockopt(int, int, int, uintptr_t, uint32_t)");
    if (setOption(this.#fd, level, option, this.#base, 4) < 0) throw new Error("no traffic class");
    const bind = this.#libc.func("int bind(int, uintptr_t, uint32_t)");
    if (bind(this.#fd, this.#base + addressAt, length) < 0) throw new Error(`cannot bind ${address}:${port}`);
  }

  /** A datagram that waits, and the DSCP it bore; null when none waits. */
  take(): { readonly bytes: Uint8Array; readonly dscp: number } | null {
    const view = this.#view;
    const put = (at: number, value: number) => view.setBigUint64(at, BigInt(value), true);
    const vectorAt = 1024;
    new Uint8Array(this.#memory, 0, dataAt).fill(0);
    put(16, this.#base + vectorAt);
    put(24, 1);
    put(32, this.#base + controlAt);
    put(40, 64);
    put(vectorAt, this.#base + dataAt);
    put(vectorAt + 8, 800);
    const length = this.#recvmsg(this.#fd, this.#base, 0);
    if (length < 0) return null;
    const bytes = new Uint8Array(this.#memory).slice(dataAt, dataAt + length);
    return { bytes, dscp: view.getUint8(controlAt + 16) >> 2 };
  }

  takeAll(): { readonly bytes: Uint8Array; readonly dscp: number }[] {
    const taken = [];
    for (let one = this.take(); one !== null; one = this.take()) taken.push(one);
    return taken;
  }

  close(): void {
    this.#libc.func("int close(int)")(this.#fd);
  }
}
