import { expect, test } from "vitest";
import { ntpMiddle, ntpOfWallMs, roundTripMs } from "#protocol/ntp-time.js";
import { parseRtcp, writeRtcp } from "#protocol/rtcp.js";

const report = { kind: "receiver-report", ssrc: 0x01020304, reports: [] } as const;

test("a report, a description and a goodbye are written as RFC 3550 sections 6.4 to 6.6 draw them", () => {
  const bytes = writeRtcp([
    report,
    { kind: "description", chunks: [{ ssrc: 0x01020304, items: [{ type: 1, text: "ab" }] }] },
    { kind: "goodbye", ssrcs: [0x01020304], reason: "" },
  ]);
  expect([...bytes]).toEqual(
    [
      [0x80, 201, 0, 1, 1, 2, 3, 4],
      [0x81, 202, 0, 3, 1, 2, 3, 4, 1, 2, 0x61, 0x62, 0, 0, 0, 0],
      [0x81, 203, 0, 1, 1, 2, 3, 4],
    ].flat(),
  );
});

test("packets of unknown kinds are passed over by their length", () => {
  const bytes = Uint8Array.of(...writeRtcp([report]), 0x80, 204, 0, 2, 0, 0, 0, 1, 0x6e, 0x61, 0x6d, 0x65);
  expect(parseRtcp(bytes)).toEqual({ ok: true, value: [report] });
});

test("a loss that duplicates made negative keeps its sign in 24 bits", () => {
  const block = {
    ssrc: 1,
    fractionLost: 255,
    cumulativeLost: -2,
    extendedHighestSequence: 0xffff_ffff,
    jitter: 7,
    lastSenderReport: 0xb705_2000,
    delaySinceLastSenderReport: 0x0005_4000,
  };
  const packet = { kind: "receiver-report", ssrc: 2, reports: [block] } as const;
  expect(parseRtcp(writeRtcp([packet]))).toEqual({ ok: true, value: [packet] });
});

test.each([
  ["shorter than a report", [0x80, 201, 0, 0]],
  ["does not begin with a report", [0x81, 203, 0, 1, 0, 0, 0, 1]],
  ["not RTP version 2", [0x40, 201, 0, 1, 0, 0, 0, 1]],
  ["length passes the end", [0x80, 201, 0, 2, 0, 0, 0, 1]],
  ["report blocks pass the end", [0x81, 201, 0, 1, 0, 0, 0, 1]],
  ["sender report is cut short", [0x80, 200, 0, 1, 0, 0, 0, 1]],
  ["padding before the last packet", [0xa0, 201, 0, 1, 0, 0, 0, 1, 0x80, 203, 0, 0]],
  ["description has no end", [0x80, 201, 0, 1, 0, 0, 0, 1, 0x81, 202, 0, 1, 0, 0, 0, 1]],
  ["goodbye reason passes the end", [0x80, 201, 0, 1, 0, 0, 0, 1, 0x80, 203, 0, 1, 9, 0, 0, 0]],
])("refused: %s", (reason, bytes) => {
  expect(parseRtcp(Uint8Array.from(bytes))).toEqual({ ok: false, reason });
});

test("the round trip of RFC 3550 figure 2 is 6.125 s", () => {
  expect(roundTripMs(0xb710_8000, 0xb705_2000, 0x0005_4000)).toBe(6125);
  expect(ntpMiddle({ seconds: 0xb44d_b705, fraction: 0x2000_0000 })).toBe(0xb705_2000);
});

test("a round trip without a sender report, or one that cannot be, is not known", () => {
  expect(roundTripMs(0x1000, 0, 0)).toBeNull();
  expect(roundTripMs(0x1000, 0x2000, 0)).toBeNull();
});

test("NTP time is the wall clock since 1900", () => {
  expect(ntpOfWallMs(Date.UTC(1995, 10, 10, 11, 33, 25, 125))).toEqual({ seconds: 0xb44d_b705, fraction: 0x2000_0000 });
});
