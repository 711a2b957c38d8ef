import { fc, test } from "@fast-check/vitest";
import { beforeAll, expect } from "vitest";
import type { Coding } from "#protocol/active-connection.js";
import type { RtpPacket } from "#protocol/rtp.js";
import type { DspCore } from "../../../firmware/dsp/dsp-core.js";
import type { Dsp } from "../../../firmware/io/dsp-module.js";
import { codecNames, codecOf, codingsNamed, frameSamplesOf, octetsOf } from "../../../firmware/media/codec.js";
import type { LegSettings } from "../../../firmware/media/media-port.js";
import { atRate, coded, decoded, fromRate, resemblance } from "../../support/coded-voice.js";
import { newDsp } from "../../support/dsp.js";
import { dspLibrary } from "../../support/dsp-library.js";
import { EngineBench, rtpPacket } from "../../support/engine-bench.js";
import { seededRandom } from "../../support/seeded-random.js";
import { levelDbm0, speech } from "../../support/test-signals.js";

let dsp: Dsp;
let core: DspCore;
beforeAll(async () => {
  dsp = await newDsp();
  core = await dspLibrary();
});

/** 1.2 s, whole packets of any packet time. */
const voice = speech("a").subarray(4000, 13_600);
const mouth = { address: "192.0.2.1", port: 4000 };
const ear = { address: "198.51.100.1", port: 5000 };
const base: LegSettings = {
  sendCoding: null,
  receiveCoding: null,
  relay: null,
  remote: mouth,
  learnsPort: false,
  sends: true,
  receives: true,
  detectsDigits: false,
  source: null,
};

const coding = fc
  .record({ name: fc.constantFrom(...codecNames), ptimeMs: fc.constantFrom(10, 20, 30, 40, 50, 60) })
  .map(({ name, ptimeMs }) => codingsNamed([name], ptimeMs)[0])
  .filter((one): one is Coding => one !== undefined);

function codecIn(one: Coding) {
  const codec = codecOf(one);
  if (codec === null) throw new Error(`${one.encoding} is missing`);
  return codec;
}

/** The voice as RTP packets, one each ptime. */
function packetsOf(one: Coding): RtpPacket[] {
  const codec = codecIn(one);
  const octets = coded(core, codec, atRate(core, voice, codec.pcmRateHz));
  const frames = one.ptimeMs / 10;
  const packetSamples = frames * frameSamplesOf(codec);
  const packetOctets = octetsOf(codec, packetSamples);
  return Array.from({ length: Math.floor(octets.length / packetOctets) }, (_, number) =>
    rtpPacket(number, {
      payloadType: one.payloadType,
      timestamp: number * packetSamples,
      payload: octets.slice(number * packetOctets, (number + 1) * packetOctets),
    }),
  );
}

/** What leg 1 sends of what leg 0 receives, packets lost by chance, at 8000 Hz. */
function through(from: Coding, to: Coding, lost: number, seed: number) {
  const random = seededRandom(seed);
  const bench = new EngineBench(dsp);
  bench.open(0, { ...base, receiveCoding: from });
  bench.open(1, { ...base, sendCoding: to, remote: ear, source: 0 });
  for (const packet of packetsOf(from)) {
    if (packet.sequenceNumber < 2 || random() >= lost) bench.receive(0, packet, mouth);
    bench.run(from.ptimeMs);
  }
  bench.run(200);
  const sent = bench.network.sentBy(1);
  const codec = codecIn(to);
  const octets = Uint8Array.from(sent.flatMap(({ payload }) => [...payload]));
  return { sent, heard: fromRate(core, decoded(core, codec, octets), codec.pcmRateHz) };
}

test.prop([coding, coding], { numRuns: 12 })(
  "any codec to any other, at any packet time: the voice comes through",
  (from, to) => {
    const { sent, heard } = through(from, to, 0, 1);
    const codec = codecIn(to);
    const packetSamples = (to.ptimeMs / 10) * frameSamplesOf(codec);
    expect(sent.length).toBeGreaterThan(1200 / to.ptimeMs - 15);
    for (const [index, packet] of sent.entries()) {
      expect(packet.payloadType).toBe(to.payloadType);
      expect(packet.payload.length).toBe(octetsOf(codec, packetSamples));
      const before = sent[index - 1];
      if (before === undefined) continue;
      expect((packet.timestamp - before.timestamp) >>> 0).toBe(packetSamples);
    }
    // Two bits a sample are heard as such.
    const isCoarse = [from, to].some(({ encoding }) => encoding.endsWith("G726-16"));
    expect(resemblance(voice, heard, 800)).toBeGreaterThan(isCoarse ? 0.9 : 0.95);
  },
);

test.prop([coding, coding, fc.nat(1_000_000)], { numRuns: 12 })(
  "at 10 % random loss the voice still comes through, and nothing is louder than what was said around it",
  (from, to, seed) => {
    const { heard } = through(from, to, 0.1, seed);
    expect(resemblance(voice, heard, 800)).toBeGreaterThan(0.3);
    const loudest = (samples: Int16Array) =>
      Math.max(
        ...Array.from({ length: Math.floor(samples.length / 160) }, (_, index) =>
          levelDbm0(samples.subarray(index * 160, index * 160 + 160)),
        ),
      );
    // An ADPCM decoder that missed codes is beside its encoder for a moment.
    expect(loudest(heard)).toBeLessThan(loudest(voice) + 10);
  },
);
