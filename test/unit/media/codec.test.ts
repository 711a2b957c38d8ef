import { expect, test } from "vitest";
import {
  codecNames,
  codecOf,
  codingsNamed,
  frameSamplesOf,
  longestPacketOctets,
  octetsOf,
  samplesOf,
} from "../../../firmware/media/codec.js";
import { codecNamed } from "../../support/slot-room.js";

test("static payload types are those of RFC 3551, dynamic ones are counted up past telephone-event's", () => {
  const names = ["G722", "G726-16", "PCMA", "G726-24", "G726-32", "G726-40", "L16", "L16/16000", "PCMU"];
  expect(codingsNamed(names, 20).map(({ payloadType }) => payloadType)).toEqual([9, 96, 8, 97, 98, 99, 100, 102, 0]);
  expect(codingsNamed(["L16/16000"], 30)).toEqual([
    { encoding: "L16", clockRateHz: 16_000, payloadType: 96, ptimeMs: 30 },
  ]);
});

test("every name of the registry names one codec, and a name that is none of them nothing", () => {
  for (const name of codecNames) {
    const [coding, ...others] = codingsNamed([name], 20);
    expect(coding === undefined ? null : codecOf(coding)).not.toBeNull();
    expect(others).toEqual([]);
  }
  expect(codingsNamed(["OPUS"], 20)).toEqual([]);
});

test.each([
  ["PCMU", 160],
  ["G722", 160],
  ["G726-16", 40],
  ["G726-24", 60],
  ["AAL2-G726-32", 80],
  ["G726-40", 100],
  ["L16", 320],
])("20 ms of %s are %i octets", (encoding, octets) => {
  const codec = codecNamed(encoding);
  expect(octetsOf(codec, 2 * frameSamplesOf(codec))).toBe(octets);
  expect(samplesOf(codec, octets)).toBe(160);
  expect(longestPacketOctets(codec)).toBe(3 * octets);
});

test("octets that do not fill a unit hold no samples", () => {
  expect(samplesOf(codecNamed("G726-24"), 59)).toBe(152);
  expect(samplesOf(codecNamed("L16"), 3)).toBe(1);
});
