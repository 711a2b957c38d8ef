/** One TCP connection of an audit query to the gateway it asks: SIP messages out, SIP messages in. */
import { connect, type Socket } from "node:net";
import type { Address } from "#protocol/address.js";
import { SipStreamFramer } from "#protocol/sip/stream-framer.js";

export interface QueryStreamEvents {
  readonly message: (bytes: Uint8Array, from: Address) => void;
  /** Once: the connection did not come about, ended, or cannot be understood. */
  readonly lost: (reason: string) => void;
}

export class QueryStream {
  readonly #socket: Socket;

  /** bytesMax: of one message that comes in. localAddress: what to connect from; null: the system's choice. */
  constructor(to: Address, localAddress: string | null, bytesMax: number, events: QueryStreamEvents) {
    const framer = new SipStreamFramer(bytesMax);
    let isLost = false;
    const lost = (reason: string) => {
      if (!isLost) events.lost(reason);
      isLost = true;
    };
    const from = localAddress === null ? {} : { localAddress };
    this.#socket = connect({ host: to.address, port: to.port, ...from, noDelay: true });
    this.#socket.on("data", (bytes) => {
      const { messages, fault } = framer.push(bytes);
      for (const message of messages) events.message(message, to);
      if (fault !== null) lost(fault);
    });
    this.#socket.on("error", (error) => lost(error.message));
    this.#socket.on("close", () => lost("the connection was closed"));
  }

  send(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** What was written is still sent. */
  close(): void {
    this.#socket.destroySoon();
  }
}
