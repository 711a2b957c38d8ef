/**
 * Package LCK (RFC 3992): an endpoint that has waited for a request for a set time says so, once per Notify, or once more
 * each time the timer is set meanwhile.
 */
export class LockstepTimer {
  #seconds = 0;
  #sinceMs: number | null = null;
  #dueAtMs: number | null = null;

  /** As audited; 0 is off. */
  get seconds(): number {
    return this.#seconds;
  }

  /** LCK/LST, 0 to 9999. An endpoint already in lockstep state begins to count now. */
  set(seconds: number, nowMs: number): void {
    this.#seconds = seconds;
    this.#dueAtMs = seconds === 0 || this.#sinceMs === null ? null : nowMs + seconds * 1000;
  }

  /** Since when the endpoint has been in lockstep state; null when it is not. */
  follow(sinceMs: number | null): void {
    if (sinceMs === this.#sinceMs) return;
    this.#sinceMs = sinceMs;
    this.#dueAtMs = sinceMs === null || this.#seconds === 0 ? null : sinceMs + this.#seconds * 1000;
  }

  next(): number | null {
    return this.#dueAtMs;
  }

  /** True when it is to be said now. */
  tick(nowMs: number): boolean {
    if (this.#dueAtMs === null || this.#dueAtMs > nowMs) return false;
    this.#dueAtMs = null;
    return true;
  }
}
