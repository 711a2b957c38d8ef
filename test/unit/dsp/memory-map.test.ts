import { expect, test } from "vitest";
import { newLaneCodec } from "../../support/lane-codec.js";

test("the compiler's constants end before the job tables begin", async () => {
  const codec = await newLaneCodec();
  expect(codec.number("constantsEnd")).toBeGreaterThan(0);
  expect(codec.number("constantsEnd")).toBeLessThanOrEqual(codec.number("jobTablesOffset"));
});
