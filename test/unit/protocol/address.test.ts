import { isIPv4, isIPv6 } from "node:net";
import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { formatAddress, isIpv4, isIpv6, isReachable, parseAddress } from "#protocol/address.js";

const literal = fc.oneof(fc.ipV4(), fc.ipV6());

test.prop([literal, fc.nat(65_535)])("an address written and read is the same", (address, port) => {
  expect(parseAddress(formatAddress({ address, port }))).toEqual({ ok: true, value: { address, port } });
});

const nearly = fc.oneof(
  literal,
  fc.string({ unit: fc.constantFrom("0", "1", "25", "256", "f", ":", "::", ".", "g"), maxLength: 14 }),
);

test.prop([nearly])("what is an IP address is what Node says it is", (text) => {
  expect(isIpv4(text)).toBe(isIPv4(text));
  expect(isIpv6(text)).toBe(isIPv6(text));
});

test("a port out of range, a name and a missing port are refused by name", () => {
  expect(parseAddress("192.0.2.1:70000")).toEqual({ ok: false, reason: "port 70000 is above 65535" });
  expect(parseAddress("gw1.example:2427").ok).toBe(false);
  expect(parseAddress("192.0.2.1")).toEqual({ ok: false, reason: '"192.0.2.1" has no port' });
  expect(parseAddress("[2001:db8::1]", 2427)).toEqual({ ok: true, value: { address: "2001:db8::1", port: 2427 } });
});

test("nothing is sent to port 0 or beyond the last", () => {
  const reachable = [0, 1, 65_535, 65_536].filter((port) => isReachable({ address: "192.0.2.1", port }));
  expect(reachable).toEqual([1, 65_535]);
});
