import { fc, test } from "@fast-check/vitest";
import { beforeAll, expect } from "vitest";
import { type RtpPacket, writeRtp } from "#protocol/rtp.js";
import type { Dsp } from "../../../firmware/io/dsp-module.js";
import { Engine } from "../../../firmware/media/engine.js";
import { CommandRing, EventRing } from "../../../firmware/media/engine-rings.js";
import type { LegSettings } from "../../../firmware/media/media-port.js";
import { newDsp } from "../../support/dsp.js";
import { seededRandom } from "../../support/seeded-random.js";
import { SimulatedMediaNetwork } from "../../support/simulated-media-network.js";

let dsp: Dsp;
beforeAll(async () => {
  dsp = await newDsp();
});

const far = { address: "192.0.2.1", port: 4000 };
const pcmu = { encoding: "PCMU", clockRateHz: 8000, payloadType: 0, ptimeMs: 20 };
const pcma = { encoding: "PCMA", clockRateHz: 8000, payloadType: 8, ptimeMs: 30 };

const coding = fc.constantFrom(null, pcmu, pcma, { ...pcmu, encoding: "G729", payloadType: 18 });
const settings: fc.Arbitrary<LegSettings> = fc.record({
  sendCoding: coding,
  receiveCoding: coding,
  remote: fc.constantFrom(null, far, { ...far, port: 5000 }),
  sends: fc.boolean(),
  receives: fc.boolean(),
  detectsDigits: fc.boolean(),
  learnsPort: fc.boolean(),
  relay: fc.constant(null),
  source: fc.constantFrom(null, 0, 1, 2, 3),
});
const leg = fc.nat(3);
const generation = fc.integer({ min: 1, max: 2 });
const local = { address: "192.0.2.9", port: 6000 };
const command = fc.oneof(
  fc.record({
    kind: fc.constant("open" as const),
    leg,
    generation,
    settings,
    local: fc.constant(local),
    dscp: fc.constant(46),
    cname: fc.constant("c"),
    isAwaited: fc.boolean(),
  }),
  fc.record({ kind: fc.constant("modify" as const), leg, generation, token: fc.option(fc.nat(100)), settings }),
  fc.record({ kind: fc.constant("close" as const), leg, generation, keepsPorts: fc.boolean() }),
);
const packet = fc.record({
  number: fc.nat(40),
  ssrc: fc.nat(1),
  payloadType: fc.constantFrom(0, 8, 101),
  octets: fc.constantFrom(0, 80, 160, 240, 480),
});
const datagram = fc.oneof(
  packet.map(({ number, ssrc, payloadType, octets }) =>
    writeRtp({
      marker: false,
      payloadType,
      sequenceNumber: number,
      timestamp: number * octets,
      ssrc,
      csrcs: [],
      extension: null,
      payload: new Uint8Array(octets),
      paddingBytes: 0,
    }),
  ),
  fc.uint8Array({ maxLength: 60 }),
);
/** Ten packets of a good stream, 20 ms apart. */
const talk = fc.record({ kind: fc.constant("talk" as const), leg, first: fc.nat(0xffff), ssrc: fc.nat(2) });
const step = fc.oneof(
  talk,
  command.map((one) => ({ kind: "command" as const, command: one })),
  fc.record({
    kind: fc.constant("datagram" as const),
    leg,
    bytes: datagram,
    from: fc.constantFrom(null, far, { ...far, address: "192.0.2.66" }),
    isRtcp: fc.boolean(),
  }),
  fc.record({ kind: fc.constant("time" as const), ms: fc.constantFrom(1, 2, 10, 20, 60, 500) }),
);

test.prop([fc.array(step, { minLength: 20, maxLength: 120 })], { numRuns: 150 })(
  "whatever is commanded and whatever comes: each leg's packets go on in sequence, at the pace of their time",
  (steps) => {
    const network = new SimulatedMediaNetwork(dsp.memory);
    const commands = new CommandRing(dsp.memory);
    const events = new EventRing(dsp.memory);
    const engine = new Engine({ ...dsp, network, commands, events, random: seededRandom(1), wallAtZeroMs: 0 });
    let nowMs = 0;
    const speak = (number: number, payloadType: number, one: { readonly leg: number; readonly ssrc: number }) => {
      const bytes = writeRtp({
        marker: false,
        payloadType,
        sequenceNumber: number & 0xffff,
        timestamp: number * 160,
        ssrc: one.ssrc,
        csrcs: [],
        extension: null,
        payload: new Uint8Array(160),
        paddingBytes: 0,
      });
      dsp.memory.bytes.set(bytes, engine.receiveOffset(one.leg));
      engine.rtpReceived(one.leg, bytes.length, far, nowMs);
    };
    for (const number of [0, 1, 2, 3]) {
      const own = number % 2 === 0 ? pcmu : pcma;
      const use = {
        sendCoding: own,
        receiveCoding: own,
        remote: far,
        relay: null,
        learnsPort: true,
        sends: true,
        receives: true,
        detectsDigits: false,
        source: number ^ 1,
      };
      commands.put({
        kind: "open",
        leg: number,
        generation: 1,
        local,
        dscp: 46,
        cname: "c",
        isAwaited: true,
        settings: use,
      });
    }
    for (const one of steps) {
      if (one.kind === "talk") {
        for (let count = 0; count < 10; count += 1) {
          speak(one.first + count, one.leg % 2 === 0 ? 0 : 8, one);
          nowMs += 20;
          engine.turn(nowMs);
        }
      } else if (one.kind === "command") commands.put(one.command);
      else if (one.kind === "time") nowMs += one.ms;
      else if (one.isRtcp) engine.rtcpReceived(one.leg, one.bytes, one.from ?? far, nowMs);
      else {
        dsp.memory.bytes.set(one.bytes, engine.receiveOffset(one.leg));
        engine.rtpReceived(one.leg, one.bytes.length, one.from, nowMs);
      }
      engine.turn(nowMs);
    }
    while (events.take() !== null);
    const lastOf = new Map<number, RtpPacket>();
    for (const { packet: sent } of network.rtp) {
      const before = lastOf.get(sent.ssrc);
      lastOf.set(sent.ssrc, sent);
      if (before === undefined) continue;
      expect(sent.sequenceNumber).toBe((before.sequenceNumber + 1) & 0xffff);
      const elapsed = (sent.timestamp - before.timestamp) >>> 0;
      expect(elapsed).toBeGreaterThanOrEqual(before.payload.length);
      if (!sent.marker) expect(elapsed).toBe(before.payload.length);
    }
    commands.put({ kind: "shut-down" });
    engine.turn(nowMs);
    expect(network.bound.size).toBe(0);
  },
);
