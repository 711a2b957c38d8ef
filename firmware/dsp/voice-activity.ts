/** Whether somebody speaks in one call (dsp-wasm/voice-activity.ts). */
import { CallPlace } from "./call-place.js";
import type { DspCore } from "./dsp-core.js";

const answerOctets = 4;

export class VoiceActivityDetector {
  readonly #place: CallPlace;

  private constructor(place: CallPlace) {
    this.#place = place;
  }

  /** Null when the memory is full. */
  static create(core: DspCore, frameSamples: number): VoiceActivityDetector | null {
    const recordOctets = core.size("voiceActivityBytes");
    const sizes = { recordOctets, sourceOctets: 2 * frameSamples, destinationOctets: answerOctets };
    const place = CallPlace.create(core, sizes);
    return place === null ? null : new VoiceActivityDetector(place);
  }

  /** True while there is speech, and for the 200 ms of a breath after it. */
  process(samples: Int16Array): boolean {
    this.#place.put(samples);
    this.#place.run("voiceActivityDetect", samples.length);
    return this.#place.answer.getUint32(0, true) === 1;
  }

  reset(): void {
    this.#place.clearRecord();
  }

  release(): void {
    this.#place.release();
  }
}
