import { beforeAll, beforeEach, expect, test } from "vitest";
import type { Coding } from "#protocol/active-connection.js";
import type { Address } from "#protocol/address.js";
import type { RtpPacket } from "#protocol/rtp.js";
import type { Dsp } from "../../../firmware/io/dsp-module.js";
import type { LegSettings } from "../../../firmware/media/media-port.js";
import { newDsp } from "../../support/dsp.js";
import { EngineBench, rtpPacket } from "../../support/engine-bench.js";

const left: Address = { address: "192.0.2.1", port: 4000 };
const right: Address = { address: "2001:db8::1", port: 5000 };
const amr: Coding = { encoding: "AMR", clockRateHz: 8000, payloadType: 96, ptimeMs: 20 };
const toRight = { target: 1, payloadTypes: [{ from: 112, to: 96 }] };
const toLeft = { target: 0, payloadTypes: [{ from: 96, to: 112 }] };
const leftLeg: LegSettings = {
  sendCoding: { ...amr, payloadType: 112 },
  receiveCoding: null,
  relay: toRight,
  remote: left,
  learnsPort: false,
  sends: true,
  receives: true,
  detectsDigits: false,
  source: 1,
};
const rightLeg: LegSettings = { ...leftLeg, sendCoding: amr, relay: toLeft, remote: right, source: 0 };

let dsp: Dsp;
beforeAll(async () => {
  dsp = await newDsp();
});
let bench: EngineBench;
beforeEach(() => {
  bench = new EngineBench(dsp);
  bench.open(0, leftLeg);
  bench.open(1, rightLeg);
});

/** Packets number first .. first+count-1 into a leg, 20 ms each. */
function talk(leg: number, first: number, count: number, from: Address, changes: Partial<RtpPacket> = {}): void {
  for (let number = first; number < first + count; number += 1) {
    bench.receive(leg, rtpPacket(number, { payloadType: leg === 0 ? 112 : 96, ...changes }), from);
    bench.run(20);
  }
}

const steps = (packets: readonly RtpPacket[]) =>
  packets.slice(1).map((packet, index) => {
    const before = packets[index];
    if (before === undefined) throw new Error("no packet before");
    return [(packet.sequenceNumber - before.sequenceNumber) & 0xffff, (packet.timestamp - before.timestamp) >>> 0];
  });

test("a packet goes on as it comes: at once, payload and marker untouched, the payload type renumbered", () => {
  bench.receive(0, rtpPacket(1, { payloadType: 112, marker: true, csrcs: [5], paddingBytes: 4 }), left);
  const [sent] = bench.network.sentBy(1);
  expect(sent).toMatchObject({ payloadType: 96, marker: true, csrcs: [5], paddingBytes: 4 });
  expect(sent?.payload).toEqual(rtpPacket(1).payload);
  expect(sent?.ssrc).not.toBe(77);
  expect(bench.network.rtp[0]?.to).toEqual(right);
});

test("both ways at once", () => {
  talk(0, 0, 10, left);
  talk(1, 500, 10, right);
  expect(bench.network.sentBy(1).length).toBe(10);
  expect(bench.network.sentBy(0).length).toBe(10);
  expect(bench.network.sentBy(0).every(({ payloadType }) => payloadType === 112)).toBe(true);
});

test("another source in mid-call follows on: SSRC and sequence without a break, time by the clock", () => {
  talk(0, 0, 10, left);
  const elsewhere = { address: "192.0.2.2", port: 4444 };
  bench.modify(0, { ...leftLeg, remote: elsewhere });
  bench.run(60);
  talk(0, 40_000, 10, elsewhere, { ssrc: 9 });
  const sent = bench.network.sentBy(1);
  expect(sent.length).toBe(20);
  expect(new Set(sent.map(({ ssrc }) => ssrc)).size).toBe(1);
  expect(steps(sent).every(([sequence]) => sequence === 1)).toBe(true);
  const joint = steps(sent)[9]?.[1] ?? 0;
  expect(joint).toBeGreaterThanOrEqual(160);
  expect(joint).toBeLessThanOrEqual(800);
});

test("packets go to a new far side from the moment it is signalled", () => {
  talk(0, 0, 5, left);
  const elsewhere = { address: "198.51.100.7", port: 7000 };
  bench.modify(1, { ...rightLeg, remote: elsewhere });
  talk(0, 5, 5, left);
  expect(bench.network.rtp.map(({ to }) => to.port)).toEqual([...Array(5).fill(5000), ...Array(5).fill(7000)]);
  expect(steps(bench.network.sentBy(1)).every(([sequence, time]) => sequence === 1 && time === 160)).toBe(true);
});

test("strangers, another port of the far side and payload types not agreed on are dropped and counted", () => {
  talk(0, 0, 5, { address: "192.0.2.66", port: 4000 });
  talk(0, 0, 5, { ...left, port: 4002 });
  talk(0, 0, 5, left, { payloadType: 0 });
  bench.run(60);
  expect(bench.network.rtp).toEqual([]);
  expect(bench.statistics.read(0, 1)).toMatchObject({ packetsReceived: 0, packetsDiscarded: 15 });
});

