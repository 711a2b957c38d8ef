/**
 * Hostile datagrams at many ports at a steady rate: each port gets its share, from each of the addresses it is attacked
 * from in turn. What comes back is of no interest, nor is what could not be sent.
 */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import type { HostileKind } from "./hostile-datagrams.js";

export interface Target {
  readonly kind: HostileKind;
  readonly address: string;
  readonly port: number;
  /** Strangers, and those it listens to, from ports that are not theirs. */
  readonly from: readonly string[];
}

/** One datagram on its way. */
interface Shot {
  readonly target: Target;
  readonly bytes: Uint8Array;
  readonly socket: Socket;
}

export const mediaTargets = (address: string, port: number, from: readonly string[]): Target[] => [
  { kind: "rtp", address, port, from },
  { kind: "rtcp", address, port: port + 1, from },
];

export async function strangerSocket(address: string): Promise<Socket> {
  const socket = createSocket("udp4");
  socket.on("message", () => undefined).on("error", () => undefined);
  socket.bind(0, address);
  await once(socket, "listening");
  return socket;
}

export class Flood {
  readonly #targets: readonly Target[];
  readonly #pools: ReadonlyMap<HostileKind, readonly Uint8Array[]>;
  readonly #sockets = new Map<string, Socket>();
  #sent = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(targets: readonly Target[], pools: ReadonlyMap<HostileKind, readonly Uint8Array[]>) {
    this.#targets = targets;
    this.#pools = pools;
  }

  get sent(): number {
    return this.#sent;
  }

  /** Round by round, a datagram to each target, `perSecond` in all, until there were `most` or it is stopped. */
  async start(perSecond: number, most: number): Promise<void> {
    for (const address of new Set(this.#targets.flatMap(({ from }) => from)))
      this.#sockets.set(address, await strangerSocket(address));
    const startedAtMs = performance.now();
    const step = () => {
      const due = Math.min(most, Math.floor(((performance.now() - startedAtMs) / 1000) * perSecond)) - this.#sent;
      for (let shot = 0; shot < Math.min(due, burstMax); shot += 1) this.#fire();
    };
    this.#timer = setInterval(step, stepMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
  }

  #fire(): void {
    const shot = this.#shot(this.#sent);
    this.#sent += 1;
    shot?.socket.send(shot.bytes, shot.target.port, shot.target.address);
  }

  #shot(number: number): Shot | null {
    const target = this.#targets[number % this.#targets.length];
    if (target === undefined) return null;
    const pool = this.#pools.get(target.kind) ?? [];
    const bytes = pool[number % pool.length];
    const round = Math.floor(number / this.#targets.length);
    const socket = this.#sockets.get(target.from[round % target.from.length] ?? "");
    return bytes === undefined || socket === undefined ? null : { target, bytes, socket };
  }
}

const stepMs = 5;
/** A flood that fell behind does not make up for it all at once. */
const burstMax = 1000;
