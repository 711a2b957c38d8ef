/** Runs the audits the core asks for, each over a socket of its own bound to this server's address. */

import { monotonicMs } from "#io/monotonic-clock.js";
import type { AuditProtocol } from "#protocol/active-connection.js";
import type { Random } from "#protocol/chance.js";
import { type GatewayConfig, linesOf } from "../config.js";
import type { AuditOutcome, AuditQuery } from "../query/audit-query.js";
import { MgcpQuery } from "../query/mgcp-query.js";
import { SipQuery } from "../query/sip-query.js";
import { configuredAccess, envelopeOf } from "../query/snmp-access.js";
import { SnmpQuery, snmpQueryDefaults } from "../query/snmp-query.js";
import type { AuditSince } from "../server-output.js";
import { runQuery } from "./query-runner.js";

export interface AskedAudit {
  readonly via: AuditProtocol;
  /** This server's address. */
  readonly from: string;
  readonly asksRecovery: boolean;
  readonly since: AuditSince | null;
}

/** The audit carries the name the gateway has in the configuration, whatever it calls itself. */
export async function auditGateway(gateway: GatewayConfig, asked: AskedAudit, random: Random): Promise<AuditOutcome> {
  const bind = { address: asked.from };
  const outcome = await runQuery((from) => queryOf(gateway, asked, from, random), bind, monotonicMs);
  return outcome.ok ? { ...outcome, audit: { ...outcome.audit, gateway: gateway.domain } } : outcome;
}

function queryOf(
  gateway: GatewayConfig,
  { via, asksRecovery, since }: AskedAudit,
  from: { readonly address: string; readonly port: number },
  random: Random,
): AuditQuery {
  const { domain: name, address, mgcpPort, snmp, sip } = gateway;
  switch (via) {
    case "mgcp": {
      const endpointNames = linesOf(gateway).map(({ endpoint }) => endpoint);
      const to = { address, port: mgcpPort };
      return new MgcpQuery({ gateway: name, to, asksRecovery, endpointNames, since }, random);
    }
    case "snmp": {
      const envelope = envelopeOf(configuredAccess(snmp), random);
      const to = { address, port: snmp?.port ?? 161 };
      return new SnmpQuery({ ...snmpQueryDefaults, gateway: name, to, envelope, since }, random);
    }
    case "sip": {
      const to = { address, port: sip?.port ?? 5060 };
      const credentials = sip?.user === undefined ? null : { userName: sip.user.name, password: sip.user.secret };
      return new SipQuery({ gateway: name, to, from, credentials }, random);
    }
  }
}
