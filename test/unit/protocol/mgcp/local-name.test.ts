import { expect, test } from "vitest";
import { endpointMatches } from "../../../../firmware/protocol/mgcp/local-name.js";

test.each([
  ["*", "aaln/1", true],
  ["$", "ds/ds1-1/4", true],
  ["aaln/*", "AALN/1", true],
  ["aaln/*", "relay/1", false],
  ["aaln/*", "aaln/1/2", false],
  ["*/1", "aaln/1", true],
  ["aaln/1", "aaln/12", false],
  ["ds/ds1-1/[1-12]", "ds/ds1-1/12", true],
  ["ds/ds1-1/[1,3,20-24]", "ds/ds1-1/2", false],
  ["ds/ds1-[1-2]/*", "ds/ds1-2/30", true],
  ["ds/[1-2", "ds/1", false],
])("%s stands for %s: %s", (pattern, local, expected) => {
  expect(endpointMatches(pattern, local)).toBe(expected);
});
