/** What the core is told of time, with every input. */
export interface Moment {
  /** Monotonic: all waiting and every duration. */
  readonly nowMs: number;
  /** Wall clock: records and logs only. */
  readonly wallMs: number;
}
