import { expect, test } from "vitest";
import { parseAuditUri } from "../../../../host/query/audit-uri.js";

test.each([
  ["mgcp://gw1.example", "mgcp", "gw1.example", 2427, "gw1.example", "*", "public", null],
  ["mgcp://127.0.0.1:2428", "mgcp", "127.0.0.1", 2428, "[127.0.0.1]", "*", "public", null],
  ["mgcp://[::1]/gw1.example", "mgcp", "::1", 2427, "gw1.example", "*", "public", null],
  ["mgcp://127.0.0.1/rtpbridge/*@mgw", "mgcp", "127.0.0.1", 2427, "mgw", "rtpbridge/*", "public", null],
  ["SNMP://secret@10.0.0.1", "snmp", "10.0.0.1", 161, "[10.0.0.1]", "*", "secret", null],
  ["snmpv3://backup@10.0.0.1:1161", "snmp", "10.0.0.1", 1161, "[10.0.0.1]", "*", null, "backup"],
  ["sip://[::1]:5070;transport=TCP", "sip", "::1", 5070, "[::1]", "*", "public", null, "tcp"],
  ["sip://pi.local;transport=tcp", "sip", "pi.local", 5060, "pi.local", "*", "public", null, "tcp"],
  ["sip://backup@pi.local", "sip", "pi.local", 5060, "pi.local", "*", null, "backup"],
  ["sip://pi.local:5070", "sip", "pi.local", 5070, "pi.local", "*", "public", null],
])("%s", (text, protocol, host, port, gateway, endpoints, community, user, transport = "udp") => {
  const value = { protocol, host, port, gateway, endpoints, community, user, transport };
  expect(parseAuditUri(text)).toEqual({ ok: true, value });
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
  "snmpv3://gw",
  "sip://user:password@gw",
  "sip://gw;transport=sctp",
  "mgcp://gw;transport=tcp",
  "snmpv3://user:passphrase@gw",
  "mgcp://g w",
])("%s is refused with a reason", (text) => {
  const uri = parseAuditUri(text);
  expect(!uri.ok && uri.reason.length > 10).toBe(true);
});
