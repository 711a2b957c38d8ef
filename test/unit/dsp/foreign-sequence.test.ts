import { beforeAll, expect, test } from "vitest";
import { hardSignal } from "../../support/codec-signals.js";
import { runForeignSequence } from "../../support/foreign-sequence.js";
import { G722Reference } from "../../support/g722-reference.js";
import { G726Reference } from "../../support/g726-reference.js";
import { type LaneCodec, newLaneCodec } from "../../support/lane-codec.js";
import { seededRandom } from "../../support/seeded-random.js";

let codec: LaneCodec;
beforeAll(async () => {
  codec = await newLaneCodec();
});

const none = new Int16Array(0);

test("a homing sequence sets the state and is not in the output", () => {
  const homing = hardSignal(203, seededRandom(1));
  const words = hardSignal(301, seededRandom(2));
  const reference = new G726Reference(4, "linear");
  for (const sample of homing) reference.encode(sample);
  const expected = Int16Array.from(words, (sample) => reference.encode(sample));
  expect(runForeignSequence(codec, { operation: "g726At32EncodeLinear", words, homing, band: "low" })).toEqual(
    expected,
  );
});

test("RSS resets G.722 without its filter, and words of 1 come out meanwhile", () => {
  const spoken = hardSignal(100, seededRandom(3)).map((word) => word & ~1);
  const words = Int16Array.from([1, 1, ...spoken, 1, ...spoken, 1]);
  const codes = runForeignSequence(codec, { operation: "g722EncodeBands", words, homing: none, band: "low" });
  const reference = new G722Reference();
  const expected = Array.from(spoken, (word) => ((reference.encodeBands(word >> 1, word >> 1) << 8) << 16) >> 16);
  expect([...codes]).toEqual([1, 1, ...expected, 1, ...expected, 1]);

  const decoder = new G722Reference();
  const bands = expected.map((word) => decoder.decodeBands((word >> 8) & 0xff, 2));
  for (const band of ["low", "high"] as const) {
    const operation = "g722DecodeBandsAt56";
    const heard = runForeignSequence(codec, { operation, words: codes, homing: none, band });
    const samples = bands.map(([low, high]) => 2 * (band === "low" ? low : high));
    expect([...heard]).toEqual([1, 1, ...samples, 1, ...samples, 1]);
  }
});

test("an operation that is none is refused with those that are", () => {
  const sequence = { operation: "g729Encode", words: none, homing: none, band: "low" } as const;
  expect(() => runForeignSequence(codec, sequence)).toThrow(/no operation g729Encode; there are g726At16EncodeLinear/);
});
