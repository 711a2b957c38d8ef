/** One call made louder or softer (dsp-wasm/gain.ts): by a number of decibels, or by what brings speech to a level. */
import { CallPlace } from "./call-place.js";
import type { DspCore } from "./dsp-core.js";
import { amplitudeOf0Dbm0 } from "./tone-generator.js";

/** What dsp-wasm/gain.ts counts a factor in, and the largest it takes: 24 dB. */
const factorUnit = 4096;
export const gainDbMax = 24;

export class FixedGain {
  readonly #place: CallPlace;
  readonly #factor: number;

  private constructor(place: CallPlace, factor: number) {
    this.#place = place;
    this.#factor = factor;
  }

  /** Null when the memory is full. Throws RangeError for more than gainDbMax; -Infinity is silence. */
  static create(core: DspCore, frameSamples: number, gainDb: number): FixedGain | null {
    if (!(gainDb <= gainDbMax)) throw new RangeError(`a gain of ${gainDb} dB: at most ${gainDbMax}`);
    const octets = 2 * frameSamples;
    const place = CallPlace.create(core, { recordOctets: 0, sourceOctets: octets, destinationOctets: octets });
    return place === null ? null : new FixedGain(place, Math.round(factorUnit * 10 ** (gainDb / 20)));
  }

  /** A view on the samples times the factor, saturated; valid until the next call. */
  process(samples: Int16Array): Int16Array {
    this.#place.put(samples);
    this.#place.run("gainApply", samples.length, this.#factor);
    return this.#place.samples(samples.length);
  }

  release(): void {
    this.#place.release();
  }
}

export class AutomaticGain {
  readonly #place: CallPlace;
  readonly #wanted: number;

  private constructor(place: CallPlace, wanted: number) {
    this.#place = place;
    this.#wanted = wanted;
  }

  /** wantedDbm0: the level that speech is brought to, by up to 18 dB either way. Null when the memory is full. */
  static create(core: DspCore, frameSamples: number, wantedDbm0: number): AutomaticGain | null {
    const wanted = Math.round((amplitudeOf0Dbm0 / Math.SQRT2) * 10 ** (wantedDbm0 / 20));
    if (!(wanted >= 1 && wanted <= 32_767)) throw new RangeError(`a wanted level of ${wantedDbm0} dBm0: -83 to 6`);
    const octets = 2 * frameSamples;
    const recordOctets = core.size("automaticGainBytes");
    const place = CallPlace.create(core, { recordOctets, sourceOctets: octets, destinationOctets: octets });
    return place === null ? null : new AutomaticGain(place, wanted);
  }

  /** A view, valid until the next call. */
  process(samples: Int16Array): Int16Array {
    this.#place.put(samples);
    this.#place.run("automaticGainApply", samples.length, this.#wanted);
    return this.#place.samples(samples.length);
  }

  /** By how much the last sample was made louder. */
  get gainDb(): number {
    const factor = this.#place.record.getFloat32(0, true);
    return factor === 0 ? 0 : 20 * Math.log10(factor);
  }

  reset(): void {
    this.#place.clearRecord();
  }

  release(): void {
    this.#place.release();
  }
}
