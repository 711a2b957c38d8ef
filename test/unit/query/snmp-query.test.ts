import { describe, expect, test } from "vitest";
import { SnmpAgent } from "../../../firmware/management/snmp-agent.js";
import { SnmpFace } from "../../../firmware/management/snmp-face.js";
import type { SnmpSource } from "../../../firmware/management/snmp-source.js";
import type { GatewaySnapshot } from "../../../firmware/protocol/active-connection.js";
import { holdoverRoot } from "../../../firmware/protocol/mib/holdover-mib.js";
import { CommunityEnvelope } from "../../../firmware/protocol/snmp/community-envelope.js";
import { parseMessage, writeMessage } from "../../../firmware/protocol/snmp/community-message.js";
import type { PlainPdu, VariableBinding } from "../../../firmware/protocol/snmp/pdu.js";
import type { AuditOutcome } from "../../../host/query/audit-query.js";
import { SnmpQuery, type SnmpQueryOptions, snmpQueryDefaults } from "../../../host/query/snmp-query.js";
import { aCallOf, aGatewayWith } from "../../support/example-snapshot.js";
import { snmpSourceOf } from "../../support/snmp-source.js";

const here = { address: "127.0.0.1", port: 40_000 };
const there = { address: "127.10.0.1", port: 161 };

function aQuery(options: Partial<SnmpQueryOptions> = {}): SnmpQuery {
  const all = {
    ...snmpQueryDefaults,
    gateway: "gw1.example",
    to: there,
    envelope: new CommunityEnvelope("recovery"),
    ...options,
  };
  return new SnmpQuery(all, () => 0.5);
}

/** An agent of the gateway that `snapshot` describes at each question. */
function answering(snapshot: () => GatewaySnapshot, datagramBytesMax = 1472): (bytes: Uint8Array) => Uint8Array | null {
  return answeringFrom(snmpSourceOf(snapshot), datagramBytesMax);
}

function answeringFrom(source: SnmpSource, datagramBytesMax = 1472): (bytes: Uint8Array) => Uint8Array | null {
  const face = new SnmpFace({ root: holdoverRoot, viewKeptMs: 0, repetitionsMax: 100 }, source);
  const agent = new SnmpAgent({ community: "recovery", askers: [here.address], datagramBytesMax }, face);
  return (bytes) => agent.handle(bytes, here, 0);
}

/** An agent that answers everything with these bindings. */
function repeating(bindings: readonly VariableBinding[], errorStatus = 0): (bytes: Uint8Array) => Uint8Array | null {
  return (bytes) => {
    const asked = parseMessage(bytes);
    if (!asked.ok || asked.value.kind !== "v2c") return null;
    const { community, pdu } = asked.value.message;
    const answer: PlainPdu = { kind: "response", requestId: pdu.requestId, errorStatus, errorIndex: 0, bindings };
    return writeMessage({ community, pdu: answer });
  };
}

/** What an agent that has none of it says of each column, and of the change counter. */
const nothing = Array.from({ length: 4 }, (): VariableBinding => ({ name: [1, 3], value: { type: "endOfMibView" } }));

function outcomeOf(query: SnmpQuery, answer: (bytes: Uint8Array) => Uint8Array | null): AuditOutcome {
  let turn = query.start(0);
  const sends = [...turn.sends];
  for (let next = sends.shift(); next !== undefined && turn.outcome === null; next = sends.shift()) {
    const bytes = answer(next.bytes);
    if (bytes === null) continue;
    turn = query.receive(bytes, there, 0);
    sends.push(...turn.sends);
  }
  if (turn.outcome === null) throw new Error("no outcome");
  return turn.outcome;
}

