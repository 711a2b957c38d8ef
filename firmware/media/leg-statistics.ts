/**
 * The counters of a leg in shared memory, so that an audit reads them without asking the engine. The engine writes
 * under a sequence lock - odd while it writes - and a reader that met a write reads again.
 *
 *   word 0 sequence | word 1 generation, 0 when closed | 10 counters, f64, NaN for null | learnt address: length,
 *   port (u16 each), text | SSRC, 4 facts of the stream sent and 9 of the one heard, f64; NaN first where there is none
 */
import type { Address } from "#protocol/address.js";
import type { EngineMemory } from "./engine-memory.js";
import type { HeardStream, LegNumber, LegStatistics, LegStreams, ReadLegStatistics, SentStream } from "./media-port.js";

const countersOffset = 8;
const counterNames = 10;
const learntOffset = countersOffset + 8 * counterNames;
const learntCharactersMax = 64;
const streamsOffset = 160;
const sentOffset = streamsOffset + 8;
const heardOffset = sentOffset + 8 * 4;
/** A writer needs a microsecond; who meets it so often in a row has taken the core from it, and gives it back. */
const spinsMax = 100;
const pauseMs = 1;
/** Who has waited so often waits for one that died while writing. */
const pausesMax = 500;

/** What a leg counts with each packet. */
export interface LegCounters extends Omit<LegStatistics, keyof LegStreams> {
  /** Frames that were silence because nothing was there to play. */
  readonly framesFilled: number;
}

export class LegStatisticsTable {
  readonly #memory: EngineMemory;
  readonly #locks: Int32Array;

  constructor(memory: EngineMemory) {
    this.#memory = memory;
    this.#locks = new Int32Array(memory.buffer);
  }

