/** An SNMP agent over a snapshot, and the query that asks it, in memory and on simulated time. */
import { SnmpAgent } from "../../firmware/management/snmp-agent.js";
import { SnmpFace } from "../../firmware/management/snmp-face.js";
import type { GatewaySnapshot } from "../../firmware/protocol/active-connection.js";
import { holdoverRoot } from "../../firmware/protocol/mib/holdover-mib.js";
import { CommunityEnvelope } from "../../firmware/protocol/snmp/community-envelope.js";
import type { SnmpEnvelope } from "../../firmware/protocol/snmp/snmp-envelope.js";
import type { AuditOutcome } from "../../host/query/audit-query.js";
import { SnmpQuery, snmpQueryDefaults } from "../../host/query/snmp-query.js";
import { snmpSourceOf } from "./snmp-source.js";

export const snmpAsker = { address: "127.0.0.1", port: 40_000 };
export const snmpAgentAddress = { address: "127.10.0.1", port: 161 };

export function snmpAgentOf(snapshot: () => GatewaySnapshot, datagramBytesMax: number): SnmpAgent {
  const options = { root: holdoverRoot, viewKeptMs: 250, repetitionsMax: 1000 };
  const face = new SnmpFace(options, snmpSourceOf(snapshot));
  return new SnmpAgent({ community: "recovery", askers: [snmpAsker.address], datagramBytesMax }, face);
}

/** Query and agent joined by a network that loses the datagrams `loses` names, on its own time. */
export function askBySnmp(
  agent: SnmpAgent,
  asksChanges: boolean,
  envelope: SnmpEnvelope = new CommunityEnvelope("recovery"),
  loses: (datagram: number) => boolean = () => false,
): AuditOutcome | null {
  const query = new SnmpQuery(
    { ...snmpQueryDefaults, gateway: "gw", to: snmpAgentAddress, envelope, asksChanges },
    () => 0.5,
  );
  let nowMs = 1_000;
  let datagrams = 0;
  let turn = query.start(nowMs);
  const sends = [...turn.sends];
  while (turn.outcome === null) {
    const next = sends.shift();
    if (next === undefined) {
      const dueMs = query.next();
      if (dueMs === null) return null;
      nowMs = dueMs;
      turn = query.tick(nowMs);
    } else {
      datagrams += 1;
      const answer = loses(datagrams) ? null : agent.handle(next.bytes, snmpAsker, nowMs);
      datagrams += 1;
      if (answer === null || loses(datagrams)) continue;
      turn = query.receive(answer, snmpAgentAddress, nowMs);
    }
    sends.push(...turn.sends);
  }
  return turn.outcome;
}
