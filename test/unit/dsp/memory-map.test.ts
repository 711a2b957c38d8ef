import { expect, test } from "vitest";
import { newLaneCodec } from "../../support/lane-codec.js";

test("the compiler's constants end before the job tables begin", async () => {
  const codec = await newLaneCodec();
  expect(codec.number("constantsEnd")).toBeGreaterThan(0);
  expect(codec.number("constantsEnd")).toBeLessThanOrEqual(codec.number("jobTablesOffset"));
});

test("all records that an idle leg keeps take less than 4 KiB", async () => {
  const codec = await newLaneCodec();
  expect(codec.number("codeFrameOffset")).toBeGreaterThan(codec.number("concealerStateOffset"));
  expect(codec.number("codeFrameOffset")).toBeLessThan(4096);
});
