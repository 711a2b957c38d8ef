import { describe, expect, test } from "vitest";
import type { UsmEngine } from "../../../firmware/management/usm-engine.js";
import { sysNameOid } from "../../../firmware/protocol/mib/system-group.js";
import type { Pdu } from "../../../firmware/protocol/snmp/pdu.js";
import { engineBootsMax, type ReportName, reportNames } from "../../../firmware/protocol/snmp/snmp-engine.js";
import { keysOf } from "../../../firmware/protocol/snmp/usm-keys.js";
import { parseV3Message } from "../../../firmware/protocol/snmp/v3-message.js";
import { aCallOf, aGatewayWith } from "../../support/example-snapshot.js";
import { anAgentOf, anEngine, aSession, asked, passphrases } from "../../support/snmp-user.js";

const here = { address: "127.0.0.1", port: 40_000 };
const gateway = aGatewayWith([aCallOf(1)]);
const sysName: Pdu = {
  kind: "get",
  requestId: 9,
  errorStatus: 0,
  errorIndex: 0,
  bindings: [{ name: sysNameOid, value: { type: "null" } }],
};

function anAgent(engine: UsmEngine) {
  return anAgentOf(() => gateway, engine, [here.address]);
}

function reportsOf(engine: UsmEngine): Partial<Record<ReportName, number>> {
  const counts = reportNames.map((name) => [name, engine.reported(name)] as const);
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

const wrongKeys = keysOf("another authentication passphrase", "another privacy passphrase");

describe("a user of the engine", () => {
  test("finds engine and time out, and is answered ciphered", () => {
    const engine = anEngine();
    const opened = asked(aSession(), anAgent(engine), here, sysName, 5_000);
    expect(opened).toMatchObject({ kind: "pdu", pdu: { kind: "response", requestId: 9 } });
    expect(reportsOf(engine)).toEqual({ usmStatsUnknownEngineIDs: 1, usmStatsNotInTimeWindows: 1 });
  });

  test.each([
    ["another name", { user: "stranger" }, "usmStatsUnknownUserNames", 'has no SNMPv3 user "stranger"'],
    ["less than its level", { level: "authNoPriv" }, "usmStatsUnsupportedSecLevels", "under authNoPriv"],
    ["no protection at all", { level: "noAuthNoPriv" }, "usmStatsUnsupportedSecLevels", "under noAuthNoPriv"],
    ["other passphrases", { keys: wrongKeys }, "usmStatsWrongDigests", "authentication passphrase"],
  ] as const)("with %s is refused by a report", (_what, options, counter, reason) => {
    const engine = anEngine();
    const opened = asked(aSession(options), anAgent(engine), here, sysName, 5_000);
    expect(opened).toMatchObject({ kind: "refused", reason: expect.stringContaining(reason) });
    expect(engine.reported(counter)).toBe(1);
  });

  test("with another privacy passphrase is refused by a report", () => {
    const engine = anEngine();
    const keys = keysOf(passphrases.authentication, "another privacy passphrase");
    const opened = asked(aSession({ keys }), anAgent(engine), here, sysName, 5_000);
    expect(opened).toMatchObject({ kind: "refused", reason: expect.stringContaining("privacy passphrase") });
    expect(engine.reported("usmStatsDecryptionErrors")).toBe(1);
  });

  test.each([
    ["watcher", "authNoPriv"],
    ["watcher", "authPriv"],
    ["anybody", "noAuthNoPriv"],
  ] as const)("%s may ask under %s, as configured", (user, level) => {
    const opened = asked(aSession({ user, level }), anAgent(anEngine()), here, sysName, 5_000);
    expect(opened).toMatchObject({ kind: "pdu", pdu: { kind: "response" } });
  });

  test("from an address that is not listed gets no answer, not even a report", () => {
    expect(anAgent(anEngine()).handle(aSession().wrap(sysName, 0), { address: "127.0.0.9", port: 1 }, 0)).toBeNull();
  });
});

describe("the time window of RFC 3414 section 3.2", () => {
  function inTime() {
    const engine = anEngine();
    const agent = anAgent(engine);
    const session = aSession();
    expect(asked(session, agent, here, sysName, 1_000).kind).toBe("pdu");
    return { engine, agent, session, request: session.wrap(sysName, 1_000) };
  }

  test("lets a message of 150 seconds ago pass, and none that is older", () => {
    const { engine, agent, request } = inTime();
    agent.handle(request, here, 151_000);
    expect(engine.reported("usmStatsNotInTimeWindows")).toBe(1);
    agent.handle(request, here, 152_001);
    expect(engine.reported("usmStatsNotInTimeWindows")).toBe(2);
  });

  test("lets no message of an earlier boot pass; the session learns the new boot and goes on", () => {
    const { request, session } = inTime();
    const restarted = anEngine(3_000, 2);
    const agent = anAgent(restarted);
    agent.handle(request, here, 4_000);
    expect(restarted.reported("usmStatsNotInTimeWindows")).toBe(1);
    expect(asked(session, agent, here, sysName, 4_000).kind).toBe("pdu");
  });

  test("is shut for ever where boots cannot be counted any more", () => {
    const engine = anEngine(0, engineBootsMax);
    expect(asked(aSession(), anAgent(engine), here, sysName, 1_000).kind).toBe("foreign");
  });

  test("the report of it is authentic, and one that is not moves no time", () => {
    const engine = anEngine();
    const agent = anAgent(engine);
    const session = aSession();
    const discovered = agent.handle(session.wrap(sysName, 0), here, 0) ?? new Uint8Array(0);
    expect(session.open(discovered, 0).kind).toBe("learnt");
    const report = agent.handle(session.wrap(sysName, 0), here, 0) ?? new Uint8Array(0);
    expect(parseV3Message(report)).toMatchObject({ value: { message: { level: "authNoPriv", engineBoots: 1 } } });
    const forged = Uint8Array.from(report);
    forged[forged.length - 1] = 0xff;
    expect(session.open(forged, 0).kind).toBe("foreign");
    expect(session.open(report, 0).kind).toBe("learnt");
  });
});

test("nothing is reported about a message that does not want it", () => {
  const engine = anEngine();
  const trap: Pdu = { ...sysName, kind: "trap" };
  expect(anAgent(engine).handle(aSession().wrap(trap, 0), here, 0)).toBeNull();
  expect(engine.reported("usmStatsUnknownEngineIDs")).toBe(1);
});

test("a message sent once more is answered, a foreign one is not taken for an answer", () => {
  const agent = anAgent(anEngine());
  const session = aSession();
  asked(session, agent, here, sysName, 0);
  const answer = agent.handle(session.wrap(sysName, 0), here, 0) ?? new Uint8Array(0);
  expect(aSession().open(answer, 0).kind).toBe("foreign");
  expect(session.open(answer, 0).kind).toBe("pdu");
  expect(session.open(answer, 0).kind).toBe("foreign");
});
