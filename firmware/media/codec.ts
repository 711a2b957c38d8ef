/**
 * The coding algorithms that the engine can decode and encode, by their SDP encoding name. A coding that is not in this
 * table is negotiated by nobody; a leg that is given one all the same neither plays nor sends.
 */
import type { Coding } from "#protocol/active-connection.js";
import type { OperationName } from "./engine-memory.js";

export interface Codec {
  readonly encoding: string;
  readonly clockRateHz: number;
  readonly decode: OperationName;
  readonly encode: OperationName;
  /** The code of a silent sample. */
  readonly silence: number;
  /** Media clock units in one frame of the wheel, 10 ms; one code byte each. */
  readonly frameSamples: number;
}

/** The wheel turns every 10 ms: all packet times are multiples of it. */
export const frameMs = 10;
export const ptimeMsMax = 60;

/** RFC 3551 section 4.5.14: both are ITU-T G.711, one byte a sample. Silence is positive zero, sent as the laws invert it. */
const codecs: readonly Codec[] = [
  { encoding: "PCMU", clockRateHz: 8000, decode: "ulawDecode", encode: "ulawEncode", silence: 0xff, frameSamples: 80 },
  { encoding: "PCMA", clockRateHz: 8000, decode: "alawDecode", encode: "alawEncode", silence: 0xd5, frameSamples: 80 },
];

/** Null when the engine has no such algorithm. */
export function codecOf(coding: Coding): Codec | null {
  return codecs.find((codec) => codec.encoding === coding.encoding && codec.clockRateHz === coding.clockRateHz) ?? null;
}

/** Frames in one packet; ptime is rounded to whole frames and kept within 10 to 60 ms. */
export function framesPerPacket(ptimeMs: number): number {
  return Math.min(Math.max(Math.round(ptimeMs / frameMs), 1), ptimeMsMax / frameMs);
}
