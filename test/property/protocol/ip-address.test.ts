import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { canonicalIp, ipBytes, ipText } from "#protocol/ip-address.js";

const sixteen = fc.array(fc.oneof(fc.constant(0), fc.nat(255)), { minLength: 16, maxLength: 16 });

test.prop([sixteen])("bytes written as text are the same bytes again, and the text is canonical", (values) => {
  const bytes = Uint8Array.from(values);
  const text = ipText(bytes, 0, "ipv6");
  expect(ipBytes(text)).toEqual(bytes);
  expect(canonicalIp(text)).toBe(text);
});

test.prop([fc.ipV6()])("the canonical text is what Node's URL writes", (text) => {
  expect(`[${canonicalIp(text)}]`).toBe(new URL(`http://[${text}]/`).hostname);
});

test.prop([fc.string({ maxLength: 50 })])("any text is an address of 4 or 16 bytes or none", (text) => {
  expect([undefined, 4, 16]).toContain(ipBytes(text)?.length);
});
