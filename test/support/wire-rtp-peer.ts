/** The far side of a connection, by hand: RTP packets as bytes over a socket of its own, what comes kept. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

export interface WireRtp {
  readonly payloadType: number;
  readonly marker: boolean;
  readonly sequenceNumber: number;
  readonly timestamp: number;
  readonly ssrc: number;
  readonly payload: Buffer;
}

const rtpHeaderBytes = 12;
const comeWithinMs = 5000;

export class WireRtpPeer {
  readonly address: string;
  readonly port: number;
  readonly received: WireRtp[] = [];
  readonly #socket: Socket;
  #wake: (() => void) | null = null;
  payloadType = 0;
  ssrc = 0x1234;
  #number = 0;

  private constructor(socket: Socket) {
    const { address, port } = socket.address();
    this.address = address;
    this.port = port;
    this.#socket = socket;
    socket.on("message", (bytes) => {
      // Some gateways open their way through a firewall with less than an RTP header (osmo-mgw: one octet).
      if (bytes.length < rtpHeaderBytes) return;
      this.received.push(readRtp(bytes));
      this.#wake?.();
    });
  }

  /** On a free even port, or the one that is given. */
  static async open(address: string, port = 0): Promise<WireRtpPeer> {
    for (;;) {
      const socket = createSocket(address.includes(":") ? "udp6" : "udp4").bind(port, address);
      await once(socket, "listening");
      if (socket.address().port % 2 === 0) return new WireRtpPeer(socket);
      socket.close();
    }
  }

  close(): void {
    this.#socket.close();
  }

  /** Session description with one format, as `97 PCMU/8000`, or several. */
  sdp(...formats: readonly string[]): string {
    const family = this.address.includes(":") ? "IP6" : "IP4";
    const numbers = formats.map((format) => format.split(" ")[0]).join(" ");
    return [
      "v=0",
      `o=- 7 1 IN ${family} ${this.address}`,
      "s=-",
      `c=IN ${family} ${this.address}`,
      "t=0 0",
      `m=audio ${this.port} RTP/AVP ${numbers}`,
      ...formats.map((format) => `a=rtpmap:${format}`),
      "",
    ].join("\r\n");
  }

  /** The next packets of its stream, one after the other; the payload tells which is which. */
  send(count: number, to: { readonly address: string; readonly port: number }, bytes = 172): void {
    for (let index = 0; index < count; index += 1) {
      const packet = Buffer.alloc(bytes, this.#number & 0xff);
      packet.writeUInt16BE(0x8000 | this.payloadType, 0);
      packet.writeUInt16BE(this.#number & 0xffff, 2);
      packet.writeUInt32BE(this.#number * 160, 4);
      packet.writeUInt32BE(this.ssrc, 8);
      packet.writeUInt16BE(this.#number, 12);
      this.#number += 1;
      this.#socket.send(packet, to.port, to.address);
    }
  }

  /** Until so many have come in all. */
  async until(count: number): Promise<WireRtp[]> {
    const deadlineMs = performance.now() + comeWithinMs;
    while (this.received.length < count) {
      const leftMs = deadlineMs - performance.now();
      if (leftMs <= 0) throw new Error(`${this.received.length} of ${count} packets came to port ${this.port}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return this.received;
  }

  /** Number that the sender wrote into each payload. */
  get numbers(): number[] {
    return this.received.map(({ payload }) => payload.readUInt16BE(0));
  }
}

function readRtp(bytes: Buffer): WireRtp {
  return {
    payloadType: bytes.readUInt8(1) & 0x7f,
    marker: bytes.readUInt8(1) > 0x7f,
    sequenceNumber: bytes.readUInt16BE(2),
    timestamp: bytes.readUInt32BE(4),
    ssrc: bytes.readUInt32BE(8),
    payload: bytes.subarray(12),
  };
}

/** Where the gateway listens, from its description: literal and port. */
export function mediaOf(sdp: string): { readonly address: string; readonly port: number } {
  const address = /^c=IN IP[46] (\S+)/m.exec(sdp)?.[1] ?? "";
  return { address, port: Number(/^m=audio (\d+)/m.exec(sdp)?.[1] ?? 0) };
}
