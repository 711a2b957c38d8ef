/** What the gateways and call servers of an exchange on loopback are told, as their configuration files have it. */
import { join } from "node:path";

export const community = "exchange-community";
export const snmpPort = 10_161;
const secret = "a secret between the two call servers";

export interface ExchangeGateway {
  readonly name: string;
  readonly address: string;
  /** Lines aaln/1 and on: number and telephone of the first, the others counted up. */
  readonly firstNumber: string;
  readonly firstTelephone: string;
  readonly lineCount: number;
}

export const serverRoles = ["primary", "backup"] as const;
export type ServerRole = (typeof serverRoles)[number];
export type ServerAddresses = Readonly<Record<ServerRole, string>>;

export function gatewayConfiguration(
  { name, address, firstNumber, firstTelephone, lineCount }: ExchangeGateway,
  servers: ServerAddresses,
  asker: string,
  folder: string,
  more: object = {},
) {
  return {
    name,
    address,
    callAgents: serverRoles.map((role) => ({ address: servers[role] })),
    askers: [asker],
    restart: { waitMaxSeconds: 0 },
    snmp: { port: snmpPort, community },
    lines: [{ first: "aaln/1", number: firstNumber, phone: `${firstTelephone}:5060`, count: lineCount }],
    stateFile: join(folder, `${name}.state`),
    ...more,
  };
}

/** `heartbeat`: its times; null for a call server that stands alone. */
export function serverConfiguration(
  role: ServerRole,
  servers: ServerAddresses,
  gateways: readonly ExchangeGateway[],
  folder: string,
  heartbeat: object | null,
) {
  const other = role === "primary" ? "backup" : "primary";
  const peer = { heartbeat: { ...heartbeat, secret }, peer: { server: other, address: servers[other] } };
  return {
    server: role,
    role,
    address: servers[role],
    ...(heartbeat === null ? {} : peer),
    poll: { everyMs: 1000 },
    store: { file: join(folder, `${role}.db`) },
    gateways: gateways.map(({ name, address, firstNumber, lineCount }) => ({
      domain: name,
      address,
      snmp: { port: snmpPort, community },
      sip: {},
      lines: { count: lineCount, firstNumber },
    })),
  };
}
