import { expect, test } from "vitest";
import type { GatewayAudit } from "../../../../firmware/protocol/active-connection.js";
import { ConnectionRecords } from "../../../../host/registry/connection-records.js";
import { oneConnection } from "../../../support/one-connection.js";

const audit: GatewayAudit = {
  gateway: "gw1.example",
  via: "mgcp",
  bootId: "B1",
  counter: 3,
  upMs: 5,
  epoch: null,
  heard: [],
  connections: [oneConnection],
  lineEvents: [],
  ended: [],
};

test("the latest audit of a gateway is its record", () => {
  const records = new ConnectionRecords([]);
  records.learn(audit, 1_000.4);
  expect(records.of("gw1.example")).toMatchObject({ via: "mgcp", heardAtWallMs: 1_000, connections: [oneConnection] });
  records.learn({ ...audit, connections: [] }, 2_000);
  expect(records.all()).toEqual([]);
});

test("a tag that the protocol does not carry is kept from before, for the same call only", () => {
  const records = new ConnectionRecords([]);
  records.learn(audit, 1_000);
  records.learn({ ...audit, via: "snmp", connections: [{ ...oneConnection, tag: "" }] }, 2_000);
  expect(records.ofCall("C0").map(({ tag }) => tag)).toEqual(["from=101;to=201"]);
  records.learn({ ...audit, via: "snmp", connections: [{ ...oneConnection, callId: "C1", tag: "" }] }, 3_000);
  expect(records.ofCall("C1").map(({ tag }) => tag)).toEqual([""]);
});
