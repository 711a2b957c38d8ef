/**
 * DTMF digits (ITU-T Q.23): a detector for one call, and the programme that makes the tones of a digit. The algorithms
 * are dsp-wasm/dtmf-detector.ts and tone-generator.ts.
 */
import type { DspCore } from "./dsp-core.js";
import type { ToneStep } from "./tone-generator.js";

const lowHz = [697, 770, 852, 941] as const;
const highHz = [1209, 1336, 1477, 1633] as const;
const keypad = ["123A", "456B", "789C", "*0#D"] as const;

export const dtmfDigits = keypad.join("");

/** What the detector says after each frame. */
export interface DtmfHeard {
  /** The digit that began in this frame. */
  readonly begun: string | null;
  /** The digit that sounds at its end, and for how long it has. */
  readonly present: string | null;
  readonly presentMs: number;
}

/** Null for what is no digit. Levels in dBm0, of each frequency. */
export function dtmfTone(digit: string, onMs: number, offMs: number, lowDbm0 = -8, highDbm0 = -6): ToneStep[] | null {
  const row = keypad.findIndex((keys) => digit.length === 1 && keys.includes(digit));
  const low = lowHz[row];
  const high = highHz[keypad[row]?.indexOf(digit) ?? -1];
  if (low === undefined || high === undefined) return null;
  const tones = [
    { hz: low, dbm0: lowDbm0 },
    { hz: high, dbm0: highDbm0 },
  ];
  return [
    { tones, ms: onMs },
    { tones: [], ms: offMs },
  ];
}

const heardOctets = 16;
const samplesPerMs = 8;

/** Linear samples at 8000 Hz in, digits out. Holds its record until released. */
export class DtmfDetector {
  readonly #core: DspCore;
  readonly #state: number;
  readonly #frame: number;
  readonly #heard: number;
  readonly #octets: { readonly state: number; readonly frame: number };

  private constructor(core: DspCore, state: number, frame: number, heard: number, frameSamples: number) {
    this.#core = core;
    this.#state = state;
    this.#frame = frame;
    this.#heard = heard;
    this.#octets = { state: core.size("dtmfDetectorBytes"), frame: frameSamples * 2 };
  }

  /** Null when the memory is full. frameSamples is the most that process takes at once. */
  static create(core: DspCore, frameSamples: number): DtmfDetector | null {
    const state = core.allocate(core.size("dtmfDetectorBytes"));
    const frame = core.allocate(frameSamples * 2);
    const heard = core.allocate(heardOctets);
    if (state === null || frame === null || heard === null) return null;
    return new DtmfDetector(core, state, frame, heard, frameSamples);
  }

  /** samples: i16 at 8000 Hz, a multiple of 8 of them. */
  process(samples: Int16Array): DtmfHeard {
    this.#core.samples(this.#frame, samples.length).set(samples);
    this.#core.run("dtmfDetect", [this.job()], samples.length);
    const heard = this.#core.view(this.#heard, heardOctets);
    return {
      begun: digitOf(heard.getUint32(0, true)),
      present: digitOf(heard.getUint32(4, true)),
      presentMs: heard.getUint32(8, true) / samplesPerMs,
    };
  }

  /** For running many detectors in one call of DspCore.run("dtmfDetect", …). */
  job() {
    return { state: this.#state, source: this.#frame, destination: this.#heard, argument: 0 };
  }

  reset(): void {
    this.#core.bytes(this.#state, this.#octets.state).fill(0);
  }

  release(): void {
    this.#core.release(this.#state, this.#octets.state);
    this.#core.release(this.#frame, this.#octets.frame);
    this.#core.release(this.#heard, heardOctets);
  }
}

function digitOf(code: number): string | null {
  return code === 0 ? null : String.fromCharCode(code);
}