describe("an SNMP query", () => {
  test("says what SNMP cannot tell and what the answer cost", () => {
    const outcome = outcomeOf(
      aQuery(),
      answering(() => aGatewayWith([aCallOf(1), aCallOf(2)])),
    );
    if (!outcome.ok) throw new Error(outcome.reason);
    expect(outcome.notTold).toEqual(["tags (by SNMP under authPriv only)", "line events", "ended connections"]);
    expect(outcome.audit.connections.map(({ origin }) => origin.device)).toEqual(["101", "102"]);
    expect(outcome.cost.sent).toBe(outcome.cost.received);
    expect(outcome.cost.octets).toBeGreaterThan(1_000);
  });

  test("asks an agent without HOLDOVER-MIB for RTP-MIB's sessions, and says what these do not tell", () => {
    const root = [1, 3, 6, 1, 4, 1, 99_999];
    const outcome = outcomeOf(
      aQuery({ root }),
      answering(() => aGatewayWith([aCallOf(1), { ...aCallOf(2), remoteMedia: null }, aCallOf(3)])),
    );
    if (!outcome.ok) throw new Error(outcome.reason);
    const { localMedia, remoteMedia, durationMs } = aCallOf(1);
    expect(outcome.audit.connections).toHaveLength(2);
    expect(outcome.audit.connections[0]).toMatchObject({
      connectionId: "000000A1",
      localMedia,
      remoteMedia,
      durationMs,
    });
    expect(outcome.audit).toMatchObject({ gateway: "gw1.example", upMs: 3_600_000, counter: null, bootId: null });
    expect(outcome.isPartial).toBe(true);
    expect(outcome.notTold).toContain("originating device");
  });

  test("asks only for what changed behind the record that is there, and takes it as that", () => {
    const source = snmpSourceOf(() => aGatewayWith([1, 2, 3].map(aCallOf)));
    const goneBehind = (counter: number) => [{ counter: 4, value: "A9" }].filter((one) => one.counter > counter);
    const gone = { ...source, moment: (nowMs: number) => ({ ...source.moment(nowMs), goneBehind }) };
    const since = { bootId: "5F3A9C01", counter: 2 };
    const outcome = outcomeOf(aQuery({ since }), answeringFrom(gone));
    if (!outcome.ok) throw new Error(outcome.reason);
    expect(outcome.audit).toMatchObject({ since: 2, gone: ["A9"], counter: 400 });
    expect(outcome.audit.connections.map(({ connectionId }) => connectionId)).toEqual(["A3"]);
  });

  test.each([
    ["of another start", { bootId: "OTHER", counter: 2 }, 0],
    ["of a time that is to come", { bootId: "5F3A9C01", counter: 401 }, 0],
    ["older than what the gateway remembers", { bootId: "5F3A9C01", counter: 2 }, 3],
  ])("asks for everything when the record is %s", (_what, since, goneForgotten) => {
    const source = snmpSourceOf(() => aGatewayWith([1, 2, 3].map(aCallOf)));
    const moment = (nowMs: number) => {
      const { facts, ...more } = source.moment(nowMs);
      return { facts: { ...facts, goneForgotten }, ...more };
    };
    const outcome = outcomeOf(aQuery({ since }), answeringFrom({ ...source, moment }));
    if (!outcome.ok) throw new Error(outcome.reason);
    expect(outcome.audit.since).toBeUndefined();
    expect(outcome.audit.connections).toHaveLength(3);
  });

  test("asks column by column where a record does not fit into a datagram", () => {
    const calls = [
      aCallOf(1),
      { ...aCallOf(2), notifiedEntity: `ca@${"x".repeat(200)}.example`, endpoint: "y".repeat(250) },
    ];
    const outcome = outcomeOf(
      aQuery(),
      answering(() => aGatewayWith(calls), 484),
    );
    if (!outcome.ok) throw new Error(outcome.reason);
    expect(outcome.audit.connections).toEqual(calls);
  });

  test("begins anew when the gateway was started meanwhile", () => {
    let questions = 0;
    const restarting = () => ({
      ...aGatewayWith([1, 2, 3].map(aCallOf)),
      bootId: questions < 3 ? "FIRST" : "SECOND",
      counter: questions < 3 ? 400 : 3,
    });
    const answer = answering(restarting);
    const outcome = outcomeOf(aQuery(), (bytes) => {
      questions += 1;
      return answer(bytes);
    });
    expect(outcome).toMatchObject({ ok: true, audit: { bootId: "SECOND", counter: 3 } });
  });

  test("walking columns begins anew when the table changed, and tells the table of one moment", () => {
    let questions = 0;
    const changing = () => {
      const calls = questions < 4 ? [aCallOf(1), aCallOf(2)] : [aCallOf(2), aCallOf(3)];
      return { ...aGatewayWith(calls), counter: questions < 4 ? 400 : 401 };
    };
    const answer = answering(changing);
    const outcome = outcomeOf(aQuery({ asksChanges: false }), (bytes) => {
      questions += 1;
      return answer(bytes);
    });
    if (!outcome.ok) throw new Error(outcome.reason);
    expect(outcome.audit.counter).toBe(401);
    expect(outcome.audit.connections.map(({ connectionId }) => connectionId)).toEqual(["A2", "A3"]);
    expect(outcome.notTold).toHaveLength(3);
  });

  test("takes the last walk when the table never stands still, whole rows only, and says so", () => {
    let questions = 0;
    const restless = () => ({ ...aGatewayWith([aCallOf(1), aCallOf(2 + (questions % 7))]), counter: questions });
    const answer = answering(restless);
    const outcome = outcomeOf(aQuery({ walksMax: 3, asksChanges: false }), (bytes) => {
      questions += 1;
      return answer(bytes);
    });
    if (!outcome.ok) throw new Error(outcome.reason);
    expect(outcome.notTold).toContain("a table of one moment: it changed during each of 3 walks");
    expect(outcome.audit.connections[0]).toEqual(aCallOf(1));
  });

  test("asks again after growing waits, then gives up with a reason", () => {
    const query = aQuery();
    const first = query.start(1_000).sends;
    const again: number[] = [];
    let outcome: AuditOutcome | null = null;
    while (outcome === null) {
      const dueMs = query.next() ?? Number.NaN;
      again.push(dueMs);
      const turn = query.tick(dueMs);
      if (turn.outcome === null) expect(turn.sends).toEqual(first);
      outcome = turn.outcome;
    }
    expect(again).toEqual([1_250, 1_750, 2_750, 4_750]);
    expect(outcome).toMatchObject({ ok: false, reason: expect.stringContaining("no answer by SNMP to 4 tries") });
    expect(query.next()).toBeNull();
  });

  test("takes each answer once", () => {
    const query = aQuery({ asksChanges: false });
    const answer = answering(() => aGatewayWith([aCallOf(1)]));
    const bytes = answer(query.start(0).sends[0]?.bytes ?? new Uint8Array(0)) ?? new Uint8Array(0);
    expect(query.receive(bytes, there, 1).sends).toHaveLength(3);
    expect(query.receive(bytes, there, 2)).toEqual({ sends: [], outcome: null });
  });

  test.each([
    [
      "an agent without HOLDOVER-MIB and RTP-MIB",
      repeating(nothing),
      "the agent there has no HOLDOVER-MIB under 1.3.6.1.4.1.8072",
    ],
    ["an agent that refuses", repeating([], 16), "answers authorizationError"],
  ])("tells of %s", (_what, answer, reason) => {
    expect(outcomeOf(aQuery(), answer)).toMatchObject({ ok: false, reason: expect.stringContaining(reason) });
  });

  test("gives up on an agent whose names go in a circle", () => {
    const ours = answering(() => aGatewayWith([aCallOf(1)]));
    let known: Uint8Array | null = null;
    const circling = (bytes: Uint8Array) => {
      const asked = parseMessage(bytes);
      if (!asked.ok || asked.value.kind !== "v2c" || asked.value.message.pdu.kind !== "get-bulk") return ours(bytes);
      known ??= ours(bytes);
      const told = parseMessage(known ?? new Uint8Array(0));
      return told.ok && told.value.kind === "v2c" ? repeating(told.value.message.pdu.bindings)(bytes) : null;
    };
    const options = { repetitionsMax: 1, columnsAtOnceMax: 100, asksChanges: false };
    expect(outcomeOf(aQuery(options), circling)).toMatchObject({
      ok: false,
      reason: expect.stringContaining("does not come after"),
    });
  });

  test.each([true, false])("refuses more rows than it may keep (by changes: %s)", (asksChanges) => {
    const many = aGatewayWith([1, 2, 3].map(aCallOf));
    const outcome = outcomeOf(
      aQuery({ rowsMax: 2, asksChanges }),
      answering(() => many),
    );
    expect(outcome).toMatchObject({ ok: false, reason: expect.stringContaining("more than 2 connections") });
  });
});
