/**
 * One call's codec, by the name that the gateway's registry has for it: linear samples to the octets of RTP and back. Its
 * two directions are independent, each with a record of its own.
 */
import { type Codec, codecNames, codecOf, codingsNamed, frameSamplesOf, octetsOf, samplesOf } from "../media/codec.js";
import { CallPlace } from "./call-place.js";
import type { DspCore } from "./dsp-core.js";

export { codecNames };

/** The largest of all codecs' records is g722StateBytes; 60 ms is the longest packet. */
const frames = 6;
const countedPerFrame = 80;

interface Direction {
  readonly place: CallPlace;
  /** Codes one a byte, where the codec packs several into an octet. */
  readonly packing: CallPlace;
}

export class VoiceCodec {
  readonly codec: Codec;
  readonly #encoder: Direction;
  readonly #decoder: Direction;

  private constructor(codec: Codec, encoder: Direction, decoder: Direction) {
    this.codec = codec;
    this.#encoder = encoder;
    this.#decoder = decoder;
    this.reset();
  }

  /** Throws RangeError for a name that is not in codecNames; null when the memory is full. */
  static create(core: DspCore, name: string): VoiceCodec | null {
    const [coding] = codingsNamed([name], 10);
    const codec = coding === undefined ? null : codecOf(coding);
    if (codec === null) throw new RangeError(`no codec ${name}: ${codecNames.join(", ")}`);
    const encoder = direction(core, codec);
    const decoder = direction(core, codec);
    if (encoder !== null && decoder !== null) return new VoiceCodec(codec, encoder, decoder);
    for (const one of [encoder, decoder]) if (one !== null) releaseDirection(one);
    return null;
  }

  /** Of the linear samples. */
  get rateHz(): number {
    return this.codec.pcmRateHz;
  }

  /** Up to 60 ms, a multiple of 1 ms at 8 kHz (8 samples, 16 at 16 kHz). A copy. */
  encode(samples: Int16Array): Uint8Array {
    const counted = (samples.length * 8000) / this.codec.pcmRateHz;
    const { place, packing } = this.#encoder;
    place.put(samples);
    place.run(this.codec.encode, counted);
    const octets = octetsOf(this.codec, (counted * this.codec.clockRateHz) / 8000);
    if (this.codec.pack === null) return place.octets(octets).slice();
    packing.putOctets(place.octets(counted));
    packing.run(this.codec.pack, counted, this.codec.unitOctets);
    return packing.octets(octets).slice();
  }

  /** Up to 60 ms of octets, a multiple of 1 ms. A copy. */
  decode(octets: Uint8Array): Int16Array {
    const counted = (samplesOf(this.codec, octets.length) * 8000) / this.codec.clockRateHz;
    const { place, packing } = this.#decoder;
    if (this.codec.unpack === null) place.putOctets(octets);
    else {
      packing.putOctets(octets);
      packing.run(this.codec.unpack, counted, this.codec.unitOctets);
      place.putOctets(packing.octets(counted));
    }
    place.run(this.codec.decode, counted);
    return place.samples((counted * this.codec.pcmRateHz) / 8000).slice();
  }

  /** Both directions begin anew. */
  reset(): void {
    if (this.codec.reset === null) return;
    for (const { place } of [this.#encoder, this.#decoder]) place.run(this.codec.reset, countedPerFrame);
  }

  release(): void {
    releaseDirection(this.#encoder);
    releaseDirection(this.#decoder);
  }
}

function direction(core: DspCore, codec: Codec): Direction | null {
  const octets = frames * Math.max((2 * codec.pcmRateHz) / 100, octetsOf(codec, frameSamplesOf(codec)));
  const sizes = { sourceOctets: octets, destinationOctets: octets };
  const place = CallPlace.create(core, { recordOctets: core.size("g722StateBytes"), ...sizes });
  const packing = CallPlace.create(core, { recordOctets: 0, ...sizes });
  if (place !== null && packing !== null) return { place, packing };
  place?.release();
  packing?.release();
  return null;
}

function releaseDirection({ place, packing }: Direction): void {
  place.release();
  packing.release();
}
