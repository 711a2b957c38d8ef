import { expect, test } from "vitest";
import { entityAddress, parseEndpoint, parseEntity } from "../../../../firmware/protocol/mgcp/entity-name.js";

test.each([
  ["ca@ca1.example:5234", { local: "ca", domain: "ca1.example", port: 5234 }, null],
  ["ca@[192.0.2.1]", { local: "ca", domain: "[192.0.2.1]", port: 2727 }, { address: "192.0.2.1", port: 2727 }],
  ["[2001:db8::1]:2728", { local: null, domain: "[2001:db8::1]", port: 2728 }, { address: "2001:db8::1", port: 2728 }],
])("%s names a call agent", (text, entity, address) => {
  const result = parseEntity(text);
  expect(result).toEqual({ ok: true, value: entity });
  expect(result.ok && entityAddress(result.value)).toEqual(address);
});

test.each(["", "@ca", "ca@", "ca@ca1:0", "ca@ca1:65536", "ca@[nonsense]", "c a@ca1"])("%j names none", (text) => {
  expect(parseEntity(text).ok).toBe(false);
});

test.each(["aaln/1@gw", "*@gw", "relay/$@[127.0.0.1]", "ds/ds1-1/[1-12]@tgw-18.whatever.net"])(
  "%s is an endpoint",
  (text) => {
    expect(parseEndpoint(text).ok).toBe(true);
  },
);

test.each(["aaln/1", "@gw", "/1@gw", "a//1@gw", "a/@gw", `${"a".repeat(256)}@gw`])("%j is not", (text) => {
  expect(parseEndpoint(text).ok).toBe(false);
});
