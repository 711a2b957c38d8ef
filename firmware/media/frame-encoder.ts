/**
 * From the linear samples of another leg to what this one sends, one frame of 10 ms at a time: brought to the codec's
 * sampling rate, coded and packed. It only notes jobs.
 */
import type { Codec } from "./codec.js";
import type { Dsp } from "./dsp.js";
import type { EngineMemory } from "./engine-memory.js";
import type { FrameDecoder } from "./frame-decoder.js";

export class FrameEncoder {
  readonly codec: Codec;
  readonly #memory: EngineMemory;
  readonly #offset: number;
  #isBegun = false;

  /** offset: where the leg lies in the memory; its record of the resampling before is cleared. */
  constructor(memory: EngineMemory, offset: number, codec: Codec) {
    const { sendingResamplerOffset, concealerStateOffset } = memory.map;
    this.codec = codec;
    this.#memory = memory;
    this.#offset = offset;
    memory.bytes.fill(0, offset + sendingResamplerOffset, offset + concealerStateOffset);
  }

  /** target: where the frame's octets go. */
  encode(dsp: Dsp, source: FrameDecoder, target: number): void {
    const { codec } = this;
    const { encoderStateOffset, sentCodesOffset } = this.#memory.map;
    const state = this.#offset + encoderStateOffset;
    if (!this.#isBegun && codec.reset !== null) dsp.add(codec.reset, state, 0, 0);
    this.#isBegun = true;
    const codes = this.#offset + sentCodesOffset;
    dsp.add(codec.encode, state, this.#atOwnRate(dsp, source), codec.pack === null ? target : codes);
    if (codec.pack !== null) dsp.add(codec.pack, state, codes, target, codec.unitOctets);
  }

  #atOwnRate(dsp: Dsp, source: FrameDecoder): number {
    if (source.codec.pcmRateHz === this.codec.pcmRateHz) return source.pcmOffset;
    const { sendingResamplerOffset, sendingFrameOffset } = this.#memory.map;
    const resample = this.codec.pcmRateHz === 8000 ? "resampleDown" : "resampleUp";
    const frame = this.#offset + sendingFrameOffset;
    dsp.add(resample, this.#offset + sendingResamplerOffset, source.pcmOffset, frame);
    return frame;
  }
}
