/**
 * The whole gateway without I/O: a datagram, an event of the media engine or the time goes in, what is to be done comes
 * out, in the order in which it is to be done. firmware/main gives it sockets, a clock and a media engine; a simulation
 * gives it its own.
 *
 *     mgcp datagram ─► mgcp-face ─► call-control ─► media commands        (engine)
 *     sip datagram  ─► lines/sip-phone ─► line-stations ─┘                (telephones)
 *                   └► sip-face ─┐
 *     snmp datagram ─► snmp-face ┴► one snapshot of the connection table  (whoever asks)
 */
import type { ActiveConnection, Coding, Epoch, GatewaySnapshot } from "#protocol/active-connection.js";
import type { Address } from "#protocol/address.js";
import { type Random, randomHex } from "#protocol/chance.js";
import type { OutgoingDatagram } from "#protocol/datagram.js";
import { earliest } from "#protocol/deadlines.js";
import type { EventName } from "#protocol/mgcp/message.js";
import type { BootLine } from "#protocol/mgcp/recovery-row.js";
import { headBytesMax } from "#protocol/sip/parse.js";
import type { SipOutput } from "#protocol/sip/sip-output.js";
import { type SipEvent, SipTransactions, type SipTurn } from "#protocol/sip/transactions.js";
import { SipPhones } from "./lines/sip-phone.js";
import { CallControl, type ControlOutput, type Moment } from "./management/call-control.js";
import { type ConnectionRow, ConnectionTable } from "./management/connection-table.js";
import type { DigestUser } from "./management/digest-gate.js";
import { Fencing } from "./management/fencing.js";
import { Journal } from "./management/journal.js";
import type { KeptJournal } from "./management/journal-entry.js";
import { JournalLog, type JournalWrite, journalFileCharactersLeast } from "./management/journal-log.js";
import type { ReadingMoment } from "./management/journal-replay.js";
import { LegPool } from "./management/leg-pool.js";
import { LineStations } from "./management/line-stations.js";
import type { FaceOutput } from "./management/mgcp-answer.js";
import { createMgcpStack, type MgcpStack } from "./management/mgcp-stack.js";
import { entityName } from "./management/notified-entity.js";
import { RelayEndpoints, type RelayOptions } from "./management/relay-endpoints.js";
import { SipFace } from "./management/sip-face.js";
import { type SnmpOptions, SnmpStack } from "./management/snmp-stack.js";
import type { MediaCommand, MediaEvent, ReadLegStatistics } from "./media/media-port.js";

export interface GatewayLine {
  readonly line: string;
  readonly number: string;
  readonly phone: Address;
}

export interface GatewayOptions {
  readonly name: string;
  readonly address: string;
  readonly mgcpPort: number;
  readonly sipPort: number;
  /** Of the document in one NOTIFY over TCP. */
  readonly sipDocumentBytesMax: number;
  /** Who may ask by SIP from any address, by digest authentication. */
  readonly sipUsers: readonly DigestUser[];
  /** Null: no SNMP is answered. */
  readonly snmp: SnmpOptions | null;
  readonly media: {
    /** The first where nothing else decides; at most one of each family. */
    readonly addresses: readonly string[];
    readonly portFirst: number;
    readonly portLast: number;
    readonly dscp: number;
    readonly codings: readonly Coding[];
    readonly legsMax: number;
  };
  readonly callAgents: readonly Address[];
  /** `ca@ca1.example:2727`, with as many addresses as the name has; null: the call agents in their order. */
  readonly notifiedEntity: string | null;
  readonly restart: {
    /** Call agents are told of restarts, disconnections and the end of service (RestartInProgress). */
    readonly announces: boolean;
    /** MWD (RFC 3435 section 4.4.6): the wait after a start is between 0 and this. */
    readonly restartWaitMaxMs: number;
    /** Tdinit, Tdmin, Tdmax (section 4.4.7). */
    readonly disconnectedFirstMs: number;
    readonly disconnectedLeastMs: number;
    readonly disconnectedMostMs: number;
  };
  readonly askers: readonly string[];
  readonly lines: readonly GatewayLine[];
  readonly relay: RelayOptions;
}

