/** Comfort noise by RFC 3389, both ways (dsp-wasm/comfort-noise.ts): noise to a payload, a payload to noise. */
import { CallPlace } from "./call-place.js";
import type { DspCore } from "./dsp-core.js";

export class NoiseDescriber {
  readonly #place: CallPlace;
  readonly #order: number;

  private constructor(place: CallPlace, order: number) {
    this.#place = place;
    this.#order = order;
  }

  /** order: how many reflection coefficients the payload brings, 0 to 10. Null when the memory is full. */
  static create(core: DspCore, frameSamples: number, order: number): NoiseDescriber | null {
    const orderMax = core.size("noiseOrderMax");
    if (!Number.isInteger(order) || order < 0 || order > orderMax) {
      throw new RangeError(`a model of order ${order}: 0 to ${orderMax}`);
    }
    const recordOctets = core.size("noiseDescriberBytes");
    const sizes = { recordOctets, sourceOctets: 2 * frameSamples, destinationOctets: orderMax + 1 };
    const place = CallPlace.create(core, sizes);
    return place === null ? null : new NoiseDescriber(place, order);
  }

  /** The payload that describes the noise so far, a copy: level in -dBov, then the coefficients. */
  process(samples: Int16Array): Uint8Array {
    this.#place.put(samples);
    this.#place.run("comfortNoiseDescribe", samples.length, this.#order);
    return this.#place.octets(this.#order + 1).slice();
  }

  reset(): void {
    this.#place.clearRecord();
  }

  release(): void {
    this.#place.release();
  }
}

export class NoiseMaker {
  readonly #place: CallPlace;
  readonly #payloadOctetsMax: number;

  private constructor(place: CallPlace, payloadOctetsMax: number) {
    this.#place = place;
    this.#payloadOctetsMax = payloadOctetsMax;
  }

  /** seed: of its own for each call, that no two sound alike. Null when the memory is full. */
  static create(core: DspCore, frameSamples: number, seed: number): NoiseMaker | null {
    const recordOctets = core.size("noiseMakerBytes");
    const payloadOctetsMax = core.size("noiseOrderMax") + 1;
    const sizes = { recordOctets, sourceOctets: payloadOctetsMax, destinationOctets: 2 * frameSamples };
    const place = CallPlace.create(core, sizes);
    place?.record.setUint32(0, seed, true);
    return place === null ? null : new NoiseMaker(place, payloadOctetsMax);
  }

  /**
   * So many samples of the noise that the last payload described; silence before the first. payload: null when none has
   * come; coefficients beyond the tenth are left out. A view, valid until the next call.
   */
  process(payload: Uint8Array | null, samples: number): Int16Array {
    const taken = payload?.subarray(0, this.#payloadOctetsMax) ?? null;
    if (taken !== null) this.#place.putOctets(taken);
    const view = this.#place.samples(samples);
    this.#place.run("comfortNoiseMake", samples, taken?.length ?? 0);
    return view;
  }

  release(): void {
    this.#place.release();
  }
}
