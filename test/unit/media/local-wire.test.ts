import { beforeAll, beforeEach, expect, test } from "vitest";
import type { Coding } from "#protocol/active-connection.js";
import type { Address } from "#protocol/address.js";
import type { Dsp } from "../../../firmware/io/dsp-module.js";
import { LocalWire, type WireEnd, wiresInRowMax } from "../../../firmware/media/local-wire.js";
import type { LegSettings } from "../../../firmware/media/media-port.js";
import { newDsp } from "../../support/dsp.js";
import { EngineBench, rtpPacket } from "../../support/engine-bench.js";

const left: Address = { address: "192.0.2.1", port: 4000 };
const right: Address = { address: "2001:db8::1", port: 5000 };
const pcmu: Coding = { encoding: "PCMU", clockRateHz: 8000, payloadType: 0, ptimeMs: 20 };
const pcma: Coding = { encoding: "PCMA", clockRateHz: 8000, payloadType: 8, ptimeMs: 20 };

let dsp: Dsp;
beforeAll(async () => {
  dsp = await newDsp();
});
let bench: EngineBench;
beforeEach(() => {
  bench = new EngineBench(dsp);
});

const loose: LegSettings = {
  sendCoding: pcmu,
  receiveCoding: null,
  relay: null,
  remote: null,
  learnsPort: false,
  sends: true,
  receives: true,
  detectsDigits: false,
  source: 3,
};

function talk(leg: number, count: number, from: Address, payloadType = 0): void {
  for (let number = 0; number < count; number += 1) {
    bench.receive(leg, rtpPacket(number, { payloadType }), from);
    bench.run(20);
  }
}

/** Two relays, each with a network leg (0 and 3) and a half of the local connection (1 and 2). */
function openRelays(): void {
  const relay = (remote: LegSettings["remote"], target: number, from: number, to: number): LegSettings => ({
    sendCoding: pcmu,
    receiveCoding: null,
    relay: { target, payloadTypes: [{ from, to }] },
    remote,
    learnsPort: false,
    sends: true,
    receives: true,
    detectsDigits: false,
    source: target,
  });
  bench.open(0, relay(left, 1, 0, 0));
  bench.openWired(1, relay({ leg: 2 }, 0, 0, 0));
  bench.openWired(2, relay({ leg: 1 }, 3, 0, 98));
  bench.open(3, relay(right, 2, 98, 0));
}

test("what one sends the other receives at once and relays on, in sequence, both ways; nothing is bound for it", () => {
  openRelays();
  talk(0, 10, left);
  talk(3, 10, right, 98);
  const there = bench.network.sentBy(3);
  expect(there.map(({ payload }) => payload[0])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(there.every(({ payloadType }) => payloadType === 98)).toBe(true);
  const numbers = there.map(({ sequenceNumber }) => (sequenceNumber - (there[0]?.sequenceNumber ?? 0)) & 0xffff);
  expect(numbers).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(bench.network.sentBy(0).length).toBe(10);
  expect([...bench.network.bound.keys()]).toEqual([0, 3]);
  expect([bench.network.sentBy(1), bench.network.sentBy(2)]).toEqual([[], []]);
});

test("both halves count what passes", () => {
  openRelays();
  talk(0, 10, left);
  bench.run(100);
  const counted = [1, 2].map((leg) => bench.statistics.read(leg, 1));
  expect(counted[0]).toMatchObject({ packetsSent: 10, octetsSent: 1600, packetsReceived: 0 });
  expect(counted[1]).toMatchObject({ packetsSent: 0, packetsReceived: 10, octetsReceived: 1600, packetsLost: 0 });
});

test("what two stations say is coded for the wire and for the other station", () => {
  const station = (remote: Address, source: number): LegSettings => ({
    sendCoding: pcmu,
    receiveCoding: pcmu,
    relay: null,
    remote,
    learnsPort: true,
    sends: true,
    receives: true,
    detectsDigits: false,
    source,
  });
  const half = (leg: number, source: number): LegSettings => ({
    ...station(left, source),
    sendCoding: pcma,
    receiveCoding: pcma,
    remote: { leg },
  });
  bench.open(0, station(left, 1));
  bench.openWired(1, half(2, 0));
  bench.openWired(2, half(1, 3));
  bench.open(3, station(right, 2));
  talk(0, 20, left);
  const [heard] = bench.network.sentBy(3);
  expect(bench.network.sentBy(3).length).toBeGreaterThan(10);
  expect([heard?.payloadType, heard?.payload.length]).toEqual([0, 160]);
  // Nobody spoke on the other side.
  expect(bench.network.sentBy(0)).toEqual([]);
});

test("a half whose other half is gone sends nowhere, and one that is wired anew goes on", () => {
  openRelays();
  talk(0, 3, left);
  bench.close(2);
  talk(0, 3, left);
  expect(bench.network.sentBy(3).length).toBe(3);
  bench.openWired(2, {
    sendCoding: pcmu,
    receiveCoding: null,
    relay: { target: 3, payloadTypes: [{ from: 0, to: 98 }] },
    remote: { leg: 1 },
    learnsPort: false,
    sends: true,
    receives: true,
    detectsDigits: false,
    source: 3,
  });
  talk(0, 3, left);
  expect(bench.network.sentBy(3).length).toBe(6);
});

test("a leg that is wired elsewhere, or to nobody, takes nothing from here", () => {
  openRelays();
  for (const remote of [{ leg: 5 }, null, right]) {
    const relay = { target: 3, payloadTypes: [{ from: 0, to: 98 }] };
    bench.modify(2, { ...loose, relay, remote });
    talk(0, 5, left);
  }
  expect(bench.network.sentBy(3)).toEqual([]);
});

test("a ring of wires ends by itself", () => {
  const wire = new LocalWire(dsp.memory);
  let passed = 0;
  const end: WireEnd = {
    receiveOffset: dsp.memory.legOffset(0),
    receiveBytesMax: 512,
    rtpReceived: (length) => {
      passed += 1;
      wire.carry(dsp.memory.legOffset(1), length, end, 0);
    },
  };
  wire.carry(dsp.memory.legOffset(1), 100, end, 0);
  expect(passed).toBe(wiresInRowMax);
});