export interface GatewaySurroundings {
  readonly random: Random;
  readonly readStatistics: ReadLegStatistics;
  /** As persisted by the boot before; null when there was none. */
  readonly epoch: Epoch | null;
  /** Null: the journal ends with the program. */
  readonly journal: GatewayJournal | null;
}

export interface GatewayJournal {
  /** From before this start. */
  readonly kept: KeptJournal;
  readonly start: ReadingMoment;
  readonly checkpointMs: number;
}

/** sip is SIP over UDP, sip-tcp each message of a stream. */
export type GatewayPort = "mgcp" | "sip" | "sip-tcp" | "snmp";

export type GatewayOutput =
  | { readonly kind: "send"; readonly port: GatewayPort; readonly datagram: OutgoingDatagram }
  | { readonly kind: "media"; readonly command: MediaCommand }
  /** To be on disk before the outputs behind it are acted on. */
  | { readonly kind: "persist-epoch"; readonly epoch: Epoch }
  /** Comes before the datagrams of the same turn. */
  | { readonly kind: "journal"; readonly write: JournalWrite }
  /** A call agent's domain name: the edge looks it up and tells what it found by `resolved`. */
  | { readonly kind: "resolve"; readonly name: string }
  | { readonly kind: "log"; readonly event: string; readonly fields: Readonly<Record<string, unknown>> };

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

export class Gateway {
  readonly #options: GatewayOptions;
  readonly #bootId: string;
  readonly #startedAtMs: number;
  readonly #table = new ConnectionTable();
  readonly #journal: Journal;
  readonly #journalLog: JournalLog | null;
  #journalledCounter = 0;
  readonly #fencing: Fencing;
  readonly #sip: SipTransactions;
  readonly #phones: SipPhones;
  readonly #stations: LineStations;
  readonly #control: CallControl;
  readonly #mgcp: MgcpStack;
  readonly #sipFace: SipFace;
  readonly #snmp: SnmpStack | null;
  #toldCounter = 0;

