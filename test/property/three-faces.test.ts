/** What MGCP, SNMP and SIP tell of one gateway at one moment is the same. */
import { test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import type { GatewayAudit, GatewaySnapshot } from "../../firmware/protocol/active-connection.js";
import { compareAudits } from "../../host/query/agreement.js";
import type { AuditOutcome } from "../../host/query/audit-query.js";
import { MgcpQuery } from "../../host/query/mgcp-query.js";
import { aSnapshot } from "../support/arbitraries.js";
import { askBySip } from "../support/asked-sip-face.js";
import { askBySnmp, snmpAsker } from "../support/asked-snmp-agent.js";
import { oneConnection } from "../support/one-connection.js";
import { askedGateway, playQuery, recoveryAnswers } from "../support/scripted-gateway.js";
import { anAgentOf, anEngine, aSession } from "../support/snmp-user.js";

const snmpBytesMax = 1_472;

/** MGCP within 4,000 bytes a reply, SNMP v3 within 1,472, SIP over TCP. */
function askAll(snapshot: GatewaySnapshot): GatewayAudit[] {
  const { gateway } = snapshot;
  const byMgcp = new MgcpQuery({ gateway, to: askedGateway, bytesMax: 4_000 }, () => 0.5);
  const agent = anAgentOf(() => snapshot, anEngine(0, 1, snmpBytesMax), [snmpAsker.address], snmpBytesMax);
  return [playQuery(byMgcp, recoveryAnswers(snapshot)), askBySnmp(agent, true, aSession()), askBySip(snapshot)].map(
    told,
  );
}

function told(outcome: AuditOutcome | null): GatewayAudit {
  if (outcome?.ok !== true) throw new Error(`no audit: ${outcome?.reason}`);
  return outcome.audit;
}

function idsOf({ connections }: Pick<GatewayAudit, "connections">): string[] {
  return connections.map(({ connectionId }) => connectionId).sort();
}

describe("the three faces of a gateway", () => {
  test.prop([aSnapshot()], { numRuns: 60 })("tell the same connections, and of each the same", (snapshot) => {
    const audits = askAll(snapshot);
    for (const audit of audits) expect(idsOf(audit)).toEqual(idsOf(snapshot));
    expect(compareAudits(audits)).toEqual([]);
  });

  test("do so of 10,000 connections, too", () => {
    const connections = Array.from({ length: 10_000 }, (_, index) => ({
      ...oneConnection,
      connectionId: (0x1000_0000 + index).toString(16).toUpperCase(),
      callId: (0xc000_0000 + Math.floor(index / 2)).toString(16).toUpperCase(),
      endpoint: `relay/${1 + Math.floor(index / 2)}`,
      durationMs: 1_000 + index,
      changedAt: index + 1,
      tag: `v=1;from=${index};to=${index + 1}`,
    }));
    const facts = { bootId: "B0", counter: 10_000, upMs: 900_000, epoch: null, heard: [], lineEvents: [], ended: [] };
    const snapshot = { gateway: oneConnection.gateway, ...facts, connections };
    const audits = askAll(snapshot);
    for (const audit of audits) expect(idsOf(audit)).toEqual(idsOf(snapshot));
    expect(compareAudits(audits)).toEqual([]);
  });
});
