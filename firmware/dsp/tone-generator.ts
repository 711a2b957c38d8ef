/** One call's tone generator: a programme of steps in, samples out (dsp-wasm/tone-generator.ts draws the record). */
import { CallPlace } from "./call-place.js";
import type { DspCore } from "./dsp-core.js";

export interface Tone {
  readonly hz: number;
  readonly dbm0: number;
}

/** Up to four tones at once; ms 0 sounds for ever; no tones is silence. */
export interface ToneStep {
  readonly tones: readonly Tone[];
  readonly ms: number;
}

/** A sine of 0 dBm0 has this amplitude where full scale is 32768: ITU-T G.711, +3.17 dBm0 is the largest µ-law sine. */
export const amplitudeOf0Dbm0 = 32124 / 10 ** (3.17 / 20);

const rampMs = 2;
const tonesMax = 4;
/** No programme holds a step above an hour. */
const stepMsMax = 3_600_000;

export class ToneGenerator {
  readonly #core: DspCore;
  readonly #place: CallPlace;

  private constructor(core: DspCore, place: CallPlace) {
    this.#core = core;
    this.#place = place;
  }

  /** Null when the memory is full. */
  static create(core: DspCore, frameSamples: number): ToneGenerator | null {
    const recordOctets = core.size("toneGeneratorBytes");
    const place = CallPlace.create(core, { recordOctets, sourceOctets: 0, destinationOctets: 2 * frameSamples });
    return place === null ? null : new ToneGenerator(core, place);
  }

  /**
   * Starts a programme from its beginning; after its last step it goes on at step `repeat`, or is silent if that is null.
   * Throws RangeError for more steps or tones, or other numbers, than the record holds.
   */
  play(steps: readonly ToneStep[], repeat: number | null, rateHz = 8000): void {
    checkSteps(steps, this.#core.size("toneStepsMax"), rateHz);
    this.reset();
    const { record } = this.#place;
    record.setUint32(0, steps.length, true);
    record.setUint32(4, repeat ?? steps.length, true);
    const stepsOffset = this.#core.size("toneStepsOffset");
    const stepBytes = this.#core.size("toneStepBytes");
    steps.forEach((step, index) => {
      writeStep(record, stepsOffset + index * stepBytes, step, rateHz);
    });
  }

  /** A view on the next samples, valid until the next call. */
  process(samples: number): Int16Array {
    const made = this.#place.samples(samples);
    this.#place.run("toneGenerate", samples);
    return made;
  }

  /** Silence, as when new. */
  reset(): void {
    this.#place.clearRecord();
  }

  release(): void {
    this.#place.release();
  }
}

function checkSteps(steps: readonly ToneStep[], stepsMax: number, rateHz: number): void {
  if (steps.length > stepsMax) throw new RangeError(`${steps.length} steps: a programme has up to ${stepsMax}`);
  for (const step of steps) {
    if (!(step.ms >= 0 && step.ms <= stepMsMax)) throw new RangeError(`a step of ${step.ms} ms: up to ${stepMsMax}`);
    if (step.tones.length > tonesMax) throw new RangeError(`${step.tones.length} tones at once: up to ${tonesMax}`);
    if (step.tones.some(({ hz }) => !(hz > 0 && hz < rateHz / 2))) {
      throw new RangeError(`tones of ${step.tones.map(({ hz }) => hz).join(", ")} Hz at ${rateHz} Hz`);
    }
  }
}

function writeStep(record: DataView, offset: number, step: ToneStep, rateHz: number): void {
  record.setUint32(offset, Math.round((step.ms * rateHz) / 1000), true);
  step.tones.forEach(({ hz, dbm0 }, index) => {
    record.setUint32(offset + 4 + index * 4, Math.round((hz / rateHz) * 2 ** 32), true);
    record.setFloat32(offset + 20 + index * 4, amplitudeOf0Dbm0 * 10 ** (dbm0 / 20), true);
  });
  record.setUint32(offset + 36, Math.round((rampMs * rateHz) / 1000), true);
}
