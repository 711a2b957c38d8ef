/**
 * The media engine: a superloop without I/O. Whoever owns the loop calls turn(nowMs) when next() is due and hands in what
 * the sockets received; the engine sends through the network it was given. Its clock is a wheel of five phases, 2 ms each:
 * the legs are spread over them, so that CPU and packets leave evenly, and each leg runs every 10 ms.
 */
import type { Address } from "#protocol/address.js";
import { frameMs } from "./codec.js";
import { Dsp } from "./dsp.js";
import type { DspOperations } from "./engine-memory.js";
import type { CommandRing, EventRing } from "./engine-rings.js";
import { Leg, type LegSurroundings } from "./leg.js";
import { LegStatisticsTable } from "./leg-statistics.js";
import { LocalWire } from "./local-wire.js";
import type { DatagramSink, OpenAnswer } from "./media-network.js";
import type { LegNumber, MediaCommand } from "./media-port.js";

const phases = 5;
const phaseMs = frameMs / phases;
/** Longer delays of the loop than this are not made good: the frames of that time are skipped. */
const catchUpMsMax = 200;
/** The counters in shared memory are this many turns old at most, 50 ms; those of relayed packets one turn. */
const publishTurns = 5;

export interface EngineOptions extends Omit<LegSurroundings, "wire"> {
  readonly operations: DspOperations;
  readonly commands: CommandRing;
  readonly events: EventRing;
}

