/** Packet loss concealment for one call (dsp-wasm/loss-concealer.ts): frames in, frames out, whatever was lost. */
import type { DspCore } from "./dsp-core.js";

export class LossConcealer {
  readonly #core: DspCore;
  readonly #state: number;
  readonly #frame: number;
  readonly #frameSamples: number;

  private constructor(core: DspCore, state: number, frame: number, frameSamples: number) {
    this.#core = core;
    this.#state = state;
    this.#frame = frame;
    this.#frameSamples = frameSamples;
  }

  /** Null when the memory is full. */
  static create(core: DspCore, frameSamples: number): LossConcealer | null {
    const state = core.allocate(core.size("lossConcealerBytes"));
    const frame = core.allocate(frameSamples * 2);
    return state === null || frame === null ? null : new LossConcealer(core, state, frame, frameSamples);
  }

  /** The frame as it came, or null if it was lost; a view on what is to be played, valid until the next call. */
  process(samples: Int16Array | null): Int16Array {
    const count = samples?.length ?? this.#frameSamples;
    const frame = this.#core.samples(this.#frame, count);
    if (samples !== null) frame.set(samples);
    const argument = samples === null ? 1 : 0;
    const job = { state: this.#state, source: this.#frame, destination: this.#frame, argument };
    this.#core.run("lossConceal", [job], count);
    return frame;
  }

  reset(): void {
    this.#core.bytes(this.#state, this.#core.size("lossConcealerBytes")).fill(0);
  }

  release(): void {
    this.#core.release(this.#state, this.#core.size("lossConcealerBytes"));
    this.#core.release(this.#frame, this.#frameSamples * 2);
  }
}
