import { expect, test } from "vitest";
import type { Address } from "#protocol/address.js";
import { writeRtp } from "#protocol/rtp.js";
import { JitterBuffer } from "../../../firmware/media/jitter-buffer.js";
import { Receiver } from "../../../firmware/media/receiver.js";
import { SourceLatch } from "../../../firmware/media/source-latch.js";
import { codecNamed, newSlotRoom } from "../../support/slot-room.js";

const peer: Address = { address: "192.0.2.1", port: 4000 };
const behindNat: Address = { address: "192.0.2.1", port: 61_000 };
const stranger: Address = { address: "192.0.2.66", port: 4000 };

function newReceiver(signalled: Address | null = peer) {
  const { bytes, slots } = newSlotRoom();
  const latch = new SourceLatch();
  latch.signal(signalled);
  const receiver = new Receiver(new DataView(bytes.buffer), slots, latch);
  const codec = codecNamed("PCMU");
  const buffer = new JitterBuffer(bytes, slots, codec, 0);
  receiver.expect({ clockRateHz: codec.clockRateHz, playout: { payloadType: 0, buffer }, relay: null }, true);
  const receive = (number: number, from: Address | null = peer, ssrc = 1, payloadType = 0) => {
    const packet = writeRtp({
      marker: false,
      payloadType,
      sequenceNumber: number & 0xffff,
      timestamp: (number * 160) >>> 0,
      ssrc,
      csrcs: [],
      extension: null,
      payload: new Uint8Array(160).fill(number),
      paddingBytes: 0,
    });
    bytes.set(packet, slots.spare);
    return receiver.accept(packet.length, from, number * 20);
  };
  return { receiver, buffer, latch, receive, bytes, slots };
}

test("a stream is valid from its second packet in sequence on, and its first is played too", () => {
  const { receiver, buffer, receive } = newReceiver();
  expect([receive(7), receive(8), receive(9)]).toEqual(["probation", "played", "played"]);
  expect(receiver.packetsReceived).toBe(3);
  expect(receiver.octetsReceived).toBe(480);
  expect(buffer.packetsHeld).toBe(3);
});

test("the source is learnt from a valid stream at the signalled address, whatever its port", () => {
  const { latch, receive } = newReceiver();
  receive(1, behindNat);
  expect(latch.learnt).toBeNull();
  receive(2, behindNat);
  expect(latch.learnt).toEqual(behindNat);
  expect(latch.destination).toEqual(behindNat);
});

test("strangers are counted and never learnt, before and after the source is", () => {
  const { receiver, latch, receive } = newReceiver();
  for (let number = 0; number < 100; number += 1) expect(receive(number, stranger)).toBe("stranger");
  expect(latch.learnt).toBeNull();
  receive(1);
  receive(2);
  for (let number = 3; number < 100; number += 1) expect(receive(number, behindNat, 1)).toBe("stranger");
  expect(latch.learnt).toEqual(peer);
  expect(receiver.strangers).toBe(197);
  expect(receiver.packetsReceived).toBe(2);
});

test("before anything is signalled, everybody is a stranger", () => {
  const { receive } = newReceiver(null);
  expect([receive(1), receive(2)]).toEqual(["stranger", "stranger"]);
});

test("when signalling moves the far side, it is learnt again", () => {
  const { receiver, latch, receive } = newReceiver();
  receive(1);
  receive(2);
  expect(latch.signal({ address: stranger.address, port: 9000 })).toBe(true);
  receiver.forgetStream();
  expect(receive(3)).toBe("stranger");
  expect([receive(50, stranger, 2), receive(51, stranger, 2)]).toEqual(["probation", "played"]);
  expect(latch.learnt).toEqual(stranger);
});

test("a new SSRC from the same source plays from its first packet, once its second is there", () => {
  const { receiver, buffer, receive } = newReceiver();
  receive(1);
  receive(2);
  expect(receive(900, peer, 2)).toBe("probation");
  expect(receive(901, peer, 2)).toBe("played");
  expect(receiver.ssrc).toBe(2);
  expect(buffer.packetsHeld).toBe(2);
});

