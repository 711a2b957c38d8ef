/**
 * The socket of a busy server: node:dgram waits for datagrams and takes the first, and where the C library can be called
 * all others that wait are taken with one system call, and all answers to them sent with another. By dgram alone each
 * costs twice as much.
 */
import { type Address, isIpv4, isReachable } from "#protocol/address.js";
import { type ParseResult, parsed } from "#protocol/parse-result.js";
import { batchMax, DatagramBatch } from "./datagram-batch.js";
import type { Libc } from "./libc.js";
import { openMarkedSocket, scratchBytes } from "./media-marked-socket.js";
import { openUdpSocket, type UdpSocket } from "./udp-socket.js";

/** Batches in one go; then timers and the other sockets have their turn. */
const batchesMax = 8;

const unmarked = 0;

export async function openSignallingSocket(
  libc: Libc | null,
  local: Address,
  receive: (bytes: Uint8Array, from: Address) => void,
): Promise<ParseResult<UdpSocket>> {
  const fd = libc === null || !isIpv4(local.address) ? null : boundSocket(libc, local);
  // Where binding fails the plain way fails as well, and says why in words.
  if (libc === null || fd === null) return openUdpSocket(local, receive);
  const exchange = new BatchedExchange(new DatagramBatch(libc, fd), receive);
  const socket = await openUdpSocket(local, (bytes, from) => exchange.begin(bytes, from), fd);
  return socket.ok ? parsed(exchange.over(socket.value)) : socket;
}

function boundSocket(libc: Libc, local: Address): number | null {
  const scratch = new SharedArrayBuffer(scratchBytes);
  const place = { base: libc.addressOf(scratch), scratchOffset: 0 };
  const bound = openMarkedSocket(libc, { view: new DataView(scratch) }, place, local, unmarked);
  return bound.ok ? bound.fd : null;
}

class BatchedExchange {
  readonly #batch: DatagramBatch;
  readonly #receive: (bytes: Uint8Array, from: Address) => void;
  /** Answers are gathered until what waits is read. */
  #isGathering = false;
  #isClosed = false;

  constructor(batch: DatagramBatch, receive: (bytes: Uint8Array, from: Address) => void) {
    this.#batch = batch;
    this.#receive = receive;
  }

  /** The first datagram; others may wait behind it. */
  begin(bytes: Uint8Array, from: Address): void {
    this.#isGathering = true;
    try {
      this.#receive(bytes, from);
      for (let batches = 0, taken = batchMax; taken === batchMax && batches < batchesMax; batches += 1) {
        if (this.#isClosed) return;
        taken = this.#batch.receive(this.#receive);
        this.#batch.send();
      }
    } finally {
      this.#isGathering = false;
    }
  }

  over(socket: UdpSocket): UdpSocket {
    return {
      local: socket.local,
      send: (bytes, to) => {
        if (this.#isClosed || !isReachable(to)) return;
        if (!this.#batch.put(bytes, to)) {
          this.#batch.send();
          this.#batch.put(bytes, to);
        }
        if (!this.#isGathering) this.#batch.send();
      },
      close: () => {
        this.#batch.send();
        this.#isClosed = true;
        return socket.close();
      },
    };
  }
}
