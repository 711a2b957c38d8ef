/**
 * Runs a test sequence that is not ours through the codec kernels, and compares. To run it:
 *
 *     npm run --silent dsp:sequence -- --operation g726At32EncodeAlaw --homing pcm_init.a --input nrm.a --expected hn32fa.i
 *
 * Files are words of 16 bits, least significant byte first; `--big-endian` for the other way, `--octets` for one byte a
 * word. `--homing-words N` takes no more of the homing file than N words. Exit code: 0 no difference, 1 some, 2 wrong usage.
 * docs/dsp.md says which operation and files go together.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { runForeignSequence } from "../support/foreign-sequence.js";
import { bytesOf, newLaneCodec } from "../support/lane-codec.js";

const { values } = parseArgs({
  options: {
    operation: { type: "string" },
    input: { type: "string" },
    homing: { type: "string" },
    "homing-words": { type: "string" },
    expected: { type: "string" },
    output: { type: "string" },
    band: { type: "string", default: "low" },
    octets: { type: "boolean", default: false },
    "big-endian": { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});

function wordsOf(path: string): Int16Array {
  const bytes = readFileSync(path);
  if (values.octets) return Int16Array.from(bytes);
  if (bytes.length % 2 !== 0) throw new RangeError(`${path}: ${bytes.length} bytes are no whole number of words`);
  if (values["big-endian"]) bytes.swap16();
  return new Int16Array(new Uint8Array(bytes).buffer);
}

/** Files of octets hold no sign, files of words may: codes are compared by their low byte. */
function differences(output: Int16Array, expected: Int16Array): number[] {
  const width = values.octets ? 0xff : 0xffff;
  const longer = Math.max(output.length, expected.length);
  return Array.from({ length: longer }, (_, at) => at).filter(
    (at) => at >= output.length || at >= expected.length || (((output[at] ?? 0) ^ (expected[at] ?? 0)) & width) !== 0,
  );
}

async function main(): Promise<number> {
  const { operation, input, homing, band, expected, output } = values;
  if (operation === undefined || input === undefined || (band !== "low" && band !== "high")) {
    console.error("--operation and --input are needed, --band is low or high: see docs/dsp.md");
    return 2;
  }
  const homingWords = homing === undefined ? new Int16Array(0) : wordsOf(homing);
  const most = Number(values["homing-words"] ?? homingWords.length);
  const words = runForeignSequence(await newLaneCodec(), {
    operation,
    words: wordsOf(input),
    homing: homingWords.subarray(0, most),
    band,
  });
  if (output !== undefined) writeFileSync(output, values.octets ? Uint8Array.from(words) : bytesOf(words));
  const differing = expected === undefined ? [] : differences(words, wordsOf(expected));
  const result = { operation, words: words.length, differences: differing.length, first: differing[0] ?? null };
  if (values.json) console.log(JSON.stringify(result));
  else console.log(`${operation}: ${words.length} words, ${differing.length} differences`, ...differing.slice(0, 1));
  return differing.length === 0 ? 0 : 1;
}

process.exitCode = await main().catch((error: unknown) => {
  if (!(error instanceof RangeError)) throw error;
  console.error(error.message);
  return 2;
});
