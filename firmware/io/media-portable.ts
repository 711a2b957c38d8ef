/**
 * The media engine's way to the network wherever Node runs: node:dgram. Where the C library can be called, descriptors
 * are made and marked by it and handed to dgram; where not, the DSCP is 0, and said to be.
 */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { type Address, formatAddress, isReachable, sameAddress } from "#protocol/address.js";
import { canonicalIp } from "#protocol/ip-address.js";
import type { DatagramSink, MediaNetwork, NetworkMemory, OpenAnswer } from "../media/media-network.js";
import type { LegNumber } from "../media/media-port.js";
import type { Libc } from "./libc.js";
import { markSocket, openMarkedSocket } from "./media-marked-socket.js";
import { monotonicMs } from "./monotonic-clock.js";

interface LegSockets {
  readonly rtp: Socket;
  readonly rtcp: Socket;
  readonly local: Address;
  asked: number;
  /** Of those that the C library made, by which alone they can be marked anew. */
  readonly descriptors: number[];
  /** Set when the leg is closed and its ports are not: the DSCP they are marked with. */
  kept: number | null;
  dscp: number;
}

export class PortableMediaNetwork implements MediaNetwork {
  readonly #libc: Libc | null;
  readonly #memory: NetworkMemory;
  readonly #legs = new Map<LegNumber, LegSockets>();
  #sink: DatagramSink | null = null;
  errorsIgnored = 0;

  constructor(libc: Libc | null, memory: NetworkMemory) {
    this.#libc = libc;
    this.#memory = memory;
  }

  receiveInto(sink: DatagramSink): void {
    this.#sink = sink;
  }

  open(leg: LegNumber, local: Address, dscp: number, answer: (answer: OpenAnswer) => void): void {
    const kept = this.#legs.get(leg);
    if (kept !== undefined && kept.kept !== null && sameAddress(kept.local, local) && kept.asked === dscp) {
      const marked = kept.kept;
      kept.kept = null;
      answer({ ok: true, dscp: marked });
      return;
    }
    this.close(leg);
    const type = local.address.includes(":") ? "udp6" : "udp4";
    const options = { type, ipv6Only: true, lookup: literalOnly } as const;
    const [rtp, rtcp] = [createSocket(options), createSocket(options)];
    const sockets: LegSockets = { rtp, rtcp, local, asked: dscp, descriptors: [], kept: null, dscp: 0 };
    this.#legs.set(leg, sockets);
    sockets.rtp.on("message", (bytes, from) => this.#rtpReceived(leg, sockets, bytes, from));
    sockets.rtcp.on("message", (bytes, from) => this.#rtcpReceived(leg, sockets, bytes, from));
    void this.#bindBoth(leg, sockets, local, dscp).then((answered) => {
      if (answered !== null) answer(answered);
    });
  }

