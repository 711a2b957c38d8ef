/**
 * Takes SIP over TCP: connections of others, cut into messages, and the way back over the same connection. It opens none
 * itself. Bounded against those who connect and do not speak (slow loris): so many connections, so many of one address,
 * so long for one message, so long a silence; a connection that is not read is cut when too much waits for it.
 */
import { createServer, type Server, type Socket } from "node:net";
import { type Address, formatAddress } from "#protocol/address.js";
import { type ParseResult, parsed, refused } from "#protocol/parse-result.js";
import { SipStreamFramer } from "#protocol/sip/stream-framer.js";
import { bindTrouble } from "./udp-socket.js";

export interface StreamLimits {
  readonly connectionsMax: number;
  readonly perAddressMax: number;
  /** Of a message that comes in. */
  readonly messageBytesMax: number;
  /** A message must be whole so long after its first byte. */
  readonly messageMs: number;
  /** Without a byte either way; a keep-alive (CRLF CRLF) is one. */
  readonly idleMs: number;
  /** What may wait for a far side that does not read. */
  readonly unsentBytesMax: number;
}

export const streamLimits: Omit<StreamLimits, "unsentBytesMax"> = {
  connectionsMax: 64,
  perAddressMax: 8,
  messageBytesMax: 65_507,
  messageMs: 10_000,
  idleMs: 180_000,
};

export interface StreamListener {
  /** Dropped when the connection is gone. */
  send(bytes: Uint8Array, to: Address): void;
  close(): Promise<void>;
}

/** A reason when the port is in use or the address is not this machine's. */
export function openStreamListener(
  local: Address,
  limits: StreamLimits,
  mayConnect: (address: string) => boolean,
  receive: (bytes: Uint8Array, from: Address) => void,
): Promise<ParseResult<StreamListener>> {
  const connections = new Connections(limits, mayConnect, receive);
  const server = createServer((socket) => connections.take(socket));
  return new Promise((resolve) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      resolve(refused(`cannot listen on ${formatAddress(local)} (TCP): ${bindTrouble(error)}`));
    });
    server.listen({ host: local.address, port: local.port, exclusive: true }, () => {
      server.removeAllListeners("error");
      // Of a connection that could not be taken, as when descriptors run out: the far side tries again.
      server.on("error", () => undefined);
      resolve(parsed({ send: (bytes, to) => connections.send(bytes, to), close: () => connections.close(server) }));
    });
  });
}

class Connections {
  readonly #limits: StreamLimits;
  readonly #mayConnect: (address: string) => boolean;
  readonly #receive: (bytes: Uint8Array, from: Address) => void;
  /** By the far side's address and port. */
  readonly #sockets = new Map<string, Socket>();

  constructor(
    limits: StreamLimits,
    mayConnect: (address: string) => boolean,
    receive: (bytes: Uint8Array, from: Address) => void,
  ) {
    this.#limits = limits;
    this.#mayConnect = mayConnect;
    this.#receive = receive;
  }

  take(socket: Socket): void {
    const { remoteAddress, remotePort } = socket;
    // What the network does to a connection shows in its closing.
    socket.on("error", () => undefined);
    if (remoteAddress === undefined || remotePort === undefined || !this.#hasRoomFor(remoteAddress)) {
      socket.destroy();
      return;
    }
    const from = { address: remoteAddress, port: remotePort };
    const key = formatAddress(from);
    this.#sockets.set(key, socket);
    socket.setNoDelay(true);
    socket.setTimeout(this.#limits.idleMs, () => socket.destroy());
    this.#follow(socket, from);
    socket.once("close", () => this.#sockets.delete(key));
  }

  send(bytes: Uint8Array, to: Address): void {
    const socket = this.#sockets.get(formatAddress(to));
    if (socket === undefined) return;
    if (socket.writableLength + bytes.length > this.#limits.unsentBytesMax) socket.destroy();
    else socket.write(bytes);
  }

  async close(server: Server): Promise<void> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of this.#sockets.values()) socket.destroy();
    await closed;
  }

  #hasRoomFor(address: string): boolean {
    const { connectionsMax, perAddressMax } = this.#limits;
    if (!this.#mayConnect(address) || this.#sockets.size >= connectionsMax) return false;
    let ofAddress = 0;
    for (const socket of this.#sockets.values()) if (socket.remoteAddress === address) ofAddress += 1;
    return ofAddress < perAddressMax;
  }

  #follow(socket: Socket, from: Address): void {
    const framer = new SipStreamFramer(this.#limits.messageBytesMax);
    let overdue: NodeJS.Timeout | null = null;
    const disarm = () => {
      if (overdue !== null) clearTimeout(overdue);
      overdue = null;
    };
    socket.on("data", (bytes) => {
      const { messages, pings, fault } = framer.push(bytes);
      if (messages.length > 0 || !framer.isWithin) disarm();
      if (framer.isWithin && overdue === null) overdue = setTimeout(() => socket.destroy(), this.#limits.messageMs);
      for (const message of messages) this.#receive(message, from);
      for (let ping = 0; ping < pings; ping += 1) this.send(pong, from);
      if (fault !== null) socket.destroy();
    });
    socket.once("close", disarm);
  }
}

/** RFC 5626 section 4.4.1. */
const pong = new TextEncoder().encode("\r\n");
