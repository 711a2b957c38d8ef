/** A voice as octets of a codec of the registry and back, by the DSP library: what a far side would send and hear. */
import type { DspCore } from "../../firmware/dsp/dsp-core.js";
import { type Codec, frameSamplesOf, octetsOf } from "../../firmware/media/codec.js";
import { allocated, processed } from "./dsp-frames.js";

const recordOctets = 256;
const frameOctetsMax = 320;

/** Linear samples at the codec's rate, whole frames of 10 ms. */
export function coded(core: DspCore, codec: Codec, pcm: Int16Array): Uint8Array {
  const frameSamples = codec.pcmRateHz / 100;
  const frameOctets = octetsOf(codec, frameSamplesOf(codec));
  const octets = new Uint8Array((pcm.length / frameSamples) * frameOctets);
  withRecord(core, codec, (state, source, middle, target) => {
    for (let frame = 0; frame * frameSamples < pcm.length; frame += 1) {
      core.samples(source, frameSamples).set(pcm.subarray(frame * frameSamples, (frame + 1) * frameSamples));
      const destination = codec.pack === null ? target : middle;
      core.run(codec.encode, [{ state, source, destination, argument: 0 }], 80);
      if (codec.pack !== null)
        core.run(codec.pack, [{ state, source: middle, destination: target, argument: codec.unitOctets }], 80);
      octets.set(core.bytes(target, frameOctets), frame * frameOctets);
    }
  });
  return octets;
}

export function decoded(core: DspCore, codec: Codec, octets: Uint8Array): Int16Array {
  const frameSamples = codec.pcmRateHz / 100;
  const frameOctets = octetsOf(codec, frameSamplesOf(codec));
  const frames = Math.floor(octets.length / frameOctets);
  const pcm = new Int16Array(frames * frameSamples);
  withRecord(core, codec, (state, source, middle, destination) => {
    for (let frame = 0; frame < frames; frame += 1) {
      core.bytes(source, frameOctets).set(octets.subarray(frame * frameOctets, (frame + 1) * frameOctets));
      if (codec.unpack !== null)
        core.run(codec.unpack, [{ state, source, destination: middle, argument: codec.unitOctets }], 80);
      core.run(
        codec.decode,
        [{ state, source: codec.unpack === null ? source : middle, destination, argument: 0 }],
        80,
      );
      pcm.set(core.samples(destination, frameSamples), frame * frameSamples);
    }
  });
  return pcm;
}

function withRecord(
  core: DspCore,
  codec: Codec,
  work: (state: number, source: number, middle: number, target: number) => void,
): void {
  const state = allocated(core, recordOctets);
  const source = allocated(core, frameOctetsMax);
  const middle = allocated(core, frameOctetsMax);
  const target = allocated(core, frameOctetsMax);
  if (codec.reset !== null) core.run(codec.reset, [{ state, source: 0, destination: 0, argument: 0 }], 80);
  work(state, source, middle, target);
  core.release(state, recordOctets);
  for (const frame of [source, middle, target]) core.release(frame, frameOctetsMax);
}

/** A voice of 8000 Hz at this rate. */
export function atRate(core: DspCore, voice: Int16Array, rateHz: 8000 | 16_000): Int16Array {
  if (rateHz === 8000) return voice;
  const stateBytes = core.size("resamplerBytes");
  return processed(core, { operation: "resampleUp", stateBytes, argument: 0, taken: 1, given: 2 }, voice, [80]);
}

/** Back to 8000 Hz. */
export function fromRate(core: DspCore, voice: Int16Array, rateHz: 8000 | 16_000): Int16Array {
  if (rateHz === 8000) return voice;
  const stateBytes = core.size("resamplerBytes");
  return processed(core, { operation: "resampleDown", stateBytes, argument: 0, taken: 2, given: 1 }, voice, [80]);
}

/** The best correlation, up to 1, of what was heard with what was said up to delayMax samples before. */
export function resemblance(said: Int16Array, heard: Int16Array, delayMax: number): number {
  return bestMatch(said, heard, delayMax).likeness;
}

/** The same, and by how many samples what was heard is later there. */
export function bestMatch(
  said: Int16Array,
  heard: Int16Array,
  delayMax: number,
): { readonly likeness: number; readonly delay: number } {
  let best = { likeness: 0, delay: 0 };
  for (let delay = 0; delay <= delayMax; delay += 1) {
    let product = 0;
    let saidSquare = 0;
    let heardSquare = 0;
    for (let at = delay; at < heard.length && at - delay < said.length; at += 1) {
      const mouth = said[at - delay] ?? 0;
      const ear = heard[at] ?? 0;
      product += mouth * ear;
      saidSquare += mouth * mouth;
      heardSquare += ear * ear;
    }
    const likeness = product / Math.sqrt(saidSquare * heardSquare + 1);
    if (likeness > best.likeness) best = { likeness, delay };
  }
  return best;
}
