/**
 * From what a leg's jitter buffer gives to linear samples, one frame of 10 ms at a time: unpacked, decoded, concealed where it
 * is missing, and searched for digits where somebody asked for them. It only notes jobs; the samples stay in the engine's
 * memory, where the legs that send them find them.
 */
import type { Codec } from "./codec.js";
import type { Dsp } from "./dsp.js";
import type { EngineMemory } from "./engine-memory.js";

/** A frame whose largest sample stays below this holds no speech: 36 dB under full scale. */
const quietPeak = 512;
const isLostArgument = 1;

export class FrameDecoder {
  readonly codec: Codec;
  readonly #memory: EngineMemory;
  readonly #offset: number;
  #isBegun = false;
  #isListening = false;
  /** Whether the present turn has a frame. */
  hasFrame = false;

  /** offset: where the leg lies in the memory; its records of what was decoded before are cleared. */
  constructor(memory: EngineMemory, offset: number, codec: Codec) {
    const { concealerStateOffset, hearingResamplerOffset, codeFrameOffset, sendingResamplerOffset } = memory.map;
    this.codec = codec;
    this.#memory = memory;
    this.#offset = offset;
    memory.bytes.fill(0, offset + concealerStateOffset, offset + codeFrameOffset);
    memory.bytes.fill(0, offset + hearingResamplerOffset, offset + sendingResamplerOffset);
  }

  get pcmOffset(): number {
    return this.#offset + this.#memory.map.pcmFrameOffset;
  }

  get #samples(): number {
    return this.codec.pcmRateHz / 100;
  }

  /** codes: where the frame's octets lie. */
  decode(dsp: Dsp, codes: number | "lost"): void {
    const { codec } = this;
    const { decoderStateOffset, receivedCodesOffset, concealerStateOffset } = this.#memory.map;
    const state = this.#offset + decoderStateOffset;
    if (!this.#isBegun && codec.reset !== null) dsp.add(codec.reset, state, 0, 0);
    this.#isBegun = true;
    const pcm = this.pcmOffset;
    if (codes !== "lost") {
      const unpacked = this.#offset + receivedCodesOffset;
      if (codec.unpack !== null) dsp.add(codec.unpack, state, codes, unpacked, codec.unitOctets);
      dsp.add(codec.decode, state, codec.unpack === null ? codes : unpacked, pcm);
    }
    const conceal = codec.pcmRateHz === 8000 ? "lossConceal" : "lossConcealWide";
    dsp.add(conceal, this.#offset + concealerStateOffset, pcm, pcm, codes === "lost" ? isLostArgument : 0);
    this.hasFrame = true;
  }

  /** After decode: the frame is searched for digits. */
  listen(dsp: Dsp): void {
    const { detectorStateOffset, heardDigitOffset, hearingResamplerOffset, hearingFrameOffset } = this.#memory.map;
    const detector = this.#offset + detectorStateOffset;
    const heard = this.#offset + heardDigitOffset;
    if (!this.#isListening) this.#memory.bytes.fill(0, detector, heard);
    this.#isListening = true;
    let hearing = this.pcmOffset;
    if (this.codec.pcmRateHz !== 8000) {
      hearing = this.#offset + hearingFrameOffset;
      dsp.add("resampleDown", this.#offset + hearingResamplerOffset, this.pcmOffset, hearing);
    }
    dsp.add("dtmfDetect", detector, hearing, heard);
  }

  /** What is heard from now on is not searched. */
  stopListening(): void {
    this.#isListening = false;
  }

  /** The digit that began in this turn's frame, when it was listened to and the jobs have run. */
  digitBegun(): string | null {
    if (!this.#isListening || !this.hasFrame) return null;
    const code = this.#memory.words[(this.#offset + this.#memory.map.heardDigitOffset) >> 2] ?? 0;
    return code === 0 ? null : String.fromCharCode(code);
  }

  /** Whether the frame before held no speech. */
  wasQuiet(): boolean {
    const { samples } = this.#memory;
    const first = this.pcmOffset >> 1;
    for (let index = first; index < first + this.#samples; index += 1)
      if (Math.abs(samples[index] ?? 0) >= quietPeak) return false;
    return true;
  }
}
