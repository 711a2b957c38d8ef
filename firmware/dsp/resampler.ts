/** One call from 8 to 16 kHz or back (dsp-wasm/resampler.ts); the two directions of a call are two resamplers. */
import { CallPlace } from "./call-place.js";
import type { DspCore } from "./dsp-core.js";

export class Resampler {
  readonly #place: CallPlace;
  readonly #isUp: boolean;

  private constructor(place: CallPlace, isUp: boolean) {
    this.#place = place;
    this.#isUp = isUp;
  }

  /** frameSamples is the most that process takes at once. Null when the memory is full. */
  static create(core: DspCore, frameSamples: number, direction: "8 to 16 kHz" | "16 to 8 kHz"): Resampler | null {
    const isUp = direction === "8 to 16 kHz";
    const recordOctets = core.size("resamplerBytes");
    const sourceOctets = 2 * frameSamples;
    const destinationOctets = isUp ? 2 * sourceOctets : sourceOctets / 2;
    const place = CallPlace.create(core, { recordOctets, sourceOctets, destinationOctets });
    return place === null ? null : new Resampler(place, isUp);
  }

  /** A multiple of 8 samples of 8 kHz, or of 16 of 16 kHz. A view, valid until the next call. */
  process(samples: Int16Array): Int16Array {
    this.#place.put(samples);
    if (this.#isUp) {
      this.#place.run("resampleUp", samples.length);
      return this.#place.samples(2 * samples.length);
    }
    this.#place.run("resampleDown", samples.length / 2);
    return this.#place.samples(samples.length / 2);
  }

  reset(): void {
    this.#place.clearRecord();
  }

  release(): void {
    this.#place.release();
  }
}
