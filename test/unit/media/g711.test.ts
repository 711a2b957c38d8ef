import { beforeAll, expect, test } from "vitest";
import type { Dsp } from "../../../firmware/io/dsp-module.js";
import { newDsp } from "../../support/dsp.js";
import { reference } from "../../support/g711-reference.js";

let dsp: Dsp;
beforeAll(async () => {
  dsp = await newDsp();
});

const allSamples = Int16Array.from({ length: 65_536 }, (_, index) => index - 32_768);
const allCodes = Uint8Array.from({ length: 256 }, (_, index) => index);

/** One job over the whole input. */
function run(operation: string, input: Uint8Array, outputBytes: number, samples: number): Uint8Array {
  const { bytes, words, map } = dsp.memory;
  const source = map.legsOffset;
  const destination = source + 0x4_0000;
  bytes.set(input, source);
  words.set([0, source, destination, 0], map.jobTablesOffset / 4);
  dsp.operations(operation)(map.jobTablesOffset, 1, samples);
  return bytes.slice(destination, destination + outputBytes);
}

const bytesOf = (samples: Int16Array) => new Uint8Array(samples.buffer.slice(0));
const samplesOf = (bytes: Uint8Array) => new Int16Array(bytes.buffer.slice(0));

test.each(["ulaw", "alaw"] as const)("%s gives the Recommendation's code for every 16-bit sample", (law) => {
  const codes = run(`${law}Encode`, bytesOf(allSamples), 65_536, 65_536);
  const expected = Uint8Array.from(allSamples, (sample) => reference[`${law}Encode`](sample));
  expect(codes.findIndex((code, index) => code !== expected[index])).toBe(-1);
});

test.each(["ulaw", "alaw"] as const)("%s gives the Recommendation's sample for every code", (law) => {
  const samples = samplesOf(run(`${law}Decode`, allCodes, 512, 256));
  expect([...samples]).toEqual(Array.from(allCodes, (code) => reference[`${law}Decode`](code)));
});

test("from law to law is what decoding and encoding give", () => {
  expect([...run("ulawToAlaw", allCodes, 256, 256)]).toEqual(
    Array.from(allCodes, (code) => reference.alawEncode(reference.ulawDecode(code))),
  );
  expect([...run("alawToUlaw", allCodes, 256, 256)]).toEqual(
    Array.from(allCodes, (code) => reference.ulawEncode(reference.alawDecode(code))),
  );
});

test("the reference itself agrees with values printed in the Recommendation", () => {
  expect(reference.ulawDecode(0x80)).toBe(4 * 8031);
  expect(reference.ulawDecode(0x8f)).toBe(4 * 4191);
  expect(reference.ulawDecode(0xff)).toBe(0);
  expect(reference.alawDecode(0xaa)).toBe(8 * 4032);
  expect(reference.alawDecode(0xd5)).toBe(8);
  expect(reference.ulawEncode(-1)).toBe(0x7f);
});

test("each job of a table is done, and nothing beyond its samples is written", () => {
  const { bytes, words, map } = dsp.memory;
  const source = map.legsOffset;
  const destination = source + 4096;
  bytes.fill(0xff, source, source + 800);
  bytes.fill(0x11, destination, destination + 4096);
  for (let job = 0; job < 3; job += 1) {
    words.set([0, source, destination + job * 512, 0], map.jobTablesOffset / 4 + 4 * job);
  }
  dsp.operations("ulawToAlaw")(map.jobTablesOffset, 2, 80);
  for (const job of [0, 1]) {
    expect(bytes.slice(destination + job * 512, destination + job * 512 + 80).every((code) => code === 0xd5)).toBe(
      true,
    );
    expect(bytes[destination + job * 512 + 80]).toBe(0x11);
  }
  expect(bytes[destination + 2 * 512]).toBe(0x11);
});

test("the regions of the memory map lie apart, are aligned, and fit into 64 MiB", () => {
  const { map } = dsp.memory;
  const ends = [
    [map.jobTablesOffset + map.jobTablesMax * map.jobTableBytes, map.ioScratchOffset],
    [map.ioScratchOffset + map.ioScratchBytes, map.commandRingOffset],
    [map.commandRingOffset + map.ringHeadBytes + map.commandsMax * map.commandBytes, map.eventRingOffset],
    [map.eventRingOffset + map.ringHeadBytes + map.eventsMax * map.eventBytes, map.statisticsOffset],
    [map.statisticsOffset + map.legsMax * map.statisticsBytes, map.legsOffset],
    [map.legsOffset + map.legsMax * map.legBytes, dsp.memory.buffer.byteLength],
  ];
  for (const [end = Number.NaN, next = Number.NaN] of ends) expect(end).toBeLessThanOrEqual(next);
  for (const offset of [map.commandRingOffset, map.eventRingOffset, map.statisticsOffset, map.legsOffset]) {
    expect(offset % 64).toBe(0);
  }
});
