/**
 * The UDP sockets that gateways are asked from: one for each query that runs, and kept for the next query to the same
 * gateway. So each gateway's answers have a buffer of their own, and a poll needs no new socket.
 */
import { createSocket, type Socket } from "node:dgram";
import { type Address, isReachable } from "#protocol/address.js";

export interface QuerySocketEvents {
  readonly message: (bytes: Uint8Array, from: Address) => void;
  /** The network refuses what was sent, or more: nothing is to be had from this socket any more. */
  readonly failed: (error: Error) => void;
}

/** As much as the system lets a socket have that asks for no privilege. */
const receiveBytes = 1 << 21;

export class QuerySocket {
  readonly local: Address;
  readonly #socket: Socket;
  #events: QuerySocketEvents | null = null;
  #isOpen = true;

  constructor(socket: Socket) {
    const { address, port } = socket.address();
    this.local = { address, port };
    this.#socket = socket;
    socket.on("message", (bytes, { address, port }) => this.#events?.message(bytes, { address, port }));
    socket.on("error", (error) => this.#fail(error));
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Null: what comes is nobody's. */
  serve(events: QuerySocketEvents | null): void {
    this.#events = events;
  }

  send(bytes: Uint8Array, to: Address): void {
    // node:dgram throws otherwise; the query notices the silence.
    if (!this.#isOpen || !isReachable(to)) return;
    this.#socket.send(bytes, to.port, to.address, (error) => {
      if (error !== null) this.#fail(error);
    });
  }

  close(): void {
    if (this.#isOpen) this.#socket.close();
    this.#isOpen = false;
  }

  #fail(error: Error): void {
    this.close();
    this.#events?.failed(error);
  }
}

/** Sockets kept that nobody uses; gateways beyond get a new one each time. */
const idleMax = 1_024;

export class QuerySockets {
  readonly #address: string | null;
  /** By the address they were used with. */
  readonly #idle = new Map<string, QuerySocket>();
  #isClosed = false;

  /** address: to bind to, or null. */
  constructor(address: string | null) {
    this.#address = address;
  }

  /** Rejects with the system's error where none can be had. */
  async take(to: Address | null): Promise<QuerySocket> {
    const kept = to === null ? undefined : this.#idle.get(to.address);
    if (to !== null) this.#idle.delete(to.address);
    return kept?.isOpen === true ? kept : new QuerySocket(await this.#open(to));
  }

  keep(socket: QuerySocket, to: Address | null): void {
    socket.serve(null);
    const isWanted = to !== null && !this.#isClosed && this.#idle.size < idleMax && !this.#idle.has(to.address);
    if (isWanted) this.#idle.set(to.address, socket);
    else socket.close();
  }

  close(): void {
    this.#isClosed = true;
    for (const socket of this.#idle.values()) socket.close();
    this.#idle.clear();
  }

  #open(to: Address | null): Promise<Socket> {
    const type = familyOf(this.#address ?? to?.address ?? "127.0.0.1");
    const socket = createSocket({ type, recvBufferSize: receiveBytes });
    return new Promise((resolve, reject) => {
      socket.once("error", (error) => {
        socket.close();
        reject(error);
      });
      socket.bind({ port: 0, ...(this.#address === null ? {} : { address: this.#address }) }, () => {
        socket.removeAllListeners("error");
        resolve(socket);
      });
    });
  }
}

/** The source address the system takes towards a destination: a connected UDP socket has it, and sends nothing. */
export async function addressTowards(to: Address): Promise<string> {
  const probe = createSocket(familyOf(to.address));
  try {
    await new Promise<void>((resolve, reject) => {
      probe.once("error", reject);
      probe.connect(to.port, to.address, resolve);
    });
    return probe.address().address;
  } finally {
    probe.close();
  }
}

function familyOf(address: string): "udp4" | "udp6" {
  return address.includes(":") ? "udp6" : "udp4";
}

export function isUnspecified(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}
