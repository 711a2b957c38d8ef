/** Operators who wait for a switchover to end: each is answered once, with what became of it. */
import type { RecoveryFacts } from "../server-event.js";
import type { Outbox } from "../server-output.js";

export class Switchovers {
  readonly #server: string;
  readonly #outbox: Outbox;
  readonly #waiting = new Set<number>();

  constructor(server: string, outbox: Outbox) {
    this.#server = server;
    this.#outbox = outbox;
  }

  begun(controlId: number): void {
    this.#waiting.add(controlId);
  }

  done(facts: RecoveryFacts): void {
    for (const controlId of this.#waiting) {
      const reply = { ok: true, server: this.#server, outcome: "took over", facts } as const;
      this.#outbox.push({ kind: "control-reply", controlId, reply });
    }
    this.#waiting.clear();
  }

  failed(reason: string): void {
    for (const controlId of this.#waiting) this.refused(controlId, reason);
    this.#waiting.clear();
  }

  /** This server is in charge already. */
  needless(controlId: number): void {
    const reply = { ok: true, server: this.#server, outcome: "already in charge", facts: null } as const;
    this.#outbox.push({ kind: "control-reply", controlId, reply });
  }

  refused(controlId: number, reason: string): void {
    this.#outbox.push({ kind: "control-reply", controlId, reply: { ok: false, reason } });
  }
}
