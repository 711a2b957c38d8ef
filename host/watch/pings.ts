/**
 * Commands sent only to be heard: gateways are asked as witnesses when a call server was heard last, and it wants to know
 * them alive. It holds no timer; what a gateway's silence means is decided elsewhere.
 */
import type { CommandChannel } from "../call-agent/command-channel.js";
import { pingCommand, type ServerPurpose } from "../call-agent/gateway-command.js";
import type { Moment } from "../moment.js";
import type { KnownGateway } from "../registry/known-gateway.js";

/** Pings that may wait for one gateway; it is not pinged beyond. */
const waitingMax = 16;

export class Pings {
  readonly #everyMs: number;
  readonly #channel: CommandChannel<ServerPurpose>;
  #dueAtMs: number;

  constructor(everyMs: number, channel: CommandChannel<ServerPurpose>, nowMs: number) {
    this.#everyMs = everyMs;
    this.#channel = channel;
    this.#dueAtMs = nowMs;
  }

  /** The next tick sends. */
  hurry(nowMs: number): void {
    this.#dueAtMs = nowMs;
  }

  /** True when it was time, and all were sent. */
  tick(gateways: readonly KnownGateway[], at: Moment): boolean {
    if (at.nowMs < this.#dueAtMs) return false;
    this.#dueAtMs = at.nowMs + this.#everyMs;
    for (const gateway of gateways) {
      if (gateway.pingsWaiting >= waitingMax) continue;
      const isSent = this.#channel.send(pingCommand(gateway), gateway, { kind: "ping" }, at.nowMs);
      if (isSent) gateway.pingsWaiting += 1;
    }
    return true;
  }

  next(): number {
    return this.#dueAtMs;
  }
}
