/**
 * What a telephone has received and not yet played: the network pushes, the frame clock pulls; neither waits for the
 * other. A second of samples in a ring, addressed by RTP timestamp, so that packets of any length fit.
 * Not the gateway's jitter buffer, which keeps thousands of legs in the wasm's memory (media/jitter-buffer).
 *
 *       position (next sample to play)         newest
 *   ───────┼─────────── spare ────────────────────┼────► RTP timestamp
 *          └ a packet that begins left of here is too late
 *
 * The depth is what the first packet waits. It grows when packets are late repeatedly (one hiccup loses what it loses; a
 * longer delay would not bring it back) and shrinks in a pause of the speech when nothing came near to being late.
 */

/** Samples of 8000 Hz per ms. */
const perMs = 8;

export interface PlayoutOptions {
  readonly startDepthMs: number;
  readonly depthMaxMs: number;
  /** Lateness counts as repeated when it comes again within this time. */
  readonly lateAgainMs: number;
  /** So long must nothing have come within spareMinMs of being late, before the depth shrinks. */
  readonly calmMs: number;
  readonly spareMinMs: number;
}

export const playoutDefaults: PlayoutOptions = {
  startDepthMs: 80,
  depthMaxMs: 300,
  lateAgainMs: 5000,
  calmMs: 10_000,
  spareMinMs: 100,
};

/** Ring length; a packet further ahead than this begins the stream anew. */
const ringSamples = 8192;
/** So many packets late in a row: the far side has changed its timestamps. */
const lateRunMax = 50;
/** Late packets less than this apart are one hiccup. */
const hiccupMs = 400;
/** A frame with no sample above this, of 32,767, is a pause. */
const pauseSampleMax = 200;
/** What the depth changes by in a pause. */
const shrinkMs = 20;

interface Stream {
  readonly source: number;
  /** Nothing before it is missing; null once it was reached. */
  firstTimestamp: number | null;
  /** RTP timestamp of the next sample to play, 32 bits. */
  position: number;
  /** Samples played since the stream began; the buffer's clock. */
  playedSamples: number;
  depthMs: number;
  hiccupAt: number | null;
  lateRun: number;
  spareLeast: number;
  calmSince: number;
}

/** Sums over the buffer's life. */
export interface PlayoutCounts {
  readonly missingSamples: number;
  readonly packetsLate: number;
  readonly packetsTwice: number;
  readonly streams: number;
  readonly grownMs: number;
  readonly shrunkMs: number;
}

export class PlayoutBuffer {
  readonly #options: PlayoutOptions;
  readonly #samples = new Int16Array(ringSamples);
  readonly #present = new Uint8Array(ringSamples);
  #stream: Stream | null = null;
  #counts = { missingSamples: 0, packetsLate: 0, packetsTwice: 0, streams: 0, grownMs: 0, shrunkMs: 0 };

  constructor(options: PlayoutOptions = playoutDefaults) {
    this.#options = options;
  }

  get counts(): PlayoutCounts {
    return this.#counts;
  }

  /** source: the SSRC; timestamp: of the first sample. */
  push(source: number, timestamp: number, samples: Int16Array): "kept" | "duplicate" | "too late" | "too long" {
    if (samples.length > ringSamples / 4) return "too long";
    const stream = this.#stream?.source === source ? this.#stream : this.#begin(source, timestamp);
    const ahead = difference(timestamp, stream.position);
    if (ahead < 0 && ahead > -ringSamples) return this.#late(stream, -ahead, timestamp, samples);
    if (ahead < 0 || ahead + samples.length > ringSamples) {
      return this.#keep(this.#begin(source, timestamp), timestamp, samples);
    }
    stream.lateRun = 0;
    stream.spareLeast = Math.min(stream.spareLeast, ahead);
    return this.#keep(stream, timestamp, samples);
  }

