/** How loud one call is (dsp-wasm/level.ts). */
import { CallPlace } from "./call-place.js";
import type { DspCore } from "./dsp-core.js";
import { amplitudeOf0Dbm0 } from "./tone-generator.js";

export interface Level {
  /** Power over the last 100 ms; -Infinity for nothing at all. */
  readonly dbm0: number;
  /** The largest magnitude since the meter was reset, 0 to 32768. */
  readonly peak: number;
}

export class LevelMeter {
  readonly #place: CallPlace;

  private constructor(place: CallPlace) {
    this.#place = place;
  }

  /** Null when the memory is full. */
  static create(core: DspCore, frameSamples: number): LevelMeter | null {
    const recordOctets = core.size("levelMeterBytes");
    const place = CallPlace.create(core, { recordOctets, sourceOctets: 2 * frameSamples, destinationOctets: 0 });
    return place === null ? null : new LevelMeter(place);
  }

  process(samples: Int16Array): Level {
    this.#place.put(samples);
    this.#place.run("levelMeasure", samples.length);
    const { record } = this.#place;
    const meanSquare = record.getFloat32(0, true);
    return { dbm0: 10 * Math.log10((2 * meanSquare) / amplitudeOf0Dbm0 ** 2), peak: record.getUint32(4, true) };
  }

  reset(): void {
    this.#place.clearRecord();
  }

  release(): void {
    this.#place.release();
  }
}