  constructor(options: GatewayOptions, surroundings: GatewaySurroundings, nowMs: number) {
    const { random, readStatistics, epoch, journal } = surroundings;
    this.#options = options;
    this.#bootId = randomHex(random, 12);
    this.#startedAtMs = nowMs;
    this.#journalLog = journal === null ? null : journalLog(journal, this.#bootId);
    this.#journal = new Journal({ entriesMax: journalEntriesMax }, journal?.kept, this.#journalLog);
    const { name, address, media, callAgents, askers, lines } = options;
    const snapshot = (atMs: number) => this.snapshot(atMs);
    const addresses = callAgents.map((agent) => agent.address);
    this.#fencing = new Fencing({ leapMax: limits.epochLeapMax, callAgents: addresses, askers }, epoch);
    const names = options.notifiedEntity === null ? callAgents.map(entityName) : [options.notifiedEntity];
    const [notifiedEntity = "", ...notifiedEntityList] = names;
    const locals = lines.map(({ line }) => line);
    const relays = new RelayEndpoints(options.relay);
    const endpoints = [...locals, ...relays.names];
    const sipAddress = { address, port: options.sipPort };
    const streamDocumentBytesMax = options.sipDocumentBytesMax;
    const streamBytesMax = streamDocumentBytesMax + headBytesMax;
    this.#sip = new SipTransactions({ sentBy: sipAddress, streamBytesMax }, random);
    const { codings, dscp } = media;
    const spoken = stationCodings(codings);
    this.#phones = new SipPhones({ gatewayName: name, address: sipAddress, lines, codings: spoken }, random);
    const pool = new LegPool({ ...media, readyMax: limits.legsReadyMax });
    const cname = `${name}/${this.#bootId}`.slice(0, 64);
    const { openTriesMax, connectionsPerLineMax, connectionsPerRelayMax } = limits;
    const { addresses: mediaAddresses } = media;
    const stationMedia = {
      address: mediaAddresses[0] ?? address,
      dscp,
      cname,
      codings: spoken,
      openTriesMax,
    };
    this.#stations = new LineStations(lines, this.#phones, pool, stationMedia);
    this.#control = new CallControl(
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
      { table: this.#table, journal: this.#journal, stations: this.#stations, relays, pool, readStatistics, random },
    );
    this.#mgcp = createMgcpStack(
      {
        ...limits,
        ...options.restart,
        name,
        address,
        lines: locals,
        notifiedEntity,
        notifiedEntityList,
        encodings: [...new Set(codings.map(({ encoding }) => encoding))],
      },
      {
        table: this.#table,
        journal: this.#journal,
        fencing: this.#fencing,
        control: this.#control,
        stations: this.#stations,
        relays,
        boot: (atMs) => this.#boot(atMs),
        describe: (row, atMs) => this.#described(row, atMs),
        random,
      },
    );
    const mayAsk = (asker: string) => this.#fencing.mayAsk(asker);
    this.#sipFace = new SipFace(
      {
        gateway: name,
        address: sipAddress,
        lines: endpoints,
        mayAsk,
        users: options.sipUsers,
        streamDocumentBytesMax,
      },
      snapshot,
      random,
    );
    const source = { snapshot, counter: () => this.#table.counter };
    const snmpAskers = [...addresses, ...askers];
    const snmpSurroundings = { gateway: name, bootId: this.#bootId, askers: snmpAskers, source, random };
    this.#snmp = options.snmp === null ? null : new SnmpStack(options.snmp, snmpSurroundings, nowMs);
  }

  /** The gateway is in service: its call agent is told so, after a random wait (RFC 3435 section 4.4.6). */
  start(at: Moment): GatewayOutput[] {
    const restarted = snmpSends(this.#snmp?.restarted(at.nowMs));
    return [...restarted, ...this.#settle([...this.#control.prepare(), ...this.#mgcp.notices.begin(at)], at)];
  }

  /** It will stop after the delay, and no earlier than it is told to where that is zero (section 2.3.12). */
  graceful(delaySeconds: number, at: Moment): GatewayOutput[] {
    return this.#settle(this.#mgcp.notices.graceful(delaySeconds, at), at);
  }

  cancelGraceful(at: Moment): GatewayOutput[] {
    return this.#settle(this.#mgcp.notices.cancelGraceful(at), at);
  }

  /** Out of service now; what is still answered are audits. */
  stop(at: Moment): GatewayOutput[] {
    this.#journalLog?.checkpoint(at);
    return this.#settle(this.#mgcp.notices.forced(at), at);
  }

  /** By source address: whether a connection (TCP) from there is taken. */
  mayConnect(address: string): boolean {
    return this.#options.sipUsers.length > 0 || this.#fencing.mayAsk(address);
  }

  /** No connection is left. */
  get isIdle(): boolean {
    return this.#table.size === 0;
  }

  get isOutOfService(): boolean {
    return this.#mgcp.notices.isOutOfService;
  }

  /** Out of service, and whoever had to be told has answered. */
  get isStopped(): boolean {
    return this.isOutOfService && this.#mgcp.notices.size === 0;
  }

  /** addresses: IP literals; none when the name was not found. */
  resolved(name: string, addresses: readonly string[], at: Moment): GatewayOutput[] {
    return this.#settle(this.#mgcp.face.resolved(name, addresses, at), at);
  }

  receive(port: GatewayPort, bytes: Uint8Array, from: Address, at: Moment): GatewayOutput[] {
    switch (port) {
      case "mgcp":
        return this.#settle(this.#mgcp.face.receive(bytes, from, at), at);
      case "sip":
        return this.#sipTurn(this.#sip.receive(bytes, from, at.nowMs), at);
      case "sip-tcp":
        return this.#sipTurn(this.#sip.receive(bytes, from, at.nowMs, true), at);
      case "snmp":
        return snmpSends(this.#snmp?.receive(bytes, from, at.nowMs));
    }
  }

  mediaEvent(event: MediaEvent, at: Moment): GatewayOutput[] {
    const outputs = this.#control.mediaEvent(event, at) ?? this.#stations.mediaEvent(event, at.nowMs) ?? [];
    return this.#settle(outputs, at);
  }

  tick(at: Moment): GatewayOutput[] {
    this.#journalLog?.tick(at);
    return [
      ...this.#sipTurn(this.#sip.tick(at.nowMs), at),
      ...this.#settle(this.#stations.fromPhones(this.#phones.tick(at.nowMs), at.nowMs), at),
      ...this.#performSip(this.#sipFace.tick(at.nowMs), at),
      ...this.#settle(this.#mgcp.face.tick(at), at),
      ...snmpSends(this.#snmp?.tick(at.nowMs)),
      ...this.#tellDropped(),
    ];
  }

  next(): number | null {
    return earliest(
      this.#mgcp.face.next(),
      this.#sip.next(),
      this.#phones.next(),
      this.#sipFace.next(),
      this.#snmp?.next() ?? null,
      this.#journalLog?.next() ?? null,
    );
  }

  /** Everything an audit can tell at this moment. */
  snapshot(nowMs: number): GatewaySnapshot {
    return {
      gateway: this.#options.name,
      ...this.#boot(nowMs),
      connections: [...this.#table.rows()].map((row) => this.#described(row, nowMs)),
      lineEvents: this.#journal.lineEvents(nowMs),
      ended: this.#journal.endedConnections(nowMs),
    };
  }

  #boot(nowMs: number): BootLine {
    return {
      bootId: this.#bootId,
      counter: this.#table.counter,
      upMs: Math.round(nowMs - this.#startedAtMs),
      epoch: this.#fencing.epoch,
      heard: this.#fencing.heardAgents(nowMs),
    };
  }

  /** Outputs of the faces and of call-control, each carried to whom it concerns, until nothing is left inside. */
  #settle(inner: readonly (FaceOutput | ControlOutput)[], at: Moment): GatewayOutput[] {
    const outputs: GatewayOutput[] = [];
    for (const output of inner) {
      if (output.kind === "media") outputs.push(output);
      else outputs.push(...this.#settleOne(output, at));
    }
    return [...this.#writeJournal(at), ...outputs, ...this.#tellWatchers(at)];
  }

  #described(row: ConnectionRow, nowMs: number): ActiveConnection {
    const notified = this.#mgcp.endpoints.get(row.endpoint)?.agent.name ?? "";
    return this.#control.describe(row, notified, nowMs);
  }

  /** With the connections that changed, if they carry media or their station has answered: others are not billed. */
  #writeJournal(at: Moment): GatewayOutput[] {
    const log = this.#journalLog;
    if (log === null) return [];
    for (const { value: row } of this.#table.changedBehind(this.#journalledCounter)) {
      if (row.started !== null || log.holds(row.connectionId)) log.active(this.#described(row, at.nowMs), at.nowMs);
    }
    this.#journalledCounter = this.#table.counter;
    const write = log.take(at);
    return write === null ? [] : [{ kind: "journal", write }];
  }

  #settleOne(output: FaceOutput, at: Moment): GatewayOutput[] {
    switch (output.kind) {
      case "send":
        return [{ kind: "send", port: "mgcp", datagram: output.datagram }];
      case "media":
      case "persist-epoch":
      case "resolve":
      case "log":
        return [output];
      case "sip":
        return this.#performSip([output.output], at);
      case "created":
      case "not-created":
      case "modified":
      case "not-modified":
        return this.#settle(this.#mgcp.face.controlled(output, at), at);
      case "recouple":
        return this.#settle(this.#control.recouple(output.line, at), at);
      case "line-event":
        return this.#lineEvent(output, at);
      case "digit":
        return this.#settle(this.#mgcp.face.observe(output.line, digitEvent(output.digit), at), at);
      case "trouble":
        return this.#lineTrouble(output.line, output.reason, at);
    }
  }

  #lineEvent(output: Extract<ControlOutput, { kind: "line-event" }>, at: Moment): GatewayOutput[] {
    const { line, event, dialled } = output;
    const [connection] = this.#table.onEndpoint(line);
    this.#journal.lineEvent(line, event, connection?.callId ?? "", at.nowMs);
    // It is billed from here on, also if nobody connects it any more; who called whom stands in its tag alone.
    if (event === "answer" && connection !== undefined)
      this.#journalLog?.active(this.#described(connection, at.nowMs), at.nowMs);
    this.#table.touch();
    const log: GatewayOutput = { kind: "log", event: "line-event", fields: { line, event, dialled } };
    const { face } = this.#mgcp;
    const outputs = this.#settle(face.observe(line, lineEventName(event === "on-hook" ? "hu" : "hd"), at), at);
    if (dialled !== null) outputs.push(...this.#settle(face.dialled(line, digits(dialled), at), at));
    return [log, ...outputs];
  }

  /** The station could not be rung, or has no audio. */
  #lineTrouble(line: string, reason: string, at: Moment): GatewayOutput[] {
    const log: GatewayOutput = { kind: "log", event: "line-trouble", fields: { line, reason } };
    return [log, ...this.#settle(this.#mgcp.face.trouble(line, at), at)];
  }

  #sipTurn(turn: SipTurn, at: Moment): GatewayOutput[] {
    const outputs: GatewayOutput[] = sipSends(turn.sends);
    for (const event of turn.events) outputs.push(...this.#sipEvent(event, at));
    return outputs;
  }

  /** Subscriptions and OPTIONS are the face's, everything about calls the telephones'. */
  #sipEvent(event: SipEvent, at: Moment): GatewayOutput[] {
    if (this.#sipFace.owns(event)) return this.#performSip(this.#sipFace.sipEvent(event, at.nowMs), at);
    return this.#settle(this.#stations.fromPhones(this.#phones.sipEvent(event, at.nowMs), at.nowMs), at);
  }

  #performSip(outputs: readonly SipOutput[], at: Moment): GatewayOutput[] {
    return outputs.length === 0 ? [] : this.#sipTurn(this.#sip.perform(outputs, at.nowMs), at);
  }

  #tellWatchers(at: Moment): GatewayOutput[] {
    if (this.#table.counter === this.#toldCounter) return [];
    this.#toldCounter = this.#table.counter;
    return [...this.#tellReceivers(at), ...this.#performSip(this.#sipFace.changed(at.nowMs), at)];
  }

  #tellReceivers(at: Moment): GatewayOutput[] {
    const turns = this.#table.takeTurns();
    if (this.#snmp?.hasReceivers !== true) return [];
    return turns.flatMap(({ name, row }) => {
      const connection = this.#control.describe(row, "", at.nowMs);
      return snmpSends(this.#snmp?.connection(notificationOf[name], connection, at.nowMs));
    });
  }

  #tellDropped(): GatewayOutput[] {
    const count = this.#snmp?.takeDropped() ?? 0;
    return count === 0 ? [] : [{ kind: "log", event: "notifications-dropped", fields: { count } }];
  }
}

const notificationOf = { started: "hoConnectionStarted", ended: "hoConnectionEnded" } as const;

function snmpSends(datagrams: readonly OutgoingDatagram[] = []): GatewayOutput[] {
  return datagrams.map((datagram) => ({ kind: "send", port: "snmp", datagram }));
}

function journalLog({ start, checkpointMs }: GatewayJournal, bootId: string): JournalLog {
  return new JournalLog({ checkpointMs, fileCharactersLeast: journalFileCharactersLeast }, { ...start, bootId });
}

function sipSends(datagrams: readonly OutgoingDatagram[]): GatewayOutput[] {
  return datagrams.map((datagram) => {
    return { kind: "send", port: datagram.isStream === true ? "sip-tcp" : "sip", datagram };
  });
}

/** Between station and gateway µ-law is preferred, whatever the network side prefers. */
function stationCodings(codings: readonly Coding[]): Coding[] {
  return [...codings].sort((a, b) => a.payloadType - b.payloadType);
}

function lineEventName(event: string): EventName {
  return { packageName: "L", event, connectionId: null, parameters: [] };
}

/** A number sent all at once is complete: the timer that would end it has, so to speak, run out. */
function digits(dialled: string): EventName[] {
  return [...dialled, "T"].map(digitEvent);
}

function digitEvent(event: string): EventName {
  return { packageName: "D", event, connectionId: null, parameters: [] };
}
