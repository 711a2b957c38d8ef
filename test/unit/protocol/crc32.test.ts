import { expect, test } from "vitest";
import { crc32 } from "../../../firmware/protocol/crc32.js";

test("the check value of this CRC is the one everybody has", () => {
  expect(crc32("123456789").toString(16)).toBe("cbf43926");
  expect(crc32("")).toBe(0);
});
