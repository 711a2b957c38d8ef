/** Builds the gateway's parts from the configuration, gives the core its sockets, clock, dice and engine, and runs it. */
import { randomFillSync } from "node:crypto";
import type { Logger } from "pino";
import type { Address } from "#protocol/address.js";
import { type ParseResult, parsed, refused } from "#protocol/parse-result.js";
import { engineBootsMax } from "#protocol/snmp/snmp-engine.js";
import { keysOf } from "#protocol/snmp/usm-keys.js";
import { announcesRestarts, type ConfiguredLine, configuredLines, type GatewayConfig } from "./config.js";
import { Gateway } from "./gateway.js";
import type { GatewayJournal } from "./gateway-options.js";
import type { GatewayOutput, GatewayPort } from "./gateway-output.js";
import { journalEntriesMax } from "./gateway-parts.js";
import { DeadlineTimer } from "./io/deadline-timer.js";
import { JournalFile, readJournalFile } from "./io/journal-file.js";
import { loadLibc } from "./io/libc.js";
import { machineRun } from "./io/machine-run.js";
import { type MediaEngine, startMediaEngine } from "./io/media-engine.js";
import { monotonicMs } from "./io/monotonic-clock.js";
import { lookUpAddresses } from "./io/name-lookup.js";
import { openSignallingSocket } from "./io/signalling-socket.js";
import { type GatewayState, newState, readState, writeState } from "./io/state-file.js";
import { openStreamListener, streamLimits } from "./io/stream-listener.js";
import type { UdpSocket } from "./io/udp-socket.js";
import type { Moment } from "./management/call-control.js";
import { emptyJournal } from "./management/journal-entry.js";
import { replayJournal } from "./management/journal-replay.js";
import type { SnmpOptions } from "./management/snmp-stack.js";
import { codingsNamed } from "./media/codec.js";

export interface RunningGateway {
  readonly ports: Readonly<Record<"mgcp" | "sip", Address>> & { readonly snmp: Address | null };
  /** How the media reach the network. */
  readonly network: string;
  /** Null after close; otherwise why the gateway cannot go on. */
  readonly ended: Promise<string | null>;
  /**
   * Tells the call agents that it goes out of service, and waits until it is: for the configured graceful delay or until
   * no connection is left, and shortly for their answers. False: it was called back meanwhile and stays in service.
   */
  leave(calledBack: Promise<void>): Promise<boolean>;
  close(): Promise<void>;
}

/** A reason when a port is in use, an address is not here, or the state file cannot be read. */
export async function startGateway(config: GatewayConfig, log: Logger): Promise<ParseResult<RunningGateway>> {
  const lines = configuredLines(config);
  if (!lines.ok) return lines;
  const state = countedStart(config.stateFile);
  if (!state.ok) return state;
  const journal = takeJournal(config, log);
  if (!journal.ok) return journal;
  const engine = await openEngine(config);
  if (!engine.ok) return engine;
  const { readStatistics, legsMax } = engine.value;
  const surroundings = { random: secureRandom, readStatistics, epoch: state.value.epoch, journal: journal.value };
  const gateway = new Gateway(coreOptions(config, lines.value, legsMax, state.value), surroundings, monotonicMs());
  const edge = new GatewayEdge(gateway, engine.value, config, state.value, log);
  const opened = await edge.open();
  if (opened !== null) {
    await edge.close();
    return refused(opened);
  }
  return parsed(edge.running());
}

/** Null where none is configured. What was torn or cut off is said. */
function takeJournal(config: GatewayConfig, log: Logger): ParseResult<GatewayJournal | null> {
  if (config.journal === undefined) return parsed(null);
  const { file, checkpointSeconds } = config.journal;
  const checkpointMs = checkpointSeconds * 1000;
  const start = { atMs: monotonicMs(), wallMs: Date.now(), machine: machineRun() };
  const bytes = readJournalFile(file);
  if (!bytes.ok) return bytes;
  if (bytes.value === null) return parsed({ kept: emptyJournal, start, checkpointMs });
  const options = { gateway: config.name, entriesMax: journalEntriesMax, checkpointMs };
  const kept = replayJournal(bytes.value, start, options);
  if (!kept.ok) return refused(`${file} ${kept.reason}`);
  const { entries, cutOff, damaged } = kept.value;
  log.info({ ...now(), event: "journal", file, entries: entries.length, cutOff, damaged });
  return parsed({ kept: kept.value, start, checkpointMs });
}

/** Which way to the network there is shows only by trying; the reason is koffi's or the system's. */
async function openEngine(config: GatewayConfig): Promise<ParseResult<MediaEngine>> {
  try {
    return parsed(await startMediaEngine({ network: config.media.network }));
  } catch (error) {
    return refused(`media engine: ${error instanceof Error ? error.message : String(error)}`);
  }
}

