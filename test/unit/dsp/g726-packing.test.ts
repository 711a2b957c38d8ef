import { beforeAll, expect, test } from "vitest";
import { type LaneCodec, newLaneCodec } from "../../support/lane-codec.js";

let codec: LaneCodec;
beforeAll(async () => {
  codec = await newLaneCodec();
});

/** One job; the octets of eight codes. */
function pack(operation: string, codes: readonly number[], bits: number): number[] {
  const [octets = new Uint8Array(0)] = codec.run(
    operation,
    [{ call: 0, input: Uint8Array.from(codes) }],
    8,
    bits,
    bits,
  );
  return [...octets];
}

// RFC 3551 section 4.5.4 draws these: the first code's last bit is the octet's last bit.
test("RTP has the first code in the least significant bits", () => {
  expect(pack("g726PackRtp", [1, 2, 3, 4, 5, 6, 7, 8], 4)).toEqual([0x21, 0x43, 0x65, 0x87]);
  expect(pack("g726PackRtp", [1, 2, 3, 0, 0, 1, 2, 3], 2)).toEqual([0b00_11_10_01, 0b11_10_01_00]);
  expect(pack("g726PackRtp", [0b111, 0, 0b101, 0, 0, 0, 0, 0b100], 3)).toEqual([
    0b01_000_111, 0b0000_0001, 0b100_00000,
  ]);
  expect(pack("g726PackRtp", [0b11111, 0, 0b10001, 0, 0, 0, 0, 0b10000], 5)).toEqual([0x1f, 0x44, 0, 0, 0x80]);
});

test("AAL2 has the first code in the most significant bits", () => {
  expect(pack("g726PackAal2", [1, 2, 3, 4, 5, 6, 7, 8], 4)).toEqual([0x12, 0x34, 0x56, 0x78]);
  expect(pack("g726PackAal2", [0b11111, 0, 0b10001, 0, 0, 0, 0, 0b10000], 5)).toEqual([0xf8, 0x22, 0, 0, 0x10]);
});

test("codes of no known width are left alone", () => {
  const before = codec.run("g726PackRtp", [{ call: 0, input: Uint8Array.of(1, 1, 1, 1, 1, 1, 1, 1) }], 8, 8, 2);
  expect(codec.run("g726PackRtp", [{ call: 0, input: new Uint8Array(8) }], 8, 8, 6)).toEqual(before);
});