export class Engine implements DatagramSink {
  readonly #options: EngineOptions;
  readonly #surroundings: LegSurroundings;
  readonly #dsp: Dsp;
  readonly #statistics: LegStatisticsTable;
  readonly #legs: (Leg | null)[];
  readonly #legAt = (leg: LegNumber) => this.#legs[leg] ?? null;
  readonly #wheel: Leg[][] = Array.from({ length: phases }, () => []);
  /** Legs whose counters have changed since the last turn although no frame of theirs was due. */
  readonly #relayed = new Set<Leg>();
  #legCount = 0;
  /** Which 2 ms step of all comes next, and when. */
  #step = 0;
  #stepAtMs = 0;
  #isShutDown = false;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#surroundings = { ...options, wire: new LocalWire(options.memory) };
    this.#dsp = new Dsp(options.memory, options.operations);
    this.#statistics = new LegStatisticsTable(options.memory);
    this.#legs = new Array<Leg | null>(options.memory.map.legsMax).fill(null);
  }

  /** Runs the kernels until they are optimised; before the first leg is opened. */
  warmUp(): void {
    this.#dsp.warmUp();
  }

  /** After the shut-down command: all legs are closed, nothing more will be done. */
  get isShutDown(): boolean {
    return this.#isShutDown;
  }

  get legCount(): number {
    return this.#legCount;
  }

  /** When turn is to be called again; null when only a command can bring work. */
  next(): number | null {
    for (let ahead = 0; ahead < phases; ahead += 1) {
      const phase = this.#wheel[(this.#step + ahead) % phases];
      if (phase !== undefined && phase.length > 0) return this.#stepAtMs + ahead * phaseMs;
    }
    return null;
  }

  /** Obeys the commands that wait and runs the phases that are due. */
  turn(nowMs: number): void {
    this.obeyCommands(nowMs);
    this.#publishRelayed();
    this.#skipWhatIsTooLate(nowMs);
    while (this.#stepAtMs <= nowMs && this.#legCount > 0) {
      this.#runPhase(this.#step % phases, nowMs);
      this.#step += 1;
      this.#stepAtMs += phaseMs;
    }
  }

  obeyCommands(nowMs: number): void {
    for (let command = this.#options.commands.take(); command !== null; command = this.#options.commands.take()) {
      if (command.kind === "shut-down") this.#shutDown(nowMs);
      else this.#obey(command, nowMs);
    }
  }

  receiveOffset(leg: LegNumber): number {
    const { memory } = this.#options;
    return this.#legs[leg]?.receiveOffset ?? memory.legOffset(leg) + memory.map.receiveSlotsOffset;
  }

  receiveBytesMax(leg: LegNumber): number {
    return this.#legs[leg]?.receiveBytesMax ?? this.#options.memory.map.slotBytesMin;
  }

  rtpReceived(leg: LegNumber, length: number, from: Address | null, nowMs: number): void {
    const receiver = this.#legs[leg] ?? null;
    if (receiver === null) return;
    receiver.rtpReceived(length, from, nowMs);
    if (receiver.relaysTo === null) return;
    this.#relayed.add(receiver);
    const sender = this.#legs[receiver.relaysTo] ?? null;
    if (sender !== null) this.#relayed.add(sender);
  }

  rtcpReceived(leg: LegNumber, bytes: Uint8Array, from: Address, nowMs: number): void {
    this.#legs[leg]?.rtcpReceived(bytes, from, nowMs);
  }

  #obey(command: MediaCommand, nowMs: number): void {
    if (command.kind === "open") {
      this.#open(command, nowMs);
      return;
    }
    const { leg: number, generation } = command;
    const found = this.#legs[number] ?? null;
    const leg = found?.generation === generation ? found : null;
    if (command.kind === "close") {
      if (leg !== null) this.#close(leg, command.keepsPorts, nowMs);
      return;
    }
    if (command.kind === "mark") {
      const dscp = leg === null ? null : this.#options.network.mark(number, command.dscp);
      if (dscp !== null) this.#options.events.put({ kind: "marked", leg: number, generation, dscp });
      return;
    }
    leg?.modify(command.settings);
    const { token } = command;
    if (token !== null) this.#options.events.put({ kind: "modified", leg: number, generation, token });
  }

  #open(command: MediaCommand & { readonly kind: "open" }, nowMs: number): void {
    const { leg: number, generation } = command;
    if (number >= this.#legs.length || (this.#legs[number] ?? null) !== null) {
      const reason = number >= this.#legs.length ? `there is no leg ${number}` : `leg ${number} is already open`;
      this.#options.events.put({ kind: "open-failed", leg: number, generation, reason });
      return;
    }
    const leg = new Leg(command, command.settings, this.#surroundings, this.#legAt, nowMs);
    this.#add(leg, nowMs);
    if (command.local === null) {
      // Ports that were kept for this number are no longer wanted.
      this.#options.network.close(number);
      this.#opened(leg, { ok: true, dscp: 0 }, command.isAwaited);
      return;
    }
    this.#options.network.open(number, command.local, command.dscp, (answer) =>
      this.#opened(leg, answer, command.isAwaited),
    );
  }

  #opened(leg: Leg, answer: OpenAnswer, isAwaited: boolean): void {
    if (this.#legs[leg.leg] !== leg) return;
    const { leg: number, generation } = leg;
    if (answer.ok) {
      leg.opened();
      this.#publish(leg);
      if (isAwaited) this.#options.events.put({ kind: "opened", leg: number, generation, dscp: answer.dscp });
      return;
    }
    this.#remove(leg);
    this.#options.events.put({ kind: "open-failed", leg: number, generation, reason: answer.reason });
  }

  /** Neighbours share a phase: the two legs of a connection then wait for each other least. */
  #phaseOf(leg: LegNumber): Leg[] {
    return this.#wheel[(leg >> 1) % phases] ?? [];
  }

  #add(leg: Leg, nowMs: number): void {
    if (this.#legCount === 0) this.#stepAtMs = nowMs;
    this.#legs[leg.leg] = leg;
    this.#legCount += 1;
    this.#phaseOf(leg.leg).push(leg);
  }

  #remove(leg: Leg): void {
    const phase = this.#phaseOf(leg.leg);
    phase.splice(phase.indexOf(leg), 1);
    this.#legs[leg.leg] = null;
    this.#legCount -= 1;
    this.#statistics.clear(leg.leg);
  }

  #close(leg: Leg, keepsPorts: boolean, nowMs: number): void {
    leg.close(nowMs);
    if (keepsPorts) this.#options.network.keep(leg.leg);
    else this.#options.network.close(leg.leg);
    this.#remove(leg);
  }

  #shutDown(nowMs: number): void {
    for (const leg of this.#legs) if (leg !== null) this.#close(leg, false, nowMs);
    this.#isShutDown = true;
  }

  #publishRelayed(): void {
    if (this.#relayed.size === 0) return;
    for (const leg of this.#relayed) if (this.#legs[leg.leg] === leg) this.#statistics.write(leg.leg, leg.counters());
    this.#relayed.clear();
  }

  #skipWhatIsTooLate(nowMs: number): void {
    const lateMs = nowMs - this.#stepAtMs;
    if (this.#legCount === 0 || lateMs <= catchUpMsMax) return;
    const frames = Math.floor(lateMs / frameMs);
    this.#stepAtMs += frames * frameMs;
    for (const leg of this.#legs) leg?.skip(frames);
  }

  #runPhase(phase: number, nowMs: number): void {
    const legs = this.#wheel[phase];
    if (legs === undefined || legs.length === 0) return;
    const dsp = this.#dsp;
    for (const leg of legs) leg.pull(dsp);
    dsp.runReceiving();
    for (const leg of legs) this.#reportDigit(leg);
    for (const leg of legs) leg.encode(dsp, leg.source === null ? null : (this.#legs[leg.source] ?? null));
    dsp.runSending();
    const isPublishing = Math.floor(this.#step / phases) % publishTurns === 0;
    for (const leg of legs) {
      leg.transmit(nowMs);
      if (isPublishing) this.#publish(leg);
    }
  }

  /** The generation is told last: what is read under it is its own. */
  #publish(leg: Leg): void {
    this.#statistics.writeStreams(leg.leg, leg.streams());
    this.#statistics.write(leg.leg, leg.counters());
  }

  #reportDigit(leg: Leg): void {
    const digit = leg.digitBegun();
    if (digit !== null) this.#options.events.put({ kind: "digit", leg: leg.leg, generation: leg.generation, digit });
  }
}
