import fc from "fast-check";
import { expect, test } from "vitest";
import type { ActiveConnection, AuditProtocol, GatewayAudit } from "../../../../firmware/protocol/active-connection.js";
import { compareAudits } from "../../../../host/query/agreement.js";
import { aConnection } from "../../../support/arbitraries.js";

const [sample] = fc.sample(aConnection("gw"), { numRuns: 1, seed: 1 });
if (sample === undefined) throw new Error("no sample");
const connection: ActiveConnection = {
  ...sample,
  state: "up",
  startedWallMs: 1_700_000_000_000,
  durationMs: 60_000,
  callId: "A1",
  tag: "v=1;from=101",
  localMedia: { address: "10.0.0.1", port: 4_000 },
};

function audit(via: AuditProtocol, connections: ActiveConnection[], more: Partial<GatewayAudit> = {}): GatewayAudit {
  const nothing = { bootId: null, counter: null, upMs: null, epoch: null, heard: [], lineEvents: [], ended: [] };
  return { gateway: "gw", via, connections, ...nothing, ...more };
}

test("the same answers agree, in whatever order the connections stand", () => {
  const other = { ...connection, connectionId: "FF" };
  expect(compareAudits([audit("mgcp", [connection, other]), audit("snmp", [other, connection])])).toEqual([]);
});

test("what one of them cannot tell is no disagreement", () => {
  const less = { ...connection, callId: "", tag: "", localMedia: null, startedWallMs: null, durationMs: 0 };
  expect(compareAudits([audit("mgcp", [connection]), audit("sip", [less])])).toEqual([]);
});

test("starts and durations may differ by a second, not by more", () => {
  const near = { ...connection, startedWallMs: 1_700_000_001_000, durationMs: 59_000 };
  const far = { ...connection, startedWallMs: 1_700_000_001_001, durationMs: 61_001 };
  expect(compareAudits([audit("mgcp", [connection]), audit("sip", [near])])).toEqual([]);
  const disagreements = compareAudits([audit("mgcp", [connection]), audit("sip", [far])]);
  expect(disagreements.map(({ fact }) => fact)).toEqual(["started", "duration"]);
});

test("each other fact is named with what each protocol told", () => {
  const wrong = { ...connection, qos: { dscp: 0, reservation: "none" as const }, mode: "inactive" as const };
  const right = { ...connection, qos: { dscp: 46, reservation: "none" as const }, mode: "sendrecv" as const };
  const disagreements = compareAudits([audit("mgcp", [right]), audit("snmp", [wrong]), audit("sip", [right])]);
  expect(disagreements).toEqual([
    {
      gateway: "gw",
      connectionId: connection.connectionId,
      fact: "mode",
      told: [
        { via: "mgcp", value: "sendrecv" },
        { via: "snmp", value: "inactive" },
        { via: "sip", value: "sendrecv" },
      ],
    },
    expect.objectContaining({ fact: "quality of service" }),
  ]);
});

test("a connection that one of them lacks is a disagreement", () => {
  expect(compareAudits([audit("mgcp", [connection]), audit("snmp", [])])).toMatchObject([
    { fact: "being active", told: [{ value: "there" }, { value: "not there" }] },
  ]);
});

test("another boot id is a disagreement about the gateway; another gateway is none", () => {
  const first = audit("mgcp", [], { bootId: "1" });
  expect(compareAudits([first, audit("snmp", [], { bootId: "2" })])).toMatchObject([
    { connectionId: null, fact: "boot id" },
  ]);
  expect(compareAudits([first, audit("mgcp", [], { gateway: "gw2", bootId: "2" })])).toEqual([]);
});