test("a leg that learns its port relays from behind a NAT, from the second packet in sequence on", () => {
  bench.modify(0, { ...leftLeg, learnsPort: true });
  talk(0, 0, 5, { ...left, port: 61_000 });
  expect(bench.network.sentBy(1).map(({ payload }) => payload[0])).toEqual([0, 1, 2, 3, 4]);
});

test("modes: who does not send or receive is passed over at once", () => {
  bench.modify(1, { ...rightLeg, sends: false });
  talk(0, 0, 5, left);
  bench.modify(1, rightLeg);
  bench.modify(0, { ...leftLeg, receives: false });
  talk(0, 5, 5, left);
  expect(bench.network.rtp).toEqual([]);
  bench.modify(0, leftLeg);
  talk(0, 10, 5, left);
  expect(bench.network.sentBy(1).length).toBe(5);
  bench.run(60);
  expect(bench.statistics.read(0, 1)).toMatchObject({ packetsReceived: 15 });
});

test("a loop sends back what came, by the far side's own numbers", () => {
  bench.modify(0, { ...leftLeg, relay: { target: 0, payloadTypes: [{ from: 112, to: 112 }] }, source: 0 });
  talk(0, 0, 5, left);
  expect(bench.network.sentBy(0).map(({ payload }) => payload[0])).toEqual([0, 1, 2, 3, 4]);
  expect(bench.network.sentBy(0).every(({ payloadType }) => payloadType === 112)).toBe(true);
  expect(bench.network.sentBy(1)).toEqual([]);
});

test("from relaying to coding and back the stream goes on: one SSRC, no number twice, time forward", () => {
  const pcmu = { encoding: "PCMU", clockRateHz: 8000, payloadType: 0, ptimeMs: 20 };
  const pcma = { ...pcmu, encoding: "PCMA", payloadType: 8 };
  bench.modify(0, {
    ...leftLeg,
    sendCoding: pcmu,
    receiveCoding: pcmu,
    relay: { target: 1, payloadTypes: [{ from: 8, to: 8 }] },
  });
  bench.modify(1, { ...rightLeg, sendCoding: pcma, receiveCoding: pcma });
  talk(0, 0, 20, left, { payloadType: 8 });
  talk(0, 20, 20, left, { payloadType: 0 });
  talk(0, 40, 20, left, { payloadType: 8 });
  bench.run(100);
  const sent = bench.network.sentBy(1);
  expect(sent.length).toBeGreaterThanOrEqual(54);
  expect(sent.length).toBeLessThanOrEqual(60);
  expect(sent.every(({ payloadType, ssrc }) => payloadType === 8 && ssrc === sent[0]?.ssrc)).toBe(true);
  expect(steps(sent).every(([sequence, time]) => sequence === 1 && (time ?? 0) > 0 && (time ?? 0) < 1600)).toBe(true);
});

test("with nothing signalled a leg that receives takes whoever comes first, and sends nothing back", () => {
  bench.modify(0, { ...leftLeg, remote: null });
  const early = { address: "203.0.113.5", port: 9000 };
  talk(0, 0, 5, early);
  talk(0, 5, 5, { address: "203.0.113.6", port: 9000 });
  talk(1, 0, 5, right);
  expect(bench.network.sentBy(1).length).toBe(5);
  expect(bench.network.sentBy(0)).toEqual([]);
});

test("a loop without a far side learns the first valid stream, gives it back to where it comes from, and nothing to others", () => {
  const types = [{ from: 112, to: 112 }];
  bench.modify(0, { ...leftLeg, sendCoding: null, relay: { target: 0, payloadTypes: types }, remote: null, source: 0 });
  bench.receive(0, rtpPacket(500, { payloadType: 112, ssrc: 9 }), right);
  talk(0, 0, 10, left);
  talk(0, 0, 10, right, { ssrc: 9 });
  expect(bench.network.rtp.map(({ to }) => to)).toEqual(Array.from({ length: 10 }, () => left));
  expect(bench.network.sentBy(0).map(({ payload }) => payload[0])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test("a relay without a far side learns who sends and sends nothing back", () => {
  bench.modify(0, { ...leftLeg, remote: null });
  talk(0, 0, 10, left);
  talk(1, 0, 10, right);
  expect([bench.network.sentBy(1).length, bench.network.sentBy(0).length]).toEqual([10, 0]);
});

test("a far side on hold, at no address, is sent nothing", () => {
  for (const address of ["0.0.0.0", "::"]) {
    bench.modify(1, { ...rightLeg, remote: { ...right, address } });
    talk(0, 0, 5, left);
  }
  expect(bench.network.sentBy(1)).toEqual([]);
  bench.modify(1, rightLeg);
  talk(0, 5, 5, left);
  expect(bench.network.sentBy(1).length).toBe(5);
});