class GatewayEdge {
  readonly #gateway: Gateway;
  readonly #engine: MediaEngine;
  readonly #config: GatewayConfig;
  readonly #state: GatewayState;
  readonly #log: Logger;
  readonly #sockets = new Map<GatewayPort, Pick<UdpSocket, "send" | "close">>();
  readonly #journal: JournalFile | null;
  #waiting: { readonly holds: () => boolean; readonly resolve: () => void } | null = null;
  readonly #timer = new DeadlineTimer(() => this.#act(this.#gateway.tick(moment())));

  constructor(gateway: Gateway, engine: MediaEngine, config: GatewayConfig, state: GatewayState, log: Logger) {
    this.#gateway = gateway;
    this.#engine = engine;
    this.#config = config;
    this.#state = state;
    this.#log = log;
    const troubled = (reason: string) => log.error({ ...now(), event: "journal-not-written", reason });
    const { journal } = config;
    this.#journal = journal === undefined ? null : new JournalFile(journal.file, journal.syncSeconds * 1000, troubled);
  }

  /** The reason why it cannot run, or null. */
  async open(): Promise<string | null> {
    const { address, mgcp, sip, snmp } = this.#config;
    this.#engine.onEvent((event) => this.#act(this.#gateway.mediaEvent(event, moment())));
    const ports: [GatewayPort, number][] = [["sip", sip.port]];
    if (snmp !== undefined) ports.push(["snmp", snmp.port]);
    // Who is answered there finds everything else in place.
    ports.push(["mgcp", mgcp.port]);
    const libc = await loadLibc();
    for (const [port, number] of ports) {
      const socket = await openSignallingSocket(libc, { address, port: number }, (bytes, from) =>
        this.#act(this.#gateway.receive(port, bytes, from, moment())),
      );
      if (!socket.ok) return `${port}: ${socket.reason}`;
      this.#sockets.set(port, socket.value);
    }
    const trouble = await this.#openStreams();
    if (trouble !== null) return trouble;
    this.#act(this.#gateway.start(moment()));
    return null;
  }

  /** SIP over TCP, at the port it has over UDP. */
  async #openStreams(): Promise<string | null> {
    const { address, sip } = this.#config;
    const unsentBytesMax = 2 * documentBytesMax(this.#config);
    const listener = await openStreamListener(
      { address, port: sip.port },
      { ...streamLimits, unsentBytesMax },
      (asker) => this.#gateway.mayConnect(asker),
      (bytes, from) => this.#act(this.#gateway.receive("sip-tcp", bytes, from, moment())),
    );
    if (!listener.ok) return `sip: ${listener.reason}`;
    this.#sockets.set("sip-tcp", listener.value);
    return null;
  }

  running(): RunningGateway {
    const { address, mgcp, sip, snmp } = this.#config;
    return {
      ports: {
        mgcp: { address, port: mgcp.port },
        sip: { address, port: sip.port },
        snmp: snmp === undefined ? null : { address, port: snmp.port },
      },
      network: this.#engine.network,
      ended: this.#engine.ended,
      leave: (calledBack) => this.#leave(calledBack),
      close: () => this.close(),
    };
  }

  async #leave(calledBack: Promise<void>): Promise<boolean> {
    const { gracefulSeconds } = this.#config.restart;
    if (gracefulSeconds > 0) {
      this.#act(this.#gateway.graceful(gracefulSeconds, moment()));
      const idle = this.#until(() => this.#gateway.isIdle || this.#gateway.isOutOfService).then(() => true);
      if (!(await Promise.race([idle, calledBack.then(() => false)]))) {
        this.#waiting = null;
        this.#act(this.#gateway.cancelGraceful(moment()));
        return false;
      }
    }
    if (!this.#gateway.isOutOfService) this.#act(this.#gateway.stop(moment()));
    const inTime = new Promise<void>((resolve) => setTimeout(resolve, farewellMs));
    await Promise.race([this.#until(() => this.#gateway.isStopped), inTime]);
    return true;
  }

  /** Looked at after everything the gateway does. */
  #until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting = { holds, resolve };
      this.#look();
    });
  }

  #look(): void {
    if (this.#waiting?.holds() !== true) return;
    this.#waiting.resolve();
    this.#waiting = null;
  }

  async close(): Promise<void> {
    this.#timer.stop();
    await Promise.all([...this.#sockets.values()].map((socket) => socket.close()));
    this.#sockets.clear();
    await this.#engine.close();
    await this.#journal?.close();
  }

  async #resolve(name: string): Promise<void> {
    const addresses = await lookUpAddresses(name);
    this.#act(this.#gateway.resolved(name, addresses, moment()));
  }

  #act(outputs: readonly GatewayOutput[]): void {
    for (const output of outputs) this.#actOn(output);
    this.#timer.arm(this.#gateway.next());
    this.#look();
  }

  #actOn(output: GatewayOutput): void {
    switch (output.kind) {
      case "send":
        this.#sockets.get(output.port)?.send(output.datagram.bytes, output.datagram.to);
        return;
      case "media":
        if (!this.#engine.send(output.command))
          this.#log.error({
            ...now(),
            event: "media-command-refused",
            kind: output.command.kind,
            leg: output.command.leg,
          });
        return;
      case "persist-epoch":
        if (this.#config.stateFile !== undefined)
          writeState(this.#config.stateFile, { ...this.#state, epoch: output.epoch });
        return;
      case "journal":
        this.#journal?.write(output.write);
        return;
      case "resolve":
        void this.#resolve(output.name);
        return;
      case "log":
        this.#log.info({ ...now(), event: output.event, ...output.fields });
        return;
    }
  }
}

