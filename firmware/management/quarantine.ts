/** Events that wait until somebody may be told of them, in their order (RFC 3435 section 4.4.1); bounded. */
import type { EventName } from "#protocol/mgcp/message.js";

export class Quarantine {
  readonly #max: number;
  #events: EventName[] = [];
  #lost = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** Events that found no room. */
  get lost(): number {
    return this.#lost;
  }

  some(holds: (event: EventName) => boolean): boolean {
    return this.#events.some(holds);
  }

  /** One overflow event, where it is wanted, stands for all that are lost; there is always room for it. */
  put(event: EventName, overflow: EventName | null): void {
    if (this.#events.length < this.#max) {
      this.#events.push(event);
      return;
    }
    this.#lost += 1;
    if (overflow !== null && this.#events.length === this.#max) this.#events.push(overflow);
  }

  /** Before all that wait: they happened earlier. */
  putBack(events: readonly EventName[]): void {
    const together = [...events, ...this.#events];
    this.#lost += Math.max(0, together.length - this.#max - 1);
    this.#events = together.slice(0, this.#max + 1);
  }

  take(): EventName | undefined {
    return this.#events.shift();
  }

  clear(): void {
    this.#events = [];
  }
}
