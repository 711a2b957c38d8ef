import { expect, test } from "vitest";
import { parseAuditUri } from "../../../../host/query/audit-uri.js";

test.each([
  ["mgcp://gw1.example", "mgcp", "gw1.example", 2427, "gw1.example", "*", "public"],
  ["mgcp://127.0.0.1:2428", "mgcp", "127.0.0.1", 2428, "[127.0.0.1]", "*", "public"],
  ["mgcp://[::1]/gw1.example", "mgcp", "::1", 2427, "gw1.example", "*", "public"],
  ["mgcp://127.0.0.1/rtpbridge/*@mgw", "mgcp", "127.0.0.1", 2427, "mgw", "rtpbridge/*", "public"],
  ["SNMP://secret@10.0.0.1", "snmp", "10.0.0.1", 161, "[10.0.0.1]", "*", "secret"],
  ["sip://pi.local:5070", "sip", "pi.local", 5070, "pi.local", "*", "public"],
])("%s", (text, protocol, host, port, gateway, endpoints, community) => {
  expect(parseAuditUri(text)).toEqual({ ok: true, value: { protocol, host, port, gateway, endpoints, community } });
});

test.each([
  "gw1.example",
  "http://gw1.example",
  "mgcp://",
  "mgcp://gw:0",
  "mgcp://gw:70000",
  "mgcp://[nonsense]",
  "mgcp://user@gw",
  "sip://gw/path",
  "mgcp://g w",
])("%s is refused with a reason", (text) => {
  const uri = parseAuditUri(text);
  expect(!uri.ok && uri.reason.length > 10).toBe(true);
});