test("what is told of the stream is of this one alone, though the leg's totals go on", () => {
  const { receiver, receive } = newReceiver();
  expect(receiver.heard()).toBeNull();
  for (const number of [1, 2, 3, 6]) receive(number);
  expect(receiver.heard()).toMatchObject({ ssrc: 1, sinceMs: 20, payloadType: 0, packets: 4, octets: 640, lost: 2 });
  receive(50, peer, 9);
  receive(51, peer, 9);
  const jitter = receiver.tracker.jitter;
  expect(receiver.heard()).toEqual({
    ssrc: 9,
    sinceMs: 1_000,
    payloadType: 0,
    packets: 2,
    octets: 320,
    lost: 0,
    jitter,
  });
  expect([receiver.packetsReceived, receiver.tracker.lost]).toEqual([6, 2]);
  receiver.forgetStream();
  expect(receiver.heard()).toBeNull();
});

test("one stray packet with another SSRC changes nothing", () => {
  const { receiver, receive } = newReceiver();
  receive(1);
  receive(2);
  receive(900, peer, 2);
  expect(receive(3)).toBe("played");
  expect(receiver.ssrc).toBe(1);
});

test("sequence numbers that leap are believed from the second packet on, and are no loss", () => {
  const { receiver, receive } = newReceiver();
  receive(1);
  receive(2);
  expect(receive(30_000)).toBe("probation");
  expect(receive(30_001)).toBe("played");
  expect(receiver.tracker.lost).toBe(0);
});

test("loss is what the sequence numbers say, across their wrap, and a late packet takes it back", () => {
  const { receiver, receive } = newReceiver();
  receive(65_534);
  receive(65_535);
  receive(65_538);
  expect(receiver.tracker.lost).toBe(2);
  receive(65_537);
  expect(receiver.tracker.lost).toBe(1);
  expect(receiver.tracker.extendedHighest).toBe(65_538);
  expect(receiver.tracker.takeFractionLost()).toBe(Math.floor(256 / 5));
  expect(receiver.tracker.takeFractionLost()).toBe(0);
});

test("a steady stream has no jitter; one that wavers by 8 ms has some (RFC 3550 appendix A.8)", () => {
  const { receiver, receive } = newReceiver();
  for (let number = 0; number < 50; number += 1) receive(number);
  expect(receiver.jitterMs).toBe(0);
  const { receiver: wavering, bytes, slots } = newReceiver();
  for (let number = 0; number < 200; number += 1) {
    const header = Uint8Array.of(0x80, 0, 0, number, 0, 0, (number * 160) >> 8, (number * 160) & 0xff, 0, 0, 0, 1);
    bytes.set(header, slots.spare);
    wavering.accept(172, peer, number * 20 + (number % 2) * 8);
  }
  expect(wavering.jitterMs).toBeCloseTo(8, 0);
});

test("another payload type is not played, but is no loss either", () => {
  const { receiver, receive } = newReceiver();
  receive(1);
  receive(2);
  expect(receive(3, peer, 1, 101)).toBe("other payload type");
  receive(4);
  expect(receiver.tracker.lost).toBe(0);
});

test("while the leg does not receive, packets are counted and not played", () => {
  const { receiver, buffer, receive } = newReceiver();
  receiver.expect(null, false);
  expect(receive(1)).toBe("other payload type");
  const codec = codecNamed("PCMU");
  receiver.expect({ clockRateHz: codec.clockRateHz, playout: { payloadType: 0, buffer }, relay: null }, false);
  expect([receive(2), receive(3), receive(4)]).toEqual(["probation", "counted", "counted"]);
  expect(buffer.packetsHeld).toBe(0);
});

test("malformed and oversized datagrams are discarded", () => {
  const { receiver, bytes, slots } = newReceiver();
  bytes.fill(0, slots.spare, slots.spare + 12);
  expect(receiver.accept(12, peer, 0)).toBe("malformed");
  expect(receiver.accept(513, peer, 0)).toBe("malformed");
  expect(receiver.packetsDiscarded).toBe(2);
});
