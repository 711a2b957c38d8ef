/**
 * The media engine's way to the network on Linux: the C library on pointers straight into the engine's memory, no copy
 * and no garbage per packet. A socket takes datagrams from anywhere until the far side is learnt, then it is connected:
 * the kernel drops strangers and each packet costs less. RTCP, being rare, stays unconnected.
 *
 * I/O scratch, from ioScratchOffset: socket addresses and options | RTCP packet | wait for the bell | epoll events
 */
import { type Address, sameAddress } from "#protocol/address.js";
import type { DatagramSink, MediaNetwork, NetworkMemory, OpenAnswer } from "../media/media-network.js";
import type { LegNumber } from "../media/media-port.js";
import { type Libc, linux } from "./libc.js";
import { errorName, markSocket, openMarkedSocket } from "./media-marked-socket.js";
import { monotonicMs } from "./monotonic-clock.js";
import { readSocketAddress, socketAddressBytesMax, writeSocketAddress } from "./socket-address.js";

const lengthAt = 96;
const fromAt = 128;
const rtcpAt = 512;
const rtcpBytes = 2048;
const bellPollAt = 2560;
const eventsAt = 4096;
/** All of the scratch. */
export const networkScratchBytes = 16_384;
/** Sockets that one epoll_wait tells of; more wait for the next. */
const eventsMax = 512;
/** epoll_event is packed on x86-64 only. */
const eventBytes = process.arch === "x64" ? 12 : 16;
const eventDataAt = process.arch === "x64" ? 4 : 8;
/** Rounds of reading in one go: after a delay several packets wait in a socket. */
const roundsMax = 32;
const errnoAgain = 11;
/** struct pollfd: fd i32, events i16, returned i16; struct timespec: seconds and nanoseconds, as long as a pointer each. */
const timeAt = bellPollAt + 8;
const timeFieldBytes = process.arch === "arm" ? 4 : 8;
/** In place of a socket's: the bell. */
const bellKey = 0xffff_ffff;

/** Datagrams of strangers that may wait in a socket when it is connected. */
const drainMax = 256;

interface LegSockets {
  readonly rtp: number;
  readonly rtcp: number;
  readonly local: Address;
  /** As asked, and as the kernel says. */
  asked: number;
  dscp: number;
  /** The leg is closed, its ports are not. */
  isKept: boolean;
  /** The kernel drops strangers. */
  isConnected: boolean;
  /** Datagrams from before connecting may still wait. */
  isDraining: boolean;
}

export class LinuxMediaNetwork implements MediaNetwork {
  readonly #libc: Libc;
  readonly #memory: NetworkMemory;
  readonly #base: number;
  readonly #scratch: number;
  readonly #epoll: number;
  readonly #sockets: (LegSockets | null)[];
  /** Another thread that adds to this counter ends a poll that waits. */
  readonly bell: number;
  /** ECONNREFUSED and other answers of the network that a stream takes no notice of. */
  errorsIgnored = 0;

