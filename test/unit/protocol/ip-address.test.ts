import { expect, test } from "vitest";
import { canonicalIp, ipBytes } from "#protocol/ip-address.js";

test.each([
  ["2001:0db8:0000:0000:0001:0000:0000:0001", "2001:db8::1:0:0:1"],
  ["2001:DB8::A", "2001:db8::a"],
  ["::", "::"],
  ["0:0:0:0:0:0:0:1", "::1"],
  ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
  ["::ffff:192.0.2.1", "::ffff:c000:201"],
  ["192.0.2.1", "192.0.2.1"],
])("%s is written %s (RFC 5952 section 4)", (text, canonical) => {
  expect(canonicalIp(text)).toBe(canonical);
});

test("what is no IP literal has no bytes", () => {
  expect(ipBytes("gw.example")).toBeNull();
  expect(ipBytes("1.2.3")).toBeNull();
});
