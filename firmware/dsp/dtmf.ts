/**
 * DTMF digits (ITU-T Q.23): a detector for one call, and the programme that makes the tones of a digit. The algorithms
 * are dsp-wasm/dtmf-detector.ts and tone-generator.ts.
 */
import { CallPlace } from "./call-place.js";
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

const heardOctets = 12;
const samplesPerMs = 8;

/** Linear samples at 8000 Hz in, digits out. Holds its record until released. */
export class DtmfDetector {
  readonly #place: CallPlace;

  private constructor(place: CallPlace) {
    this.#place = place;
  }

  /** Null when the memory is full. frameSamples is the most that process takes at once. */
  static create(core: DspCore, frameSamples: number): DtmfDetector | null {
    const recordOctets = core.size("dtmfDetectorBytes");
    const sizes = { recordOctets, sourceOctets: 2 * frameSamples, destinationOctets: heardOctets };
    const place = CallPlace.create(core, sizes);
    return place === null ? null : new DtmfDetector(place);
  }

  /** samples: i16 at 8000 Hz, a multiple of 8 of them. */
  process(samples: Int16Array): DtmfHeard {
    this.#place.put(samples);
    this.#place.run("dtmfDetect", samples.length);
    const heard = this.#place.answer;
    return {
      begun: digitOf(heard.getUint32(0, true)),
      present: digitOf(heard.getUint32(4, true)),
      presentMs: heard.getUint32(8, true) / samplesPerMs,
    };
  }

  reset(): void {
    this.#place.clearRecord();
  }

  release(): void {
    this.#place.release();
  }
}

function digitOf(code: number): string | null {
  return code === 0 ? null : String.fromCharCode(code);
}