  /** Throws when the kernel gives no epoll descriptor. */
  constructor(libc: Libc, memory: NetworkMemory) {
    this.#libc = libc;
    this.#memory = memory;
    this.#base = libc.addressOf(memory.buffer);
    this.#scratch = memory.map.ioScratchOffset;
    this.#epoll = libc.epoll_create1(linux.epollCloseOnExec);
    if (this.#epoll < 0) throw new Error(`no epoll: ${errorName(libc)}`);
    this.bell = libc.eventfd(0, linux.eventCounter);
    if (this.bell < 0) throw new Error(`no eventfd: ${errorName(libc)}`);
    this.#watch(this.bell, bellKey);
    this.#sockets = new Array<LegSockets | null>(memory.map.legsMax).fill(null);
  }

  open(leg: LegNumber, local: Address, dscp: number, answer: (answer: OpenAnswer) => void): void {
    const kept = this.#sockets[leg] ?? null;
    if (kept?.isKept === true && sameAddress(kept.local, local) && kept.asked === dscp) {
      kept.isKept = false;
      answer({ ok: true, dscp: kept.dscp });
      return;
    }
    this.close(leg);
    const place = { base: this.#base, scratchOffset: this.#scratch };
    const rtp = openMarkedSocket(this.#libc, this.#memory, place, local, dscp);
    if (!rtp.ok) {
      answer(rtp);
      return;
    }
    const rtcpLocal = { address: local.address, port: local.port + 1 };
    const rtcp = openMarkedSocket(this.#libc, this.#memory, place, rtcpLocal, dscp);
    if (!rtcp.ok) {
      this.#libc.close(rtp.fd);
      answer(rtcp);
      return;
    }
    this.#watch(rtp.fd, leg * 2);
    this.#watch(rtcp.fd, leg * 2 + 1);
    const state = { local, asked: dscp, dscp: rtp.dscp, isKept: false, isConnected: false, isDraining: false };
    this.#sockets[leg] = { rtp: rtp.fd, rtcp: rtcp.fd, ...state };
    answer({ ok: true, dscp: rtp.dscp });
  }

  #watch(fd: number, key: number): void {
    const { view } = this.#memory;
    view.setUint32(this.#scratch, linux.epollIn, true);
    view.setUint32(this.#scratch + eventDataAt, key, true);
    view.setUint32(this.#scratch + eventDataAt + 4, 0, true);
    if (this.#libc.epoll_ctl(this.#epoll, linux.epollAdd, fd, this.#base + this.#scratch) < 0) {
      throw new Error(`epoll_ctl: ${errorName(this.#libc)}`);
    }
  }

  close(leg: LegNumber): void {
    const sockets = this.#sockets[leg];
    if (sockets === null || sockets === undefined) return;
    this.#libc.close(sockets.rtp);
    this.#libc.close(sockets.rtcp);
    this.#sockets[leg] = null;
  }

  mark(leg: LegNumber, dscp: number): number | null {
    const sockets = this.#sockets[leg] ?? null;
    if (sockets === null) return null;
    const place = { base: this.#base, scratchOffset: this.#scratch };
    const isIpv6 = sockets.local.address.includes(":");
    const marked = [sockets.rtp, sockets.rtcp].map((fd) =>
      markSocket(this.#libc, this.#memory, place, { fd, isIpv6 }, dscp),
    );
    sockets.asked = dscp;
    sockets.dscp = marked[0] ?? 0;
    return sockets.dscp;
  }

  keep(leg: LegNumber): void {
    const sockets = this.#sockets[leg];
    if (sockets === null || sockets === undefined) return;
    if (sockets.isConnected) this.connect(leg, null);
    sockets.isKept = true;
  }

  connect(leg: LegNumber, peer: Address | null): void {
    const sockets = this.#sockets[leg];
    if (sockets === null || sockets === undefined) return;
    let length = 16;
    if (peer !== null) length = writeSocketAddress(this.#memory.view, this.#scratch, peer);
    else this.#memory.bytes.fill(0, this.#scratch, this.#scratch + socketAddressBytesMax);
    const isDone = this.#libc.connect(sockets.rtp, this.#base + this.#scratch, length) === 0;
    if (!isDone) this.errorsIgnored += 1;
    sockets.isConnected = isDone && peer !== null;
    sockets.isDraining = sockets.isConnected;
  }

  sendRtp(leg: LegNumber, offset: number, length: number, to: Address): void {
    const sockets = this.#sockets[leg];
    if (sockets === null || sockets === undefined) return;
    const sent = sockets.isConnected
      ? this.#libc.send(sockets.rtp, this.#base + offset, length, linux.messageNoSignal)
      : this.#sendTo(sockets.rtp, offset, length, to);
    if (sent < 0) this.errorsIgnored += 1;
  }

  sendRtcp(leg: LegNumber, bytes: Uint8Array, to: Address): void {
    const sockets = this.#sockets[leg];
    if (sockets === null || sockets === undefined || bytes.length > rtcpBytes) return;
    this.#memory.bytes.set(bytes, this.#scratch + rtcpAt);
    if (this.#sendTo(sockets.rtcp, this.#scratch + rtcpAt, bytes.length, to) < 0) this.errorsIgnored += 1;
  }

  #sendTo(fd: number, offset: number, length: number, to: Address): number {
    const addressLength = writeSocketAddress(this.#memory.view, this.#scratch, to);
    const address = this.#base + this.#scratch;
    return this.#libc.sendto(fd, this.#base + offset, length, linux.messageNoSignal, address, addressLength);
  }

  /** Sleeps until the bell rings, at most so long (fractions count), whatever datagrams come; poll silences the bell. */
  waitForBell(timeoutMs: number): void {
    const { view } = this.#memory;
    const at = this.#scratch + timeAt;
    view.setInt32(this.#scratch + bellPollAt, this.bell, true);
    view.setInt32(this.#scratch + bellPollAt + 4, linux.pollIn, true);
    for (const field of [at, at + timeFieldBytes]) view.setInt32(field + timeFieldBytes - 4, 0, true);
    view.setInt32(at, Math.floor(timeoutMs / 1000), true);
    view.setInt32(at + timeFieldBytes, Math.floor((timeoutMs % 1000) * 1e6), true);
    this.#libc.ppoll(this.#base + this.#scratch + bellPollAt, 1, this.#base + at, 0);
  }

  /** Waits for datagrams, at most so long, and hands in all that wait. */
  poll(sink: DatagramSink, timeoutMs: number): void {
    let wait = timeoutMs;
    for (let round = 0; round < roundsMax; round += 1) {
      const ready = this.#libc.epoll_wait(this.#epoll, this.#base + this.#scratch + eventsAt, eventsMax, wait);
      if (ready <= 0) return;
      const nowMs = monotonicMs();
      sink.obeyCommands(nowMs);
      for (let index = 0; index < ready; index += 1) {
        const at = this.#scratch + eventsAt + index * eventBytes + eventDataAt;
        this.#receive(sink, this.#memory.view.getUint32(at, true), nowMs);
      }
      wait = 0;
    }
  }

  #receive(sink: DatagramSink, key: number, nowMs: number): void {
    if (key === bellKey) {
      this.#libc.read(this.bell, this.#base + this.#scratch, 8);
      return;
    }
    const leg = key >> 1;
    const sockets = this.#sockets[leg];
    if (sockets === null || sockets === undefined) return;
    if ((key & 1) === 1) this.#receiveRtcp(sink, leg, sockets, nowMs);
    else if (sockets.isConnected && !sockets.isDraining) this.#receiveFromPeer(sink, leg, sockets, nowMs);
    else this.#receiveFromAnyone(sink, leg, sockets, nowMs);
  }

  #receiveFromPeer(sink: DatagramSink, leg: LegNumber, sockets: LegSockets, nowMs: number): void {
    const buffer = this.#base + sink.receiveOffset(leg);
    const length = this.#libc.recv(sockets.rtp, buffer, sink.receiveBytesMax(leg), linux.messageTruncated);
    if (length < 0) this.errorsIgnored += 1;
    else sink.rtpReceived(leg, length, null, nowMs);
  }

  /** One datagram while the socket is open to all; the whole queue when it has just been connected. */
  #receiveFromAnyone(sink: DatagramSink, leg: LegNumber, sockets: LegSockets, nowMs: number): void {
    for (let count = 0; count < drainMax; count += 1) {
      const length = this.#receiveFrom(sockets.rtp, sink.receiveOffset(leg), sink.receiveBytesMax(leg));
      if (length < 0) {
        sockets.isDraining = false;
        return;
      }
      const from = readSocketAddress(this.#memory.bytes, this.#memory.view, this.#scratch + fromAt);
      if (from !== null) sink.rtpReceived(leg, length, from, nowMs);
      if (!sockets.isDraining) return;
    }
  }

  #receiveRtcp(sink: DatagramSink, leg: LegNumber, sockets: LegSockets, nowMs: number): void {
    const length = this.#receiveFrom(sockets.rtcp, this.#scratch + rtcpAt, rtcpBytes);
    if (length < 0 || length > rtcpBytes) return;
    const from = readSocketAddress(this.#memory.bytes, this.#memory.view, this.#scratch + fromAt);
    const bytes = this.#memory.bytes.slice(this.#scratch + rtcpAt, this.#scratch + rtcpAt + length);
    if (from !== null) sink.rtcpReceived(leg, bytes, from, nowMs);
  }

  /** Into the engine memory; the sender's address lies at fromAt afterwards. */
  #receiveFrom(fd: number, offset: number, bytes: number): number {
    const { view } = this.#memory;
    view.setUint32(this.#scratch + lengthAt, socketAddressBytesMax, true);
    view.setUint16(this.#scratch + fromAt, 0, true);
    const from = this.#base + this.#scratch + fromAt;
    const length = this.#base + this.#scratch + lengthAt;
    const received = this.#libc.recvfrom(fd, this.#base + offset, bytes, linux.messageTruncated, from, length);
    if (received < 0 && this.#libc.errno() !== errnoAgain) this.errorsIgnored += 1;
    return received;
  }
}
