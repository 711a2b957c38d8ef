/** Packet loss concealment for one call (dsp-wasm/loss-concealer.ts): frames in, frames out, whatever was lost. */
import { CallPlace } from "./call-place.js";
import type { DspCore } from "./dsp-core.js";

export class LossConcealer {
  readonly #place: CallPlace;
  readonly #frameSamples: number;
  readonly #isWide: boolean;

  private constructor(place: CallPlace, frameSamples: number, isWide: boolean) {
    this.#place = place;
    this.#frameSamples = frameSamples;
    this.#isWide = isWide;
  }

  /** frameSamples is how many a lost frame had, and the most that process takes. Null when the memory is full. */
  static create(core: DspCore, frameSamples: number, rateHz: 8000 | 16_000 = 8000): LossConcealer | null {
    const isWide = rateHz === 16_000;
    const octets = 2 * frameSamples;
    const recordOctets = core.size(isWide ? "lossConcealerWideBytes" : "lossConcealerBytes");
    const place = CallPlace.create(core, { recordOctets, sourceOctets: octets, destinationOctets: octets });
    return place === null ? null : new LossConcealer(place, frameSamples, isWide);
  }

  /** The frame as it came, or null if it was lost; a view on what is to be played, valid until the next call. */
  process(samples: Int16Array | null): Int16Array {
    const count = samples?.length ?? this.#frameSamples;
    if (samples !== null) this.#place.put(samples);
    const isLost = samples === null ? 1 : 0;
    if (this.#isWide) this.#place.run("lossConcealWide", count / 2, isLost);
    else this.#place.run("lossConceal", count, isLost);
    return this.#place.samples(count);
  }

  reset(): void {
    this.#place.clearRecord();
  }

  release(): void {
    this.#place.release();
  }
}
