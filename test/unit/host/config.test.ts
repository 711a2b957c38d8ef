import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { configurationLines, resolvePlaceholders } from "../../../firmware/protocol/configuration.js";
import { parsed } from "../../../firmware/protocol/parse-result.js";
import { callServerSchema, linesOf } from "../../../host/config.js";

const minimal = {
  server: "ca1",
  address: "192.0.2.1",
  store: { file: "ca1.db" },
  gateways: [{ domain: "gw1", address: "192.0.2.11", lines: { count: 2, firstNumber: "099" } }],
};

function complaints(document: object): string[] {
  const result = callServerSchema.safeParse(document);
  return result.success ? [] : configurationLines(result.error.issues, document);
}

test("a call server that stands alone needs little", () => {
  expect(callServerSchema.parse(minimal)).toMatchObject({
    role: "primary",
    mgcpPort: 2727,
    poll: { everyMs: 5_000 },
    audit: { via: ["mgcp", "snmp", "sip"] },
    calls: { encodings: ["PCMA"], dscp: 46 },
  });
});

test("lines count up, and their numbers keep their length", () => {
  const [gateway] = callServerSchema.parse(minimal).gateways;
  expect(gateway === undefined ? [] : linesOf(gateway)).toEqual([
    { gateway: "gw1", endpoint: "aaln/1", number: "099" },
    { gateway: "gw1", endpoint: "aaln/2", number: "100" },
  ]);
});

test("the protocols of an audit may be all, one, or a list", () => {
  const via = (value: unknown) => callServerSchema.parse({ ...minimal, audit: { via: value } }).audit.via;
  expect([via("all"), via("sip"), via(["snmp", "snmp"])]).toEqual([["mgcp", "snmp", "sip"], ["sip"], ["snmp"]]);
});

describe("refused with a line that names the key", () => {
  const [gateway] = minimal.gateways;

  test.each([
    ["an unknown key", { ...minimal, adress: 1 }, /^adress: unknown key; allowed here: server, role,/],
    ["no address", { ...minimal, address: "gw1.example" }, /^address: "gw1.example" is not allowed: expected an IPv4/],
    ["a backup without a peer", { ...minimal, role: "backup" }, /^role: "backup" is not allowed: expected a peer/],
    ["a peer without heartbeats", { ...minimal, peer: { server: "ca2", address: "192.0.2.2" } }, /^peer: /],
    [
      "one number twice",
      { ...minimal, gateways: [gateway, { ...gateway, domain: "gw2", address: "192.0.2.12" }] },
      /number/,
    ],
    ["one domain twice", { ...minimal, gateways: [gateway, { ...gateway, address: "192.0.2.12" }] }, /domain once/],
    ["no gateways", { ...minimal, gateways: [] }, /^gateways: \[\] is not allowed/],
  ])("%s", (_what, document, line) => {
    expect(complaints(document).join("\n")).toMatch(line);
  });
});

test.each(["primary", "backup"])("the example of a %s is right once its secrets are there", (role) => {
  const url = new URL(`../../../docs/examples/call-server-${role}.yaml`, import.meta.url);
  const sources = { environment: () => undefined, file: () => parsed("0123456789abcdef") };
  const document = resolvePlaceholders(parse(readFileSync(url, "utf8")), sources);
  expect(document.ok && callServerSchema.safeParse(document.value).success).toBe(true);
});
