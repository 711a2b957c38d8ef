/** The tones of fax machines and modems, heard (dsp-wasm/fax-tones.ts) and as programmes of the tone generator. */
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

const heardOctets = 16;
const toneOfCode: readonly (FaxTone | null)[] = [null, "CNG", "CED"];

export class FaxToneDetector {
  readonly #core: DspCore;
  readonly #state: number;
  readonly #frame: number;
  readonly #heard: number;
  readonly #frameOctets: number;

  private constructor(core: DspCore, state: number, frame: number, heard: number, frameOctets: number) {
    this.#core = core;
    this.#state = state;
    this.#frame = frame;
    this.#heard = heard;
    this.#frameOctets = frameOctets;
  }

  /** Null when the memory is full. */
  static create(core: DspCore, frameSamples: number): FaxToneDetector | null {
    const state = core.allocate(core.size("faxDetectorBytes"));
    const frame = core.allocate(frameSamples * 2);
    const heard = core.allocate(heardOctets);
    if (state === null || frame === null || heard === null) return null;
    return new FaxToneDetector(core, state, frame, heard, frameSamples * 2);
  }

  /** The tone that was made sure of in these samples (CNG after 0.35 s, CED after 0.5 s), once for each time it sounds. */
  process(samples: Int16Array): FaxTone | null {
    this.#core.samples(this.#frame, samples.length).set(samples);
    const job = { state: this.#state, source: this.#frame, destination: this.#heard, argument: 0 };
    this.#core.run("faxToneDetect", [job], samples.length);
    return toneOfCode[this.#core.view(this.#heard, heardOctets).getUint32(0, true)] ?? null;
  }

  reset(): void {
    this.#core.bytes(this.#state, this.#core.size("faxDetectorBytes")).fill(0);
  }

  release(): void {
    this.#core.release(this.#state, this.#core.size("faxDetectorBytes"));
    this.#core.release(this.#frame, this.#frameOctets);
    this.#core.release(this.#heard, heardOctets);
  }
}
