import { monotonicMs } from "./monotonic-clock.js";

/** Sleeps until a core's next deadline, an absolute monotonic time; arming again replaces the deadline. */
export class DeadlineTimer {
  readonly #due: () => void;
  #timer: NodeJS.Timeout | null = null;
  #atMs: number | null = null;

  constructor(due: () => void) {
    this.#due = due;
  }

  arm(atMs: number | null): void {
    if (atMs === this.#atMs && this.#timer !== null) return;
    this.stop();
    this.#atMs = atMs;
    if (atMs === null) return;
    const waitMs = Math.min(Math.max(0, atMs - monotonicMs()), waitMaxMs);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#due();
    }, waitMs);
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

/** setTimeout takes no more than 2^31 ms; waking once a minute costs nothing. */
const waitMaxMs = 60_000;
