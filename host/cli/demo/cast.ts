/**
 * Who plays: two gateways, two call servers, two banks of telephones, each a process with addresses of its own on
 * loopback; and what each is told beforehand. Files and nothing else: the programs are those a user starts.
 */
import type { AuditProtocol } from "#protocol/active-connection.js";

export interface CastOptions {
  readonly calls: number;
  readonly via: readonly AuditProtocol[];
  /** For heartbeats and SNMP; made anew for each performance. */
  readonly secret: string;
  readonly community: string;
  /** Where configurations, recordings and stores are put. */
  readonly folder: string;
  readonly speech: { readonly caller: string; readonly called: string };
  readonly detection: { readonly heartbeatMs: number; readonly deadAfterMs: number; readonly pollMs: number };
}

export interface CastMember {
  readonly title: string;
  readonly args: readonly string[];
  /** Its configuration; YAML takes JSON as it is. */
  readonly file: { readonly name: string; readonly text: string } | null;
}

export interface Cast {
  readonly gateways: readonly [CastMember, CastMember];
  readonly primary: CastMember;
  readonly backup: CastMember;
  readonly callers: CastMember;
  readonly called: CastMember;
}

export const addresses = {
  primary: "127.10.0.1",
  backup: "127.10.0.2",
  gateways: ["127.10.0.11", "127.10.0.12"],
  telephones: ["127.10.1.1", "127.10.2.1"],
} as const;

export const gatewayNames = ["gw1.example", "gw2.example"] as const;
export const firstNumbers = ["101", "201"] as const;
export const answerAfterMs = 500;
/** Fifty calls a second, for people do not lift their handsets all in one moment. */
const callsApartMs = 20;
const snmpPort = 10_161;

export function castOf(options: CastOptions): Cast {
  return {
    gateways: [gatewayMember(0, options), gatewayMember(1, options)],
    primary: serverMember("primary", options),
    backup: serverMember("backup", options),
    callers: telephones("calling telephone", 0, options, ["--apart", `${callsApartMs}ms`]),
    called: telephones("called telephone", 1, options, ["--answer-after", `${answerAfterMs}ms`]),
  };
}

/** Of the telephone of this call; side 0 called, side 1 was called. */
export function numberAt(side: 0 | 1, call: number): string {
  return String(Number(firstNumbers[side]) + call);
}

/** What it heard. */
export function recordingFile(folder: string, side: 0 | 1, call: number): string {
  return `${folder}/heard-by-${numberAt(side, call)}.wav`;
}

function gatewayMember(side: 0 | 1, { calls, community, folder }: CastOptions): CastMember {
  const name = gatewayNames[side];
  const document = {
    name,
    address: addresses.gateways[side],
    callAgents: [{ address: addresses.primary }, { address: addresses.backup }],
    askers: ["127.0.0.1"],
    restart: { waitMaxSeconds: 0 },
    snmp: { port: snmpPort, community },
    lines: [{ first: "aaln/1", number: firstNumbers[side], phone: `${addresses.telephones[side]}:5060`, count: calls }],
    stateFile: `${folder}/${name}.state`,
  };
  return configured(side === 0 ? "first gateway" : "second gateway", ["gateway"], `${name}.yaml`, document, folder);
}

function serverMember(role: "primary" | "backup", options: CastOptions): CastMember {
  const { detection, folder, secret, community, calls, via } = options;
  const other = role === "primary" ? "backup" : "primary";
  const document = {
    server: role,
    role,
    address: addresses[role],
    heartbeat: { everyMs: detection.heartbeatMs, deadAfterMs: detection.deadAfterMs, secret },
    peer: { server: other, address: addresses[other] },
    poll: { everyMs: detection.pollMs },
    audit: { via },
    store: { file: `${folder}/${role}.db` },
    gateways: [0, 1].map((side) => ({
      domain: gatewayNames[side === 0 ? 0 : 1],
      address: addresses.gateways[side === 0 ? 0 : 1],
      snmp: { port: snmpPort, community },
      sip: {},
      lines: { count: calls, firstNumber: firstNumbers[side === 0 ? 0 : 1] },
    })),
  };
  return configured(`${role} call server`, ["call-server"], `${role}.yaml`, document, folder);
}

function configured(
  title: string,
  command: readonly string[],
  name: string,
  document: unknown,
  folder: string,
): CastMember {
  const text = `${JSON.stringify(document, null, 2)}\n`;
  return { title, args: [...command, "-c", `${folder}/${name}`], file: { name, text } };
}

function telephones(
  title: string,
  side: 0 | 1,
  { calls, speech, folder }: CastOptions,
  more: readonly string[],
): CastMember {
  // A bank puts the number into each file's name by itself, a lone telephone does not.
  const record = calls === 1 ? recordingFile(folder, side, 0) : `${folder}/heard-by.wav`;
  const play = side === 0 ? speech.caller : speech.called;
  const self = ["--address", addresses.telephones[side], "--number", firstNumbers[side], "--count", String(calls)];
  const sound = ["--play", play, "--record", record, "--loop"];
  const gateway = `${addresses.gateways[side]}:5060`;
  return { title, args: ["phone", ...self, "--gateway", gateway, ...sound, "--json", ...more], file: null };
}