  /** Only the engine's thread calls this. */
  write(leg: LegNumber, counters: LegCounters): void {
    const { view } = this.#memory;
    const offset = this.#offset(leg);
    Atomics.add(this.#locks, offset >> 2, 1);
    view.setUint32(offset + 4, counters.generation, true);
    let at = offset + countersOffset;
    for (const value of [
      counters.packetsSent,
      counters.octetsSent,
      counters.packetsReceived,
      counters.octetsReceived,
      counters.packetsLost,
      counters.packetsDiscarded,
      counters.jitterMs,
      counters.roundTripMs,
      counters.lastReceivedAtMs,
      counters.framesFilled,
    ]) {
      view.setFloat64(at, value ?? Number.NaN, true);
      at += 8;
    }
    this.#writeAddress(offset + learntOffset, counters.learntRemote);
    view.setFloat64(offset + streamsOffset, counters.ssrc, true);
    Atomics.add(this.#locks, offset >> 2, 1);
  }

  /** Also only the engine's thread, now and then: nobody bills by these, and each packet would pay for them. */
  writeStreams(leg: LegNumber, { sent, heard }: LegStreams): void {
    const offset = this.#offset(leg);
    Atomics.add(this.#locks, offset >> 2, 1);
    this.#writeSent(offset + sentOffset, sent);
    this.#writeHeard(offset + heardOffset, heard);
    Atomics.add(this.#locks, offset >> 2, 1);
  }

  /** The leg is closed. */
  clear(leg: LegNumber): void {
    const offset = this.#offset(leg);
    Atomics.add(this.#locks, offset >> 2, 1);
    this.#memory.view.setUint32(offset + 4, 0, true);
    Atomics.add(this.#locks, offset >> 2, 1);
  }

  /** Null when the leg is not open in this generation. Throws when the engine died while writing. */
  read(leg: LegNumber, generation: number): (LegCounters & LegStreams) | null {
    const offset = this.#offset(leg);
    for (let tries = 0; tries < spinsMax + pausesMax; tries += 1) {
      const before = Atomics.add(this.#locks, offset >> 2, 0);
      if (before % 2 !== 0) {
        if (tries >= spinsMax) Atomics.wait(this.#locks, offset >> 2, before, pauseMs);
        continue;
      }
      const counters = this.#read(offset, generation);
      if (Atomics.add(this.#locks, offset >> 2, 0) === before) return counters;
    }
    throw new Error(`statistics of leg ${leg} stay locked`);
  }

  #read(offset: number, generation: number): (LegCounters & LegStreams) | null {
    const { view } = this.#memory;
    if (generation === 0 || view.getUint32(offset + 4, true) !== generation) return null;
    const counter = (index: number) => view.getFloat64(offset + countersOffset + 8 * index, true);
    return {
      generation,
      packetsSent: counter(0),
      octetsSent: counter(1),
      packetsReceived: counter(2),
      octetsReceived: counter(3),
      packetsLost: counter(4),
      packetsDiscarded: counter(5),
      jitterMs: orNull(counter(6)),
      roundTripMs: orNull(counter(7)),
      lastReceivedAtMs: orNull(counter(8)),
      framesFilled: counter(9),
      learntRemote: this.#readAddress(offset + learntOffset),
      ssrc: view.getFloat64(offset + streamsOffset, true),
      sent: this.#readSent(offset + sentOffset),
      heard: this.#readHeard(offset + heardOffset),
    };
  }

  #writeSent(offset: number, sent: SentStream | null): void {
    const { view } = this.#memory;
    view.setFloat64(offset, sent?.sinceMs ?? Number.NaN, true);
    if (sent === null) return;
    view.setFloat64(offset + 8, sent.payloadType, true);
    view.setFloat64(offset + 16, sent.reports, true);
    view.setFloat64(offset + 24, sent.reportedAtMs ?? Number.NaN, true);
  }

  #readSent(offset: number): SentStream | null {
    const fact = (index: number) => this.#memory.view.getFloat64(offset + 8 * index, true);
    if (Number.isNaN(fact(0))) return null;
    return { sinceMs: fact(0), payloadType: fact(1), reports: fact(2), reportedAtMs: orNull(fact(3)) };
  }

  #writeHeard(offset: number, heard: HeardStream | null): void {
    const { view } = this.#memory;
    view.setFloat64(offset, heard?.ssrc ?? Number.NaN, true);
    if (heard === null) return;
    view.setFloat64(offset + 8, heard.sinceMs, true);
    view.setFloat64(offset + 16, heard.payloadType, true);
    view.setFloat64(offset + 24, heard.packets, true);
    view.setFloat64(offset + 32, heard.octets, true);
    view.setFloat64(offset + 40, heard.lost, true);
    view.setFloat64(offset + 48, heard.jitter ?? Number.NaN, true);
    view.setFloat64(offset + 56, heard.reports, true);
    view.setFloat64(offset + 64, heard.reportedAtMs ?? Number.NaN, true);
  }

  #readHeard(offset: number): HeardStream | null {
    const fact = (index: number) => this.#memory.view.getFloat64(offset + 8 * index, true);
    if (Number.isNaN(fact(0))) return null;
    return {
      ssrc: fact(0),
      sinceMs: fact(1),
      payloadType: fact(2),
      packets: fact(3),
      octets: fact(4),
      lost: fact(5),
      jitter: orNull(fact(6)),
      reports: fact(7),
      reportedAtMs: orNull(fact(8)),
    };
  }

  #writeAddress(offset: number, address: Address | null): void {
    const { view } = this.#memory;
    const text = address?.address.slice(0, learntCharactersMax) ?? "";
    view.setUint16(offset, text.length, true);
    view.setUint16(offset + 2, address?.port ?? 0, true);
    for (let index = 0; index < text.length; index += 1) view.setUint8(offset + 4 + index, text.charCodeAt(index));
  }

  #readAddress(offset: number): Address | null {
    const { view } = this.#memory;
    const length = Math.min(view.getUint16(offset, true), learntCharactersMax);
    if (length === 0) return null;
    let address = "";
    for (let index = 0; index < length; index += 1) address += String.fromCharCode(view.getUint8(offset + 4 + index));
    return { address, port: view.getUint16(offset + 2, true) };
  }

  #offset(leg: LegNumber): number {
    return this.#memory.map.statisticsOffset + leg * this.#memory.map.statisticsBytes;
  }
}

function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}

/** The reader that management is given. */
export function legStatisticsReader(memory: EngineMemory): ReadLegStatistics {
  const table = new LegStatisticsTable(memory);
  return (leg, generation) => table.read(leg, generation);
}
