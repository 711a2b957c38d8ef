/**
 * G.711 for a lone telephone: decoding by two 256-entry tables, encoding by segment search, all from the Recommendation's
 * definition (ITU-T G.711 tables 1a to 2b). The gateway's codec is dsp-wasm, made for thousands of calls; a telephone has
 * one, and being written apart from it the two ends of a test call cannot agree on the same mistake.
 */

/** What silence is in µ-law: positive zero. */
export const muLawSilence = 0xff;

const muLawTable = Int16Array.from({ length: 256 }, (_, code) => muLawValue(code));
const aLawTable = Int16Array.from({ length: 256 }, (_, code) => aLawValue(code));

/** Table 2a: 14-bit values on a 16-bit scale; all character bits are sent inverted. */
function muLawValue(code: number): number {
  const bits = ~code & 0xff;
  const magnitude = ((2 * (bits & 0x0f) + 33) << ((bits >> 4) & 0x07)) - 33;
  return (bits & 0x80 ? -magnitude : magnitude) * 4;
}

/** Table 1a: 13-bit values on a 16-bit scale; even bits are sent inverted. */
function aLawValue(code: number): number {
  const bits = code ^ 0x55;
  const segment = (bits >> 4) & 0x07;
  const step = 2 * (bits & 0x0f) + 1;
  const magnitude = segment === 0 ? step : (step + 32) << (segment - 1);
  return (bits & 0x80 ? magnitude : -magnitude) * 8;
}

export function muLawToLinear(code: number): number {
  return muLawTable[code & 0xff] ?? 0;
}

export function aLawToLinear(code: number): number {
  return aLawTable[code & 0xff] ?? 0;
}

export function muLawOf(samples: Int16Array): Uint8Array {
  return Uint8Array.from(samples, (sample) => linearToMuLaw(sample));
}

/** Largest magnitude, in 14 bits, that does not exceed the coder's virtual decision value 8159 (table 2a, note 2). */
const muLawMagnitudeMax = 8158;

/** A 16-bit sample as µ-law; negative values are one's-complemented before quantising, as the Recommendation takes them. */
export function linearToMuLaw(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  const magnitude = Math.min((sample < 0 ? ~sample : sample) >> 2, muLawMagnitudeMax) + 33;
  const segment = 26 - Math.clz32(magnitude);
  return ~(sign | (segment << 4) | ((magnitude >> (segment + 1)) & 0x0f)) & 0xff;
}
