/**
 * Datagrams by the dozen through one system call each way (recvmmsg and sendmmsg of Linux), on a socket that somebody
 * else waits for. IPv4, as only there the address is all there is to an answer's way (IPv6 has scopes).
 *
 *   received headers | sent headers | their iovecs | source addresses | destination address | slots | to be sent
 *
 *   struct mmsghdr, with 8-byte pointers (with 4-byte ones each field but the last two is half as long, in the same order):
 *     name *, name length u32 + 4, iovec *, iovec count u64, control *, control length u64, flags u32 + 4,
 *     message length u32 + 4
 *   struct iovec: base *, length
 */
import { type Address, sameAddress } from "#protocol/address.js";
import { type Libc, linux } from "./libc.js";
import { readSocketAddress, writeSocketAddress } from "./socket-address.js";

/** Datagrams one system call takes or gives at most. */
export const batchMax = 32;

/** The largest datagram there is, and a little more, that slots do not all fall on the same lines of the cache. */
const slotBytes = 65_536 + 320;
const outBytes = 2 * 65_536;
const addressBytes = 16;
const pointerBytes = process.arch === "arm" ? 4 : 8;
const headerBytes = 8 * pointerBytes;
const vectorBytes = 2 * pointerBytes;
const nameLengthAt = pointerBytes;
const vectorAt = 2 * pointerBytes;
const vectorCountAt = 3 * pointerBytes;
const messageLengthAt = 7 * pointerBytes;

const inHeadersAt = 0;
const outHeadersAt = inHeadersAt + batchMax * headerBytes;
const inVectorsAt = outHeadersAt + batchMax * headerBytes;
const outVectorsAt = inVectorsAt + batchMax * vectorBytes;
const sourcesAt = outVectorsAt + batchMax * vectorBytes;
const destinationsAt = sourcesAt + batchMax * addressBytes;
const slotsAt = destinationsAt + batchMax * addressBytes;
const outAt = slotsAt + batchMax * slotBytes;
const memoryBytes = outAt + outBytes;

export class DatagramBatch {
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #base: number;
  #source: { readonly address: Address; readonly host: number; readonly port: number } | null = null;
  /** The last one written, and where it still stands. */
  #destination: Address | null = null;
  #destinationAt = 0;
  /** Datagrams that wait to be sent, and what they take. */
  #waiting = 0;
  #waitingBytes = 0;

  constructor(libc: Libc, fd: number) {
    this.#libc = libc;
    this.#fd = fd;
    const memory = new SharedArrayBuffer(memoryBytes);
    this.#bytes = new Uint8Array(memory);
    this.#view = new DataView(memory);
    this.#base = libc.addressOf(memory);
    for (let index = 0; index < batchMax; index += 1) {
      this.#writeHeader(inHeadersAt, inVectorsAt, index, sourcesAt + index * addressBytes);
      this.#writeVector(inVectorsAt, index, slotsAt + index * slotBytes, slotBytes);
      this.#writeHeader(outHeadersAt, outVectorsAt, index, destinationsAt + index * addressBytes);
    }
  }

  /** Hands over what waits in the socket, at most batchMax, each as bytes of its own. How many there were. */
  receive(take: (bytes: Uint8Array, from: Address) => void): number {
    for (let index = 0; index < batchMax; index += 1)
      this.#view.setUint32(inHeadersAt + index * headerBytes + nameLengthAt, addressBytes, true);
    const headers = this.#base + inHeadersAt;
    const count = this.#libc.recvmmsg(this.#fd, headers, batchMax, linux.messageDontWait, 0);
    for (let index = 0; index < count; index += 1) {
      const length = this.#view.getUint32(inHeadersAt + index * headerBytes + messageLengthAt, true);
      const from = this.#sourceOf(sourcesAt + index * addressBytes);
      const at = slotsAt + index * slotBytes;
      if (from !== null) take(Buffer.from(this.#bytes.subarray(at, at + length)), from);
    }
    return Math.max(count, 0);
  }

  /** False: there is no room for it, and first the others have to be sent. */
  put(bytes: Uint8Array, to: Address): boolean {
    const index = this.#waiting;
    if (index === batchMax || this.#waitingBytes + bytes.length > outBytes) return false;
    const at = outAt + this.#waitingBytes;
    this.#bytes.set(bytes, at);
    this.#writeVector(outVectorsAt, index, at, bytes.length);
    this.#writeDestination(index, to);
    this.#waiting += 1;
    this.#waitingBytes += bytes.length;
    return true;
  }

  /** Sends what was put. What the network refuses, or has no room for, is lost as a datagram may be. */
  send(): void {
    for (let sent = 0; sent < this.#waiting; ) {
      const headers = this.#base + outHeadersAt + sent * headerBytes;
      const count = this.#libc.sendmmsg(this.#fd, headers, this.#waiting - sent, linux.messageNoSignal);
      // The first of them is what it is about.
      sent += Math.max(count, 1);
    }
    this.#waiting = 0;
    this.#waitingBytes = 0;
  }

  /** Most come from where the one before came from. */
  #sourceOf(at: number): Address | null {
    const host = this.#view.getUint32(at + 4);
    const port = this.#view.getUint16(at + 2);
    if (this.#source !== null && this.#source.host === host && this.#source.port === port) return this.#source.address;
    const address = readSocketAddress(this.#bytes, this.#view, at);
    if (address !== null) this.#source = { address, host, port };
    return address;
  }

  #writeDestination(index: number, to: Address): void {
    const at = destinationsAt + index * addressBytes;
    if (this.#destination !== null && sameAddress(to, this.#destination))
      this.#bytes.copyWithin(at, this.#destinationAt, this.#destinationAt + addressBytes);
    else writeSocketAddress(this.#view, at, to);
    this.#destination = to;
    this.#destinationAt = at;
  }

  #writeHeader(headersAt: number, vectorsAt: number, index: number, nameAt: number): void {
    const at = headersAt + index * headerBytes;
    this.#writePointer(at, this.#base + nameAt);
    this.#view.setUint32(at + nameLengthAt, addressBytes, true);
    this.#writePointer(at + vectorAt, this.#base + vectorsAt + index * vectorBytes);
    this.#writePointer(at + vectorCountAt, 1);
  }

  #writeVector(vectorsAt: number, index: number, bytesAt: number, length: number): void {
    const at = vectorsAt + index * vectorBytes;
    this.#writePointer(at, this.#base + bytesAt);
    this.#writePointer(at + pointerBytes, length);
  }

  /** Also whatever else is as long as one. */
  #writePointer(at: number, pointer: number): void {
    this.#view.setUint32(at, pointer % 2 ** 32, true);
    if (pointerBytes === 8) this.#view.setUint32(at + 4, Math.floor(pointer / 2 ** 32), true);
  }
}
