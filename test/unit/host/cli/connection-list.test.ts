import fc from "fast-check";
import { expect, test } from "vitest";
import {
  describeCodings,
  formatDuration,
  listConnections,
  mergeConnections,
} from "../../../../host/cli/connection-list.js";
import { aConnection } from "../../../support/arbitraries.js";

test.each([
  [0, "0:00"],
  [7_999, "0:07"],
  [754_000, "12:34"],
  [3_723_000, "1:02:03"],
])("%i ms reads %s", (durationMs, text) => {
  expect(formatDuration(durationMs)).toBe(text);
});

test("codings are told apart where they differ", () => {
  const pcma = { encoding: "PCMA", clockRateHz: 8_000, payloadType: 8, ptimeMs: 20 };
  expect(describeCodings(pcma, pcma)).toBe("PCMA/20ms");
  expect(describeCodings(pcma, null)).toBe("PCMA/20ms");
  expect(describeCodings(pcma, { ...pcma, encoding: "PCMU" })).toBe("PCMA/20ms > PCMU/20ms <");
});

test("a connection stands once, with all who told it", () => {
  const [sample] = fc.sample(aConnection("gw1.example"), { numRuns: 1, seed: 7 });
  if (sample === undefined) throw new Error("no sample");
  const connection = { ...sample, connectionId: "0A3F" };
  const told = mergeConnections([
    { via: "mgcp", connections: [connection] },
    { via: "snmp", connections: [{ ...connection, connectionId: "0a3f" }] },
  ]);
  expect(told).toEqual([{ connection, toldBy: ["mgcp", "snmp"] }]);
  const [titles, row, ...more] = listConnections(told);
  expect(titles).toMatch(/^gateway .* told by$/);
  expect(row).toMatch(/^gw1\.example\s+0A3F .* mgcp snmp$/);
  expect(more).toEqual([]);
});