  /** Fills the frame with what is due; what is not there is silence. Gives the count of samples that should have been. */
  pull(frame: Int16Array): number {
    frame.fill(0);
    const stream = this.#stream;
    if (stream === null) return 0;
    let missing = 0;
    for (let index = 0; index < frame.length; index += 1) {
      if (stream.position === stream.firstTimestamp) stream.firstTimestamp = null;
      const slot = stream.position & (ringSamples - 1);
      if (this.#present[slot] === 1) frame[index] = this.#samples[slot] ?? 0;
      else if (stream.firstTimestamp === null) missing += 1;
      this.#present[slot] = 0;
      stream.position = (stream.position + 1) >>> 0;
    }
    stream.playedSamples += frame.length;
    this.#counts.missingSamples += missing;
    this.#shrinkInPause(stream, frame);
    return missing;
  }

  #begin(source: number, timestamp: number): Stream {
    this.#present.fill(0);
    this.#counts.streams += 1;
    const position = (timestamp - this.#options.startDepthMs * perMs) >>> 0;
    this.#stream = {
      source,
      firstTimestamp: timestamp,
      position,
      playedSamples: 0,
      depthMs: this.#options.startDepthMs,
      hiccupAt: null,
      lateRun: 0,
      spareLeast: ringSamples,
      calmSince: 0,
    };
    return this.#stream;
  }

  #keep(stream: Stream, timestamp: number, samples: Int16Array): "kept" | "duplicate" {
    if (this.#present[timestamp & (ringSamples - 1)] === 1) {
      this.#counts.packetsTwice += 1;
      return "duplicate";
    }
    for (let index = 0; index < samples.length; index += 1) {
      const slot = (timestamp + index) & (ringSamples - 1);
      this.#samples[slot] = samples[index] ?? 0;
      this.#present[slot] = 1;
    }
    const first = stream.firstTimestamp;
    if (first !== null && difference(timestamp, first) < 0) stream.firstTimestamp = timestamp;
    return "kept";
  }

  #late(
    stream: Stream,
    lateSamples: number,
    timestamp: number,
    samples: Int16Array,
  ): "kept" | "duplicate" | "too late" {
    this.#counts.packetsLate += 1;
    stream.lateRun += 1;
    if (stream.lateRun > lateRunMax) return this.#keep(this.#begin(stream.source, timestamp), timestamp, samples);
    stream.calmSince = stream.playedSamples;
    stream.spareLeast = ringSamples;
    const sinceMs = stream.hiccupAt === null ? null : (stream.playedSamples - stream.hiccupAt) / perMs;
    if (sinceMs !== null && sinceMs < hiccupMs) return "too late";
    stream.hiccupAt = stream.playedSamples;
    const lateMs = lateSamples / perMs;
    const isRepeated = sinceMs !== null && sinceMs <= this.#options.lateAgainMs;
    if (!isRepeated || stream.depthMs + lateMs > this.#options.depthMaxMs) return "too late";
    stream.position = timestamp;
    stream.depthMs += lateMs;
    this.#counts.grownMs += lateMs;
    return this.#keep(stream, timestamp, samples);
  }

  #shrinkInPause(stream: Stream, frame: Int16Array): void {
    const { calmMs, spareMinMs } = this.#options;
    if (stream.playedSamples - stream.calmSince < calmMs * perMs) return;
    const isPause = frame.every((sample) => Math.abs(sample) <= pauseSampleMax);
    if (stream.spareLeast >= (spareMinMs + shrinkMs) * perMs) {
      if (!isPause) return;
      for (let dropped = 0; dropped < shrinkMs * perMs; dropped += 1) {
        this.#present[stream.position & (ringSamples - 1)] = 0;
        stream.position = (stream.position + 1) >>> 0;
      }
      stream.depthMs -= shrinkMs;
      this.#counts.shrunkMs += shrinkMs;
    }
    stream.calmSince = stream.playedSamples;
    stream.spareLeast = ringSamples;
  }
}

/** a - b on the circle of 32-bit timestamps: -2^31 .. 2^31-1. */
function difference(a: number, b: number): number {
  return (a - b) | 0;
}
