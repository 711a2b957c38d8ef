/**
 * Test sequences of others, such as those of ITU-T's Appendices II of G.722 and G.726, through the kernels: every sequence in
 * eleven calls at once, each going its own way (regrouped-calls.ts), which must all give the same.
 *
 * G.726: words are codes or linear samples. A homing sequence goes before, and what it gives is dropped.
 * G.722 without its filter (operations with Bands in their names): a word holds 15 bits at the left, or an octet in its
 * upper byte, and RSS in bit 0. As long as RSS is 1 the codec is reset and words of 1 come out.
 */
import { type AdpcmAlgorithm, adpcmAlgorithms } from "./adpcm-algorithms.js";
import { bytesOf, type LaneCodec, samplesOf } from "./lane-codec.js";
import { regrouped } from "./regrouped-calls.js";
import { seededRandom } from "./seeded-random.js";

const calls = 11;
const samplesAtOnce = 8;

export interface ForeignSequence {
  readonly operation: string;
  readonly words: Int16Array;
  /** Empty where the sequence begins from reset. */
  readonly homing: Int16Array;
  /** Of a decoder without the filter: which band is asked for. */
  readonly band: "low" | "high";
}

/** What comes out, in words. Throws RangeError for an operation that is none, Error where two calls differ. */
export function runForeignSequence(codec: LaneCodec, sequence: ForeignSequence): Int16Array {
  const algorithm = adpcmAlgorithms.find(({ operation }) => operation === sequence.operation);
  if (algorithm === undefined) {
    const known = adpcmAlgorithms.map(({ operation }) => operation).join(", ");
    throw new RangeError(`no operation ${sequence.operation}; there are ${known}`);
  }
  if (sequence.operation.includes("Bands")) return runBands(codec, algorithm, sequence);
  const input = Int16Array.from([...sequence.homing, ...sequence.words]);
  const output = ofEveryCall(codec, algorithm, algorithm.bytesIn === 1 ? Uint8Array.from(input) : bytesOf(input));
  const dropped = (sequence.homing.length / wordsASample(algorithm.bytesIn)) * algorithm.bytesOut;
  const kept = output.subarray(dropped);
  return algorithm.bytesOut === 1 ? Int16Array.from(kept) : samplesOf(kept);
}

function wordsASample(bytes: number): number {
  return Math.max(1, bytes / 2);
}

/** From each end of a reset to the next reset is a sequence of its own. */
function runBands(codec: LaneCodec, algorithm: AdpcmAlgorithm, { words, band }: ForeignSequence): Int16Array {
  const output = new Int16Array(words.length).fill(1);
  const isReset = (index: number) => ((words[index] ?? 1) & 1) === 1;
  for (let from = 0; from < words.length; from += 1) {
    if (isReset(from)) continue;
    let to = from;
    while (!isReset(to)) to += 1;
    output.set(runBandsFromReset(codec, algorithm, words.subarray(from, to), band), from);
    from = to;
  }
  return output;
}

function runBandsFromReset(
  codec: LaneCodec,
  algorithm: AdpcmAlgorithm,
  words: Int16Array,
  band: "low" | "high",
): Int16Array {
  if (algorithm.bytesOut === 1) {
    const pairs = Int16Array.from([...words].flatMap((word) => [word, word]));
    return Int16Array.from(ofEveryCall(codec, algorithm, bytesOf(pairs)), (octet) => octet << 8);
  }
  const octets = Uint8Array.from(words, (word) => word >> 8);
  return samplesOf(ofEveryCall(codec, algorithm, octets)).filter((_, at) => at % 2 === (band === "low" ? 0 : 1));
}

/** Padded to whole frames, and the padding taken off what comes out. */
function ofEveryCall(codec: LaneCodec, algorithm: AdpcmAlgorithm, input: Uint8Array): Uint8Array {
  const samples = input.length / algorithm.bytesIn;
  if (!Number.isInteger(samples)) throw new RangeError(`${input.length} bytes are no whole number of samples`);
  const padded = new Uint8Array(Math.ceil(samples / samplesAtOnce) * samplesAtOnce * algorithm.bytesIn);
  padded.set(input);
  const outputs = regrouped(
    codec,
    algorithm,
    Array.from({ length: calls }, () => padded),
    seededRandom(1),
  );
  const [first = new Uint8Array(0)] = outputs;
  const other = outputs.findIndex((output) => Buffer.compare(output, first) !== 0);
  if (other !== -1) throw new Error(`${algorithm.operation}: call ${other} gives another output than call 0`);
  return first.subarray(0, samples * algorithm.bytesOut);
}
