import { expect, test } from "vitest";
import type { ActiveConnection, GatewayAudit } from "../../../../firmware/protocol/active-connection.js";
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

const answeredAt = (wallMs: number) => ({ askedAtWallMs: wallMs - 10, heardAtWallMs: wallMs });

test("the latest audit of a gateway is its record", () => {
  const records = new ConnectionRecords([]);
  records.learn(audit, answeredAt(1_000.4));
  expect(records.of("gw1.example")).toMatchObject({ via: "mgcp", heardAtWallMs: 1_000, connections: [oneConnection] });
  records.learn({ ...audit, connections: [] }, answeredAt(2_000));
  expect(records.all()).toEqual([]);
});

test("a tag that the protocol does not carry is kept from before, for the same call only", () => {
  const records = new ConnectionRecords([]);
  records.learn(audit, answeredAt(1_000));
  records.learn({ ...audit, via: "snmp", connections: [{ ...oneConnection, tag: "" }] }, answeredAt(2_000));
  expect(records.ofCall("C0").map(({ tag }) => tag)).toEqual(["from=101;to=201"]);
  records.learn(
    { ...audit, via: "snmp", connections: [{ ...oneConnection, callId: "C1", tag: "" }] },
    answeredAt(3_000),
  );
  expect(records.ofCall("C1").map(({ tag }) => tag)).toEqual([""]);
});

test("where the gateway does not tell, the audits between which a connection began to carry media do", () => {
  const records = new ConnectionRecords([]);
  const untold = { ...oneConnection, startedWallMs: null };
  const show = (state: "setting-up" | "up" | "held", wallMs: number) =>
    records.learn({ ...audit, connections: [{ ...untold, state }] }, answeredAt(wallMs));
  show("setting-up", 1_000);
  expect(records.sightingOf(untold)).toBeNull();
  show("up", 2_000);
  const seen = { connectionId: untold.connectionId, callId: untold.callId, afterWallMs: 990, byWallMs: 2_000 };
  expect(records.sightingOf(untold)).toEqual(seen);
  const after = new ConnectionRecords([show("held", 3_000)]);
  expect(after.sightingOf(untold)).toEqual(seen);
  expect(after.sightingOf({ ...untold, callId: "another" })).toBeNull();
});

test("what carried media once and does no more is on hold, where the gateway neither counts nor tells since when", () => {
  const untold = { ...oneConnection, startedWallMs: null };
  const inactive = { ...untold, mode: "inactive", state: "setting-up" } as const;
  const records = new ConnectionRecords([]);
  const show = (connection: ActiveConnection, wallMs: number) =>
    records.learn({ ...audit, connections: [connection] }, answeredAt(wallMs)).connections.map(({ state }) => state);
  expect(show(inactive, 1_000)).toEqual(["setting-up"]);
  expect(show(untold, 2_000)).toEqual(["up"]);
  expect([show(inactive, 3_000), show(inactive, 4_000)]).toEqual([["held"], ["held"]]);
  expect(records.sightingOf(untold)).toMatchObject({ afterWallMs: 990, byWallMs: 2_000 });
  expect(show({ ...inactive, callId: "C1" }, 5_000)).toEqual(["setting-up"]);
});

test("a first audit bounds nothing from below, and what the gateway tells needs no bounds", () => {
  const records = new ConnectionRecords([]);
  const untold = { ...oneConnection, startedWallMs: null, state: "up" as const };
  records.learn({ ...audit, connections: [untold] }, answeredAt(1_000));
  expect(records.sightingOf(untold)).toMatchObject({ afterWallMs: null, byWallMs: 1_000 });
  records.learn({ ...audit, connections: [{ ...untold, startedWallMs: 500 }] }, answeredAt(2_000));
  expect(records.sightingOf(untold)).toBeNull();
});

test("an audit of what changed is completed by what did not, as it was told", () => {
  const records = new ConnectionRecords([]);
  const staying = { ...oneConnection, connectionId: "A1", startedWallMs: 900, durationMs: 100 };
  const ending = { ...oneConnection, connectionId: "A2" };
  records.learn({ ...audit, connections: [staying, ending] }, answeredAt(1_000));
  expect(records.since("gw1.example", "mgcp")).toEqual({ bootId: "B1", counter: 3 });
  expect(records.since("gw1.example", "snmp")).toBeNull();
  const made = { ...oneConnection, connectionId: "A3" };
  const delta = { ...audit, counter: 5, upMs: 255, connections: [made], since: 3, gone: ["A2", "77"] };
  const { since: _, gone: __, ...whole } = delta;
  expect(records.completed(delta)).toEqual({ ...whole, connections: [staying, made] });
});

test("an audit of what changed is nothing without what it is added to", () => {
  const records = new ConnectionRecords([]);
  const delta = { ...audit, counter: 5, connections: [], since: 3, gone: [] };
  expect(records.completed(delta)).toBeNull();
  records.learn({ ...audit, counter: 2 }, answeredAt(1_000));
  expect(records.completed(delta)).toBeNull();
  records.learn({ ...audit, counter: 9 }, answeredAt(1_000));
  expect(records.completed(delta)).toBeNull();
  records.learn({ ...audit, counter: 4 }, answeredAt(1_000));
  expect(records.completed(delta)).not.toBeNull();
  expect(records.completed({ ...delta, bootId: "B2" })).toBeNull();
});
