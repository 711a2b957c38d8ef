/** An engine on a simulated network with a clock of its own: packets in by hand, what it sends kept. */
import type { Address } from "#protocol/address.js";
import { type RtpPacket, writeRtp } from "#protocol/rtp.js";
import type { Dsp } from "../../firmware/io/dsp-module.js";
import { Engine } from "../../firmware/media/engine.js";
import { CommandRing, EventRing } from "../../firmware/media/engine-rings.js";
import { LegStatisticsTable } from "../../firmware/media/leg-statistics.js";
import type { LegSettings, MediaEvent } from "../../firmware/media/media-port.js";
import { seededRandom } from "./seeded-random.js";
import { SimulatedMediaNetwork } from "./simulated-media-network.js";

/** Legs whose memory is cleared: 64 MiB of it a test would be felt. */
const benchLegsMax = 8;

export class EngineBench {
  readonly network: SimulatedMediaNetwork;
  readonly engine: Engine;
  readonly statistics: LegStatisticsTable;
  readonly #dsp: Dsp;
  readonly #commands: CommandRing;
  readonly #events: EventRing;
  nowMs = 1000;

  constructor(dsp: Dsp) {
    dsp.memory.bytes.fill(0, dsp.memory.map.ioScratchOffset, dsp.memory.legOffset(benchLegsMax));
    this.#dsp = dsp;
    this.network = new SimulatedMediaNetwork(dsp.memory);
    this.#commands = new CommandRing(dsp.memory);
    const events = new EventRing(dsp.memory);
    this.#events = events;
    const random = seededRandom(3);
    const { network } = this;
    this.engine = new Engine({ ...dsp, network, commands: this.#commands, events, random, wallAtZeroMs: 1.7e12 });
    this.statistics = new LegStatisticsTable(dsp.memory);
  }

  open(leg: number, settings: LegSettings): void {
    const local = { address: "192.0.2.9", port: 6000 + 2 * leg };
    this.#commands.put({ kind: "open", leg, generation: 1, local, dscp: 46, cname: "a@b", isAwaited: true, settings });
    this.engine.turn(this.nowMs);
  }

  /** Without ports. */
  openWired(leg: number, settings: LegSettings): void {
    const more = { local: null, dscp: 0, cname: "a@b", isAwaited: true, settings };
    this.#commands.put({ kind: "open", leg, generation: 1, ...more });
    this.engine.turn(this.nowMs);
  }

  close(leg: number): void {
    this.#commands.put({ kind: "close", leg, generation: 1, keepsPorts: false });
    this.engine.turn(this.nowMs);
  }

  modify(leg: number, settings: LegSettings): void {
    this.#commands.put({ kind: "modify", leg, generation: 1, token: null, settings });
    this.engine.turn(this.nowMs);
  }

  receive(leg: number, packet: RtpPacket, from: Address | null): void {
    const bytes = writeRtp(packet);
    this.#dsp.memory.bytes.set(bytes, this.engine.receiveOffset(leg));
    this.engine.rtpReceived(leg, bytes.length, from, this.nowMs);
  }

  /** What the engine told since it was asked last. */
  events(): MediaEvent[] {
    const told: MediaEvent[] = [];
    for (let event = this.#events.take(); event !== null; event = this.#events.take()) told.push(event);
    return told;
  }

  /** Turns whenever the engine asks for it. */
  run(forMs: number): void {
    const untilMs = this.nowMs + forMs;
    for (let next = this.engine.next(); next !== null && next <= untilMs; next = this.engine.next()) {
      this.nowMs = Math.max(next, this.nowMs);
      this.engine.turn(this.nowMs);
    }
    this.nowMs = untilMs;
    this.engine.turn(untilMs);
  }
}

/** A packet of 20 ms: number n of its stream. */
export function rtpPacket(number: number, changes: Partial<RtpPacket> = {}): RtpPacket {
  return {
    marker: false,
    payloadType: 0,
    sequenceNumber: number & 0xffff,
    timestamp: (number * 160) >>> 0,
    ssrc: 77,
    csrcs: [],
    extension: null,
    payload: new Uint8Array(160).fill(number),
    paddingBytes: 0,
    ...changes,
  };
}