  /** Null when the leg was closed meanwhile. */
  async #bindBoth(leg: LegNumber, sockets: LegSockets, local: Address, dscp: number): Promise<OpenAnswer | null> {
    const rtp = await this.#bind(sockets, sockets.rtp, local, dscp);
    if (this.#legs.get(leg) !== sockets) return null;
    const rtcp = rtp.ok ? await this.#bind(sockets, sockets.rtcp, { ...local, port: local.port + 1 }, dscp) : rtp;
    if (this.#legs.get(leg) !== sockets) return null;
    if (!rtcp.ok) {
      this.close(leg);
      return rtcp;
    }
    for (const socket of [sockets.rtp, sockets.rtcp]) socket.on("error", () => this.#ignore());
    sockets.dscp = rtcp.dscp;
    return rtcp;
  }

  #bind(sockets: LegSockets, socket: Socket, local: Address, dscp: number): Promise<OpenAnswer> {
    const marked = this.#libc === null ? null : this.#marked(this.#libc, local, dscp);
    if (marked !== null && !marked.ok) return Promise.resolve(marked);
    if (marked !== null) sockets.descriptors.push(marked.fd);
    return new Promise((resolve) => {
      const refused = (error: Error) => resolve({ ok: false, reason: `${formatAddress(local)}: ${error.message}` });
      socket.once("error", refused);
      const bound = () => {
        socket.off("error", refused);
        resolve({ ok: true, dscp: marked?.dscp ?? 0 });
      };
      if (marked === null) socket.bind({ address: local.address, port: local.port, exclusive: true }, bound);
      else socket.bind({ fd: marked.fd }, bound);
    });
  }

  #marked(libc: Libc, local: Address, dscp: number) {
    return openMarkedSocket(libc, this.#memory, this.#scratch(libc), local, dscp);
  }

  #scratch(libc: Libc) {
    return { base: libc.addressOf(this.#memory.buffer), scratchOffset: this.#memory.map.ioScratchOffset };
  }

  mark(leg: LegNumber, dscp: number): number | null {
    const sockets = this.#legs.get(leg);
    if (sockets === undefined) return null;
    const libc = this.#libc;
    sockets.asked = dscp;
    if (libc === null) return sockets.dscp;
    const isIpv6 = sockets.local.address.includes(":");
    const marked = sockets.descriptors.map((fd) =>
      markSocket(libc, this.#memory, this.#scratch(libc), { fd, isIpv6 }, dscp),
    );
    sockets.dscp = marked[0] ?? 0;
    return sockets.dscp;
  }

  close(leg: LegNumber): void {
    const sockets = this.#legs.get(leg);
    if (sockets === undefined) return;
    this.#legs.delete(leg);
    sockets.rtp.close();
    sockets.rtcp.close();
  }

  keep(leg: LegNumber): void {
    const sockets = this.#legs.get(leg);
    if (sockets !== undefined) sockets.kept = sockets.dscp;
  }

  /** dgram tells each datagram's source, so the engine sorts out strangers itself; a connected dgram saves nothing here. */
  connect(): void {}

  sendRtp(leg: LegNumber, offset: number, length: number, to: Address): void {
    this.#send(this.#legs.get(leg)?.rtp, Buffer.from(this.#memory.bytes.slice(offset, offset + length)), to);
  }

  sendRtcp(leg: LegNumber, bytes: Uint8Array, to: Address): void {
    this.#send(this.#legs.get(leg)?.rtcp, Buffer.from(bytes), to);
  }

  #send(socket: Socket | undefined, bytes: Buffer, to: Address): void {
    // node:dgram throws otherwise.
    if (!isReachable(to)) return;
    socket?.send(bytes, 0, bytes.length, to.port, to.address, (error) => {
      if (error !== null) this.#ignore();
    });
  }

  #ignore(): void {
    this.errorsIgnored += 1;
  }

  #rtpReceived(leg: LegNumber, sockets: LegSockets, bytes: Buffer, from: RemoteInfo): void {
    this.#sink?.obeyCommands(monotonicMs());
    if (this.#sink === null || this.#legs.get(leg) !== sockets) return;
    if (bytes.length <= this.#sink.receiveBytesMax(leg)) this.#memory.bytes.set(bytes, this.#sink.receiveOffset(leg));
    this.#sink.rtpReceived(leg, bytes.length, addressOf(from), monotonicMs());
  }

  #rtcpReceived(leg: LegNumber, sockets: LegSockets, bytes: Buffer, from: RemoteInfo): void {
    if (this.#sink === null || this.#legs.get(leg) !== sockets) return;
    this.#sink.rtcpReceived(leg, bytes, addressOf(from), monotonicMs());
  }
}

/** Addresses are literals always; so a datagram is sent at once, even the last before its socket is closed. */
function literalOnly(
  hostname: string,
  _options: unknown,
  callback: (error: null, address: string, family: number) => void,
): void {
  callback(null, hostname, hostname.includes(":") ? 6 : 4);
}

function addressOf(from: RemoteInfo): Address {
  return { address: canonicalIp(from.address), port: from.port };
}
