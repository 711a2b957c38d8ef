/** Puts a gateway together from its configuration: each part made once, with its limits. What they do is gateway.ts. */
import type { Coding } from "#protocol/active-connection.js";
import { randomHex } from "#protocol/chance.js";
import { headBytesMax } from "#protocol/sip/parse.js";
import { SipTransactions } from "#protocol/sip/transactions.js";
import type { GatewayJournal, GatewayOptions, GatewaySurroundings } from "./gateway-options.js";
import { SipPhones } from "./lines/sip-phone.js";
import { CallControl } from "./management/call-control.js";
import { ConnectionTable } from "./management/connection-table.js";
import { Fencing } from "./management/fencing.js";
import { GatewayAccount } from "./management/gateway-account.js";
import { Journal } from "./management/journal.js";
import { JournalLog, journalFileCharactersLeast } from "./management/journal-log.js";
import { LegPool } from "./management/leg-pool.js";
import { LineStations } from "./management/line-stations.js";
import { createMgcpStack, type MgcpStack } from "./management/mgcp-stack.js";
import { entityName } from "./management/notified-entity.js";
import { RelayEndpoints } from "./management/relay-endpoints.js";
import { SipFace } from "./management/sip-face.js";
import { snmpSource } from "./management/snmp-source.js";
import { SnmpStack } from "./management/snmp-stack.js";

export interface GatewayParts {
  readonly table: ConnectionTable;
  readonly journal: Journal;
  /** Null: the journal ends with the program. */
  readonly journalLog: JournalLog | null;
  readonly fencing: Fencing;
  readonly sip: SipTransactions;
  readonly phones: SipPhones;
  readonly stations: LineStations;
  readonly control: CallControl;
  readonly mgcp: MgcpStack;
  readonly account: GatewayAccount;
  readonly sipFace: SipFace;
  /** Null: no SNMP is answered. */
  readonly snmp: SnmpStack | null;
}

/** Journal entries nobody has acknowledged yet, in memory and on the disk; beyond, the oldest are lost. */
export const journalEntriesMax = 10_000;

const limits = {
  quarantineMax: 64,
  observedMax: 256,
  openTriesMax: 8,
  /** Bound when the gateway starts, if it has relays, and at most kept so between two uses. */
  legsReadyAtStart: 64,
  legsReadyMax: 256,
  connectionsPerLineMax: 1,
  connectionsPerRelayMax: 2,
  /** A claim may not leap further, DESIGN section 5. */
  epochLeapMax: 1000,
  /** Before a call agent that said "not now" is told of a restart again. */
  pauseMs: 2000,
  redirectionsMax: 4,
  namesMax: 64,
  keptMs: 60_000,
  failureKeptMs: 5_000,
} as const;

export function gatewayParts(options: GatewayOptions, surroundings: GatewaySurroundings, nowMs: number): GatewayParts {
  const { random, epoch } = surroundings;
  const bootId = randomHex(random, 12);
  const log = surroundings.journal === null ? null : journalLog(surroundings.journal, bootId);
  const journal = new Journal({ entriesMax: journalEntriesMax }, surroundings.journal?.kept, log);
  const agents = options.callAgents.map((agent) => agent.address);
  const fencing = new Fencing({ leapMax: limits.epochLeapMax, callAgents: agents, askers: options.askers }, epoch);
  const table = new ConnectionTable();
  const media = mediaParts(options, surroundings, { table, journal, bootId });
  const { control, stations, relays } = media;
  const account: GatewayAccount = new GatewayAccount(options.name, bootId, nowMs, {
    table,
    journal,
    fencing,
    control,
    notifiedEntity: (endpoint) => mgcp.endpoints.get(endpoint)?.agent.name ?? "",
  });
  const boot = (atMs: number) => account.boot(atMs);
  const describe: GatewayAccount["describe"] = (row, atMs) => account.describe(row, atMs);
  const mgcpParts = { table, journal, fencing, control, stations, relays, boot, describe, random };
  const mgcp = createMgcpStack(mgcpOptions(options), mgcpParts);
  const snapshot: GatewayAccount["snapshot"] = (atMs) => account.snapshot(atMs);
  const mayAsk = (asker: string) => fencing.mayAsk(asker);
  const sipFaceOptions = {
    gateway: options.name,
    address: sipAddress(options),
    lines: [...options.lines.map(({ line }) => line), ...relays.names],
    mayAsk,
    users: options.sipUsers,
    streamDocumentBytesMax: options.sipDocumentBytesMax,
  };
  const sipFace = new SipFace(sipFaceOptions, snapshot, random);
  const { readStatistics } = surroundings;
  const source = snmpSource({ gateway: options.name, cname: media.cname, readStatistics, table, boot, describe });
  const askers = [...agents, ...options.askers];
  const snmpSurroundings = { gateway: options.name, bootId, askers, source, random };
  const snmp = options.snmp === null ? null : new SnmpStack(options.snmp, snmpSurroundings, nowMs);
  const { sip, phones } = media;
  return { table, journal, journalLog: log, fencing, sip, phones, stations, control, mgcp, account, sipFace, snmp };
}

