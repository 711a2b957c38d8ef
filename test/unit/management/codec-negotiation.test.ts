import { expect, test } from "vitest";
import type { Coding } from "#protocol/active-connection.js";
import { type CodingMeans, negotiate } from "../../../firmware/management/codec-negotiation.js";
import { codingsNamed } from "../../../firmware/media/codec.js";

const coded = codingsNamed(["PCMA", "G722", "G726-32", "AAL2-G726-32", "L16/16000"], 20);
const line: CodingMeans = { coded, relays: false, peer: null, before: null };

/** What a line answers to a far side that offers these, by payload type. */
function agreed(encodings: readonly string[], offered: readonly Coding[] | null, means: CodingMeans = line) {
  const remote = offered === null ? null : description(offered);
  return negotiate({ encodings, ptimeMs: null, remote }, means)?.codings.map(
    ({ encoding, clockRateHz, payloadType }) => `${payloadType} ${encoding}/${clockRateHz}`,
  );
}

function description(codings: readonly Coding[]) {
  return {
    sessionId: "1",
    sessionVersion: "1",
    media: { address: "192.0.2.1", port: 4000 },
    codings,
    formatParameters: [],
    telephoneEventPayloadType: null,
    direction: "sendrecv" as const,
  };
}

const theirs = (encoding: string, payloadType: number, clockRateHz = 8000): Coding => ({
  encoding,
  clockRateHz,
  payloadType,
  ptimeMs: 20,
});

test("before a far side is known every coding has a payload type of its own", () => {
  expect(agreed([], null)).toEqual([
    "8 PCMA/8000",
    "9 G722/8000",
    "96 G726-32/8000",
    "97 AAL2-G726-32/8000",
    "98 L16/16000",
  ]);
});

test("the call agent names them as SDP does, one of two clocks with its clock", () => {
  expect(agreed(["G722"], null)).toEqual(["9 G722/8000"]);
  expect(agreed(["L16/16000", "AAL2-G726-32"], null)).toEqual(["98 L16/16000", "97 AAL2-G726-32/8000"]);
  expect(agreed(["L16/44100"], null)).toBeUndefined();
});

test("a number that is dynamic is the far side's, a static one stays", () => {
  expect(agreed(["G726-32"], [theirs("G726-32", 110)])).toEqual(["110 G726-32/8000"]);
  expect(agreed(["G722"], [theirs("G722", 110)])).toEqual(["9 G722/8000"]);
});

test("a number once told stays when the far side moves", () => {
  const before = { codings: [theirs("G726-32", 110)], telephoneEventPayloadType: null };
  expect(agreed(["G726-32"], [theirs("G726-32", 120)], { ...line, before })).toEqual(["110 G726-32/8000"]);
});

test("a relay brings G.722 and G.726 together, for it has both", () => {
  const peer = { codings: [theirs("G722", 9)], telephoneEventPayloadType: null };
  const relay: CodingMeans = { coded, relays: true, peer, before: null };
  expect(agreed(["G726-32"], [theirs("G726-32", 99)], relay)).toEqual(["99 G726-32/8000"]);
  expect(agreed(["G729"], [theirs("G729", 18)], relay)).toBeUndefined();
});
