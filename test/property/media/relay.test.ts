import { fc, test } from "@fast-check/vitest";
import { beforeAll, expect } from "vitest";
import type { RtpPacket } from "#protocol/rtp.js";
import type { Dsp } from "../../../firmware/io/dsp-module.js";
import type { LegSettings } from "../../../firmware/media/media-port.js";
import { newDsp } from "../../support/dsp.js";
import { EngineBench } from "../../support/engine-bench.js";

let dsp: Dsp;
beforeAll(async () => {
  dsp = await newDsp();
});

const far = { address: "192.0.2.1", port: 4000 };
const coding = { encoding: "OPUS", clockRateHz: 48_000, payloadType: 111, ptimeMs: 20 };
const legOf = (target: number): LegSettings => ({
  sendCoding: coding,
  receiveCoding: null,
  relay: {
    target,
    payloadTypes: [
      { from: 96, to: 111 },
      { from: 97, to: 97 },
    ],
  },
  remote: far,
  learnsPort: false,
  sends: true,
  receives: true,
  detectsDigits: false,
  source: target,
});

/** Steps from packet to packet within what RFC 3550 A.1 believes to be one stream: loss, reordering, repetition. */
const step = fc.record({
  sequence: fc.oneof(fc.integer({ min: -90, max: 200 }), fc.constant(1)),
  time: fc.nat(2 ** 32 - 1),
  waitMs: fc.nat(40),
  marker: fc.boolean(),
  payloadType: fc.constantFrom(96, 97),
  payload: fc.uint8Array({ maxLength: 400 }),
  csrcs: fc.array(fc.nat(0xffff_ffff), { maxLength: 3 }),
});
const start = fc.record({ sequence: fc.nat(0xffff), time: fc.nat(2 ** 32 - 1), ssrc: fc.nat(0xffff_ffff) });

test.prop([start, fc.array(step, { minLength: 1, maxLength: 60 })], { numRuns: 60 })(
  "what comes in goes out once, in order of arrival: differences of numbers and times as they were, the rest untouched",
  (first, walk) => {
    const bench = new EngineBench(dsp);
    bench.open(0, legOf(1));
    bench.open(1, legOf(0));
    const came: RtpPacket[] = [];
    let highest = first.sequence;
    for (const { sequence, time, waitMs, ...rest } of walk) {
      const number = came.length === 0 ? highest : highest + sequence;
      highest = Math.max(highest, number);
      const { ssrc } = first;
      const timestamp = (first.time + time) >>> 0;
      const packet = { ...rest, ssrc, sequenceNumber: number & 0xffff, timestamp, extension: null, paddingBytes: 0 };
      came.push(packet);
      bench.receive(0, packet, far);
      bench.run(waitMs);
    }
    const sent = bench.network.sentBy(1);
    expect(sent.length).toBe(came.length);
    const renumbered = new Map([
      [96, 111],
      [97, 97],
    ]);
    for (const [index, packet] of sent.entries()) {
      const origin = came[index];
      if (origin === undefined) return;
      const { marker, payload, csrcs } = origin;
      expect(packet).toMatchObject({ marker, csrcs, payloadType: renumbered.get(origin.payloadType) });
      expect(packet.payload).toEqual(payload);
      expect(packet.ssrc).toBe(sent[0]?.ssrc);
      const moved = (a: number | undefined, b: number | undefined) => (a ?? 0) - (b ?? 0);
      expect(moved(packet.sequenceNumber, sent[0]?.sequenceNumber) & 0xffff).toBe(
        moved(origin.sequenceNumber, came[0]?.sequenceNumber) & 0xffff,
      );
      expect(moved(packet.timestamp, sent[0]?.timestamp) >>> 0).toBe(moved(origin.timestamp, came[0]?.timestamp) >>> 0);
    }
    bench.run(60);
    expect(bench.statistics.read(1, 1)).toMatchObject({ packetsSent: came.length });
  },
);
