/** Every operation of the lane codecs, with what the reference makes of the same input from a state that begins. */

import { G722Reference } from "./g722-reference.js";
import { type Bits, G726Reference, type Law } from "./g726-reference.js";
import { bytesOf, samplesOf } from "./lane-codec.js";

export interface AdpcmAlgorithm {
  readonly operation: string;
  readonly reset: "g726Reset" | "g722Reset";
  readonly state: "g726StateBytes" | "g722StateBytes";
  /** Bytes for each sample of the operation. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly expected: (input: Uint8Array) => Uint8Array;
}

const laws: readonly (readonly [name: string, law: Law])[] = [
  ["Linear", "linear"],
  ["Ulaw", "ulaw"],
  ["Alaw", "alaw"],
];
const everyBits: readonly Bits[] = [2, 3, 4, 5];

const g726: readonly AdpcmAlgorithm[] = everyBits.flatMap((bits) =>
  laws.flatMap(([name, law]): AdpcmAlgorithm[] => {
    const wide = law === "linear" ? 2 : 1;
    const common = { reset: "g726Reset", state: "g726StateBytes" } as const;
    const encode = (input: Uint8Array): Uint8Array => {
      const reference = new G726Reference(bits, law);
      return Uint8Array.from(wide === 2 ? samplesOf(input) : input, (sample) => reference.encode(sample));
    };
    const decode = (input: Uint8Array): Uint8Array => {
      const reference = new G726Reference(bits, law);
      const output = Array.from(input, (code) => reference.decode(code));
      return wide === 2 ? bytesOf(Int16Array.from(output)) : Uint8Array.from(output);
    };
    return [
      { ...common, operation: `g726At${8 * bits}Encode${name}`, bytesIn: wide, bytesOut: 1, expected: encode },
      { ...common, operation: `g726At${8 * bits}Decode${name}`, bytesIn: 1, bytesOut: wide, expected: decode },
    ];
  }),
);

/** Samples come and go in pairs: earlier and later, or lower and upper band. */
function fromPairs(input: Uint8Array, encode: (first: number, second: number) => number): Uint8Array {
  const samples = samplesOf(input);
  return Uint8Array.from({ length: samples.length / 2 }, (_, k) =>
    encode(samples[2 * k] ?? 0, samples[2 * k + 1] ?? 0),
  );
}

function toPairs(input: Uint8Array, decode: (octet: number) => readonly [number, number]): Uint8Array {
  return bytesOf(Int16Array.from(Array.from(input, decode).flat()));
}

const wide = { reset: "g722Reset", state: "g722StateBytes" } as const;
const encoder = { ...wide, bytesIn: 4, bytesOut: 1 } as const;
const decoder = { ...wide, bytesIn: 1, bytesOut: 4 } as const;
const modes = [
  [64, 1],
  [56, 2],
  [48, 3],
] as const;

const g722: readonly AdpcmAlgorithm[] = [
  {
    ...encoder,
    operation: "g722Encode",
    expected: (input) => {
      const reference = new G722Reference();
      return fromPairs(input, (earlier, later) => reference.encode(earlier, later));
    },
  },
  {
    ...encoder,
    operation: "g722EncodeBands",
    expected: (input) => {
      const reference = new G722Reference();
      return fromPairs(input, (low, high) => reference.encodeBands(low >> 1, high >> 1));
    },
  },
  ...modes.flatMap(([rate, mode]): AdpcmAlgorithm[] => [
    {
      ...decoder,
      operation: `g722DecodeAt${rate}`,
      expected: (input) => {
        const reference = new G722Reference();
        return toPairs(input, (octet) => reference.decode(octet, mode));
      },
    },
    {
      ...decoder,
      operation: `g722DecodeBandsAt${rate}`,
      expected: (input) => {
        const reference = new G722Reference();
        return toPairs(input, (octet) => {
          const [low, high] = reference.decodeBands(octet, mode);
          return [2 * low, 2 * high];
        });
      },
    },
  ]),
];

export const adpcmAlgorithms: readonly AdpcmAlgorithm[] = [...g726, ...g722];