/** How long the end waits for call agents to take note of it. */
const farewellMs = 500;

/** What an event line says of its time: comparable between the programs of one machine, and the wall clock. */
export function now(): { readonly monotonicMs: number; readonly wallMs: number } {
  return { monotonicMs: monotonicMs(), wallMs: Date.now() };
}

function moment(): Moment {
  return { nowMs: monotonicMs(), wallMs: Date.now() };
}

const diceBytes = 6;
/** Fetched from the system so many at a time: one by one they cost more than all else of a short command. */
const dice = Buffer.alloc(diceBytes * 512);
let diceAt = dice.length;

/** 48 bits from the system's generator: identifiers of connections, dialogs and sessions must not be guessable. */
function secureRandom(): number {
  if (diceAt === dice.length) {
    randomFillSync(dice);
    diceAt = 0;
  }
  const value = dice.readUIntBE(diceAt, diceBytes) / 2 ** 48;
  dice.fill(0, diceAt, diceAt + diceBytes);
  diceAt += diceBytes;
  return value;
}

/** What the boots before left, with this start counted and on the disk: a message to an earlier boot is out of time. */
function countedStart(file: string | undefined): ParseResult<GatewayState> {
  const before = file === undefined ? parsed(newState) : readState(file);
  if (!before.ok) return before;
  const snmpEngineBoots = Math.min(before.value.snmpEngineBoots + 1, engineBootsMax);
  const state = { ...before.value, snmpEngineBoots };
  if (file === undefined) return parsed(state);
  try {
    writeState(file, state);
    return parsed(state);
  } catch (error) {
    if (error instanceof Error && "code" in error) return refused(`cannot write ${file}: ${String(error.code)}`);
    throw error;
  }
}

function coreOptions(config: GatewayConfig, lines: readonly ConfiguredLine[], legsMax: number, state: GatewayState) {
  const { media, restart, snmp } = config;
  return {
    name: config.name,
    address: config.address,
    mgcpPort: config.mgcp.port,
    sipPort: config.sip.port,
    sipDocumentBytesMax: documentBytesMax(config),
    sipUsers: config.sip.users.map(({ name, secret: password }) => ({ name, password })),
    snmp: snmp === undefined ? null : snmpOptions(snmp, state.snmpEngineBoots),
    media: {
      addresses: [media.address ?? config.address, ...(media.address6 === undefined ? [] : [media.address6])],
      portFirst: media.portFirst,
      portLast: media.portLast,
      dscp: media.dscp,
      codings: codingsNamed(media.codings, media.ptimeMs),
      legsMax,
    },
    callAgents: config.callAgents,
    notifiedEntity: config.notifiedEntity ?? null,
    restart: {
      announces: announcesRestarts(config),
      restartWaitMaxMs: restart.waitMaxSeconds * 1000,
      disconnectedFirstMs: restart.disconnectedFirstSeconds * 1000,
      disconnectedLeastMs: restart.disconnectedLeastSeconds * 1000,
      disconnectedMostMs: restart.disconnectedMostSeconds * 1000,
    },
    askers: config.askers,
    lines,
    relay: config.relay ?? { prefix: "relay/", first: 1, count: 0, learnsPort: false },
  };
}

function documentBytesMax({ sip }: GatewayConfig): number {
  return sip.documentMegabytesMax * 1_000_000;
}

function snmpOptions(
  { community, users, notify }: NonNullable<GatewayConfig["snmp"]>,
  engineBoots: number,
): SnmpOptions {
  const named = users.map(({ name, level, authentication, privacy }) => {
    return { name, level, keys: keysOf(authentication ?? null, privacy ?? null) };
  });
  const receivers = notify.map(({ address, port, kind, community: name, user = "" }) => {
    const access =
      name === undefined ? ({ kind: "user", user } as const) : ({ kind: "community", community: name } as const);
    return { to: { address, port }, kind, access };
  });
  return { community: community ?? null, users: named, engineBoots, receivers };
}
