/** The audits the core asks for, as queries that run together. */
import type { AuditProtocol } from "#protocol/active-connection.js";
import type { Address } from "#protocol/address.js";
import type { Random } from "#protocol/chance.js";
import { type GatewayConfig, linesOf } from "../config.js";
import type { AuditOutcome, AuditQuery } from "../query/audit-query.js";
import { MgcpQuery } from "../query/mgcp-query.js";
import { SipQuery } from "../query/sip-query.js";
import { configuredAccess, envelopeOf } from "../query/snmp-access.js";
import { SnmpQuery, snmpQueryDefaults } from "../query/snmp-query.js";
import type { AuditSince } from "../server-output.js";
import type { QueryPlace, QueryRunner } from "./query-runner.js";

export interface AskedAudit {
  readonly via: AuditProtocol;
  readonly asksRecovery: boolean;
  readonly since: AuditSince | null;
}

/** The audit carries the name the gateway has in the configuration, whatever it calls itself. */
export async function auditGateway(
  gateway: GatewayConfig,
  asked: AskedAudit,
  runner: QueryRunner,
  random: Random,
): Promise<AuditOutcome> {
  const to = { address: gateway.address, port: portOf(gateway, asked.via) };
  const outcome = await runner.run((place) => queryOf(gateway, to, asked, place, random), to);
  return outcome.ok ? { ...outcome, audit: { ...outcome.audit, gateway: gateway.domain } } : outcome;
}

function portOf({ mgcpPort, snmp, sip }: GatewayConfig, via: AuditProtocol): number {
  switch (via) {
    case "mgcp":
      return mgcpPort;
    case "snmp":
      return snmp?.port ?? 161;
    case "sip":
      return sip?.port ?? 5060;
  }
}

function queryOf(
  gateway: GatewayConfig,
  to: Address,
  { via, asksRecovery, since }: AskedAudit,
  place: QueryPlace,
  random: Random,
): AuditQuery {
  const { domain: name, snmp, sip } = gateway;
  switch (via) {
    case "mgcp": {
      const endpointNames = linesOf(gateway).map(({ endpoint }) => endpoint);
      return new MgcpQuery({ gateway: name, to, asksRecovery, endpointNames, since }, random, place);
    }
    case "snmp": {
      const envelope = envelopeOf(configuredAccess(snmp), random);
      return new SnmpQuery({ ...snmpQueryDefaults, gateway: name, to, envelope, since }, random);
    }
    case "sip": {
      const credentials = sip?.user === undefined ? null : { userName: sip.user.name, password: sip.user.secret };
      return new SipQuery({ gateway: name, to, from: place, credentials, transport: "tcp first" }, random);
    }
  }
}
