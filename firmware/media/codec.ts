/**
 * The registry of the coding algorithms that the engine decodes and encodes: a row each, by SDP encoding name and clock. A
 * coding that is not in here is negotiated only by a relay, which passes it on as it is; a leg that is given one all the
 * same neither plays nor sends. Another algorithm is its file in dsp-wasm and its row here.
 */
import type { Coding } from "#protocol/active-connection.js";
import type { OperationName } from "./engine-memory.js";

export interface Codec {
  readonly encoding: string;
  /** Of RTP timestamps, which is not always that of the samples (RFC 3551 section 4.5.2). */
  readonly clockRateHz: number;
  /** RFC 3551 table 4; null where a number is agreed on for each session. */
  readonly payloadType: number | null;
  readonly pcmRateHz: 8000 | 16_000;
  /** The fewest samples of the clock, a power of two, that fill whole octets; and how many octets these are. */
  readonly unitSamples: number;
  readonly unitOctets: number;
  /** Takes octets apart into codes, one a byte, its argument unitOctets; null where they are so already. */
  readonly unpack: OperationName | null;
  readonly decode: OperationName;
  readonly encode: OperationName;
  readonly pack: OperationName | null;
  /** Begins a record of either direction; null where none is kept. */
  readonly reset: OperationName | null;
}

/** The wheel turns every 10 ms: all packet times are multiples of it. */
export const frameMs = 10;
export const ptimeMsMax = 60;
const dynamicPayloadTypeFirst = 96;
/** What telephone-event mostly has. */
const dynamicPayloadTypeLeftOut = 101;

const narrow = { clockRateHz: 8000, payloadType: null, pcmRateHz: 8000 } as const;
const whole = { unitSamples: 1, unitOctets: 1, unpack: null, pack: null, reset: null } as const;

const codecs: readonly Codec[] = [
  // ITU-T G.711 (RFC 3551 section 4.5.14).
  { encoding: "PCMU", ...narrow, ...whole, payloadType: 0, decode: "ulawDecode", encode: "ulawEncode" },
  { encoding: "PCMA", ...narrow, ...whole, payloadType: 8, decode: "alawDecode", encode: "alawEncode" },
  // ITU-T G.722: its clock is half its sampling rate, by an error that was kept (section 4.5.2).
  {
    encoding: "G722",
    ...narrow,
    ...whole,
    payloadType: 9,
    pcmRateHz: 16_000,
    reset: "g722Reset",
    decode: "g722DecodeAt64",
    encode: "g722Encode",
  },
  // ITU-T G.726 in either order of the codes (section 4.5.4).
  ...g726(2, "g726At16DecodeLinear", "g726At16EncodeLinear"),
  ...g726(3, "g726At24DecodeLinear", "g726At24EncodeLinear"),
  ...g726(4, "g726At32DecodeLinear", "g726At32EncodeLinear"),
  ...g726(5, "g726At40DecodeLinear", "g726At40EncodeLinear"),
  // Linear samples (section 4.5.11), one channel.
  { encoding: "L16", ...narrow, ...whole, unitOctets: 2, decode: "l16Decode", encode: "l16Encode" },
  {
    encoding: "L16",
    ...whole,
    clockRateHz: 16_000,
    payloadType: null,
    pcmRateHz: 16_000,
    unitOctets: 2,
    decode: "l16WideDecode",
    encode: "l16WideEncode",
  },
];

function g726(bits: number, decode: OperationName, encode: OperationName): readonly Codec[] {
  const row = { ...narrow, unitSamples: 8, unitOctets: bits, reset: "g726Reset", decode, encode } as const;
  return [
    { encoding: `G726-${8 * bits}`, ...row, unpack: "g726UnpackRtp", pack: "g726PackRtp" },
    { encoding: `AAL2-G726-${8 * bits}`, ...row, unpack: "g726UnpackAal2", pack: "g726PackAal2" },
  ];
}

/** Null when the engine has no such algorithm. */
export function codecOf(coding: Coding): Codec | null {
  return codecs.find((codec) => codec.encoding === coding.encoding && codec.clockRateHz === coding.clockRateHz) ?? null;
}

/** What a configuration calls them: PCMA; L16/16000 where a clock of more than 8000 Hz tells two apart. */
export const codecNames: readonly string[] = codecs.map(nameOf);

/** The codings of these names, in their order; a name that is not in codecNames is passed over. */
export function codingsNamed(names: readonly string[], ptimeMs: number): Coding[] {
  const found = names.flatMap((name) => codecs.filter((codec) => nameOf(codec) === name));
  let dynamic = dynamicPayloadTypeFirst;
  return found.map(({ encoding, clockRateHz, payloadType }) => {
    if (payloadType !== null) return { encoding, clockRateHz, payloadType, ptimeMs };
    if (dynamic === dynamicPayloadTypeLeftOut) dynamic += 1;
    const agreed = dynamic;
    dynamic += 1;
    return { encoding, clockRateHz, payloadType: agreed, ptimeMs };
  });
}

function nameOf({ encoding, clockRateHz }: Codec): string {
  return clockRateHz === 8000 ? encoding : `${encoding}/${clockRateHz}`;
}

/** Media clock units in one frame of the wheel. */
export function frameSamplesOf({ clockRateHz }: Pick<Codec, "clockRateHz">): number {
  return Math.round((clockRateHz * frameMs) / 1000);
}

/** Octets of so many clock units, a multiple of unitSamples. */
export function octetsOf({ unitSamples, unitOctets }: Codec, samples: number): number {
  return (samples / unitSamples) * unitOctets;
}

/** Clock units that so many octets hold; what does not fill a unit is nothing. */
export function samplesOf({ unitSamples, unitOctets }: Codec, octets: number): number {
  return Math.floor(octets / unitOctets) * unitSamples;
}

/** Frames in one packet; ptime is rounded to whole frames and kept within 10 to 60 ms. */
export function framesPerPacket(ptimeMs: number): number {
  return Math.min(Math.max(Math.round(ptimeMs / frameMs), 1), ptimeMsMax / frameMs);
}

export function longestPacketOctets(codec: Codec): number {
  return octetsOf(codec, frameSamplesOf(codec) * (ptimeMsMax / frameMs));
}