/** The telephones with the SIP they speak, and who connects them. */
function mediaParts(
  options: GatewayOptions,
  { random, readStatistics }: GatewaySurroundings,
  { table, journal, bootId }: { readonly table: ConnectionTable; readonly journal: Journal; readonly bootId: string },
) {
  const { name, address, lines, media } = options;
  const { codings, dscp, addresses: mediaAddresses } = media;
  const { openTriesMax, connectionsPerLineMax, connectionsPerRelayMax } = limits;
  const sentBy = sipAddress(options);
  const sip = new SipTransactions({ sentBy, streamBytesMax: options.sipDocumentBytesMax + headBytesMax }, random);
  const spoken = stationCodings(codings);
  const phones = new SipPhones({ gatewayName: name, address: sentBy, lines, codings: spoken }, random);
  const pool = new LegPool({ ...media, readyMax: limits.legsReadyMax });
  const cname = `${name}/${bootId}`.slice(0, 64);
  const stationMedia = { address: mediaAddresses[0] ?? address, dscp, cname, codings: spoken, openTriesMax };
  const stations = new LineStations(lines, phones, pool, stationMedia);
  const relays = new RelayEndpoints(options.relay);
  const control = new CallControl(
    {
      gateway: name,
      mediaAddresses,
      cname,
      codings,
      dscp,
      connectionsPerLineMax,
      connectionsPerRelayMax,
      openTriesMax,
      legsReadyAtStart: Math.min(2 * options.relay.count, limits.legsReadyAtStart),
    },
    { table, journal, stations, relays, pool, readStatistics, random },
  );
  return { sip, phones, stations, relays, control, cname };
}

function mgcpOptions(options: GatewayOptions) {
  const { name, address, callAgents, restart, lines, media } = options;
  const names = options.notifiedEntity === null ? callAgents.map(entityName) : [options.notifiedEntity];
  const [notifiedEntity = "", ...notifiedEntityList] = names;
  const encodings = [...new Set(media.codings.map(({ encoding }) => encoding))];
  const locals = lines.map(({ line }) => line);
  return { ...limits, ...restart, name, address, lines: locals, notifiedEntity, notifiedEntityList, encodings };
}

function sipAddress({ address, sipPort }: GatewayOptions) {
  return { address, port: sipPort };
}

function journalLog({ start, checkpointMs }: GatewayJournal, bootId: string): JournalLog {
  return new JournalLog({ checkpointMs, fileCharactersLeast: journalFileCharactersLeast }, { ...start, bootId });
}

/** Between station and gateway µ-law is preferred, whatever the network side prefers. */
function stationCodings(codings: readonly Coding[]): Coding[] {
  return [...codings].sort((a, b) => a.payloadType - b.payloadType);
}
