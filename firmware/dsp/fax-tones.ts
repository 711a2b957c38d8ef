/** The tones of fax machines and modems, heard (dsp-wasm/fax-tones.ts) and as programmes of the tone generator. */
import { CallPlace } from "./call-place.js";
import type { DspCore } from "./dsp-core.js";
import type { ToneStep } from "./tone-generator.js";

export type FaxTone = "CNG" | "CED";

/** ITU-T T.30 section 4.2: 1100 Hz, 0.5 s on, 3 s off, repeated. */
export const cngTone: readonly ToneStep[] = [
  { tones: [{ hz: 1100, dbm0: -11 }], ms: 500 },
  { tones: [], ms: 3000 },
];
/** T.30 section 4.2, V.25: 2100 Hz for 2.6 to 4 s, once, then silence of 75 ms. */
export const cedTone: readonly ToneStep[] = [
  { tones: [{ hz: 2100, dbm0: -11 }], ms: 3000 },
  { tones: [], ms: 75 },
];

const heardOctets = 8;
const toneOfCode: readonly (FaxTone | null)[] = [null, "CNG", "CED"];

export class FaxToneDetector {
  readonly #place: CallPlace;

  private constructor(place: CallPlace) {
    this.#place = place;
  }

  /** Null when the memory is full. */
  static create(core: DspCore, frameSamples: number): FaxToneDetector | null {
    const recordOctets = core.size("faxDetectorBytes");
    const sizes = { recordOctets, sourceOctets: 2 * frameSamples, destinationOctets: heardOctets };
    const place = CallPlace.create(core, sizes);
    return place === null ? null : new FaxToneDetector(place);
  }

  /** The tone that was made sure of in these samples (CNG after 0.35 s, CED after 0.5 s), once for each time it sounds. */
  process(samples: Int16Array): FaxTone | null {
    this.#place.put(samples);
    this.#place.run("faxToneDetect", samples.length);
    return toneOfCode[this.#place.answer.getUint32(0, true)] ?? null;
  }

  reset(): void {
    this.#place.clearRecord();
  }

  release(): void {
    this.#place.release();
  }
}
