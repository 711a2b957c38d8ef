import { expect, test } from "vitest";
import { parseRtp, sequenceDistance, timestampDistance } from "#protocol/rtp.js";

/** Version 2, marker, PT 8, sequence 0x1234, timestamp 0x01020304, SSRC 0xcafebabe, payload d5 55. */
const plain = Uint8Array.of(0x80, 0x88, 0x12, 0x34, 1, 2, 3, 4, 0xca, 0xfe, 0xba, 0xbe, 0xd5, 0x55);

test("a plain packet reads as RFC 3550 section 5.1 draws it", () => {
  expect(parseRtp(plain)).toEqual({
    ok: true,
    value: {
      marker: true,
      payloadType: 8,
      sequenceNumber: 0x1234,
      timestamp: 0x01020304,
      ssrc: 0xcafebabe,
      csrcs: [],
      extension: null,
      payload: Uint8Array.of(0xd5, 0x55),
      paddingBytes: 0,
    },
  });
});

test("contributing sources, extension and padding are told from the payload", () => {
  const bytes = Uint8Array.of(0xb1, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 9, 0xbe, 0xde, 0, 1, 1, 2, 3, 4, 7, 0, 2);
  expect(parseRtp(bytes)).toMatchObject({
    ok: true,
    value: {
      csrcs: [9],
      extension: { profile: 0xbede, data: Uint8Array.of(1, 2, 3, 4) },
      payload: Uint8Array.of(7),
      paddingBytes: 2,
    },
  });
});

test.each([
  ["shorter than an RTP header", plain.slice(0, 11)],
  ["not RTP version 2", Uint8Array.of(0x40, ...plain.slice(1))],
  ["contributing sources pass the end", Uint8Array.of(0x81, ...plain.slice(1))],
  ["header extension passes the end", Uint8Array.of(0x90, ...plain.slice(1), 0, 1)],
  ["padding passes the header", Uint8Array.of(0xa0, ...plain.slice(1, 13), 3)],
  ["padding passes the header", Uint8Array.of(0xa0, ...plain.slice(1, 13), 0)],
])("refused: %s", (reason, bytes) => {
  expect(parseRtp(bytes)).toEqual({ ok: false, reason });
});

test("distances go the short way round the circle", () => {
  expect(sequenceDistance(3, 65_533)).toBe(6);
  expect(sequenceDistance(65_533, 3)).toBe(-6);
  expect(timestampDistance(80, 0xffff_ffb0)).toBe(160);
});
