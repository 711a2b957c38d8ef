import { beforeAll, beforeEach, expect, test } from "vitest";
import type { Coding } from "#protocol/active-connection.js";
import type { Address } from "#protocol/address.js";
import { parseRtcp } from "#protocol/rtcp.js";
import { writeRtp } from "#protocol/rtp.js";
import type { Dsp } from "../../../firmware/io/dsp-module.js";
import { Engine } from "../../../firmware/media/engine.js";
import { CommandRing, EventRing } from "../../../firmware/media/engine-rings.js";
import { LegStatisticsTable } from "../../../firmware/media/leg-statistics.js";
import type { LegSettings } from "../../../firmware/media/media-port.js";
import { newDsp } from "../../support/dsp.js";
import { reference } from "../../support/g711-reference.js";
import { seededRandom } from "../../support/seeded-random.js";
import { SimulatedMediaNetwork } from "../../support/simulated-media-network.js";

const pcmu: Coding = { encoding: "PCMU", clockRateHz: 8000, payloadType: 0, ptimeMs: 20 };
const pcma: Coding = { encoding: "PCMA", clockRateHz: 8000, payloadType: 8, ptimeMs: 20 };
const station: Address = { address: "192.0.2.1", port: 4000 };
const farGateway: Address = { address: "198.51.100.1", port: 5000 };
const stationLeg: LegSettings = {
  sendCoding: pcmu,
  receiveCoding: pcmu,
  remote: station,
  relay: null,
  learnsPort: true,
  sends: true,
  receives: true,
  detectsDigits: false,
  source: 1,
};
const networkLeg: LegSettings = { ...stationLeg, sendCoding: pcma, receiveCoding: pcma, remote: farGateway, source: 0 };

let dsp: Dsp;
beforeAll(async () => {
  dsp = await newDsp();
});
let bench: ReturnType<typeof newBench>;
beforeEach(() => {
  bench = newBench();
});

function newBench() {
  dsp.memory.bytes.fill(0, dsp.memory.map.ioScratchOffset);
  const network = new SimulatedMediaNetwork(dsp.memory);
  const commands = new CommandRing(dsp.memory);
  const events = new EventRing(dsp.memory);
  const engine = new Engine({ ...dsp, network, commands, events, random: seededRandom(3), wallAtZeroMs: 1.7e12 });
  const statistics = new LegStatisticsTable(dsp.memory);
  const clock = { nowMs: 1000 };
  const open = (leg: number, settings: LegSettings, generation = 1) =>
    commands.put({
      kind: "open",
      leg,
      generation,
      local: { address: "192.0.2.9", port: 6000 + 2 * leg },
      dscp: 46,
      cname: "a@b",
      isAwaited: true,
      settings,
    });
  const receive = (leg: number, number: number, code: number, from: Address, payloadType: number) => {
    const packet = writeRtp({
      marker: number === 0,
      payloadType,
      sequenceNumber: number & 0xffff,
      timestamp: (number * 160) >>> 0,
      ssrc: 77,
      csrcs: [],
      extension: null,
      payload: new Uint8Array(160).fill(code),
      paddingBytes: 0,
    });
    dsp.memory.bytes.set(packet, engine.receiveOffset(leg));
    engine.rtpReceived(leg, packet.length, from, clock.nowMs);
  };
  /** Turns whenever the engine asks for it. */
  const runTo = (untilMs: number) => {
    for (let next = engine.next(); next !== null && next <= untilMs; next = engine.next()) {
      clock.nowMs = Math.max(next, clock.nowMs);
      engine.turn(clock.nowMs);
    }
    clock.nowMs = untilMs;
    engine.turn(untilMs);
  };
  /** Packets number first .. first+count-1 into the leg, 20 ms each. */
  const talk = (leg: number, first: number, count: number, code: number, from: Address, payloadType: number) => {
    for (let number = first; number < first + count; number += 1) {
      receive(leg, number, code, from, payloadType);
      runTo(clock.nowMs + 20);
    }
  };
  return { network, commands, events, engine, statistics, clock, open, receive, runTo, talk };
}

test("what the station says in µ-law goes to the far gateway in A-law, without a break", () => {
  const { network, engine, open, talk, clock } = bench;
  open(0, stationLeg);
  open(1, networkLeg);
  engine.turn(clock.nowMs);
  const code = 0x9c;
  talk(0, 0, 100, code, station, 0);
  const sent = network.sentBy(1);
  expect(sent.length).toBeGreaterThanOrEqual(96);
  const expected = reference.alawEncode(reference.ulawDecode(code));
  for (const [index, packet] of sent.entries()) {
    expect(packet).toMatchObject({ payloadType: 8, marker: index === 0 });
    expect(packet.payload.length).toBe(160);
    expect(packet.payload.every((sample) => sample === expected)).toBe(true);
    const before = sent[index - 1];
    if (before === undefined) continue;
    expect(packet.sequenceNumber).toBe((before.sequenceNumber + 1) & 0xffff);
    expect(packet.timestamp).toBe((before.timestamp + 160) >>> 0);
  }
  expect(network.rtp.every((one) => one.to.port === farGateway.port)).toBe(true);
});

test("while nothing has come from its source, a leg sends nothing; when it stops, silence goes on", () => {
  const { network, engine, statistics, open, runTo, talk, clock } = bench;
  open(0, stationLeg);
  open(1, networkLeg);
  engine.turn(clock.nowMs);
  runTo(clock.nowMs + 500);
  expect(network.rtp).toEqual([]);
  talk(0, 0, 20, 0x9c, station, 0);
  runTo(clock.nowMs + 1000);
  const sent = network.sentBy(1);
  expect(sent.length).toBeGreaterThanOrEqual(65);
  expect(sent.at(-1)?.payload.every((sample) => sample === 0xd5)).toBe(true);
  expect(statistics.read(0, 1)?.framesFilled).toBeGreaterThan(90);
});

test("what a leg sends and hears is told by SSRC, with its payload type and its beginning", () => {
  const { network, engine, statistics, open, talk, clock } = bench;
  open(0, stationLeg);
  open(1, networkLeg);
  engine.turn(clock.nowMs);
  expect(statistics.read(1, 1)).toMatchObject({ sent: null, heard: null });
  const begunMs = clock.nowMs;
  talk(0, 0, 20, 0x9c, station, 0);
  const [packet] = network.sentBy(1);
  const { ssrc, sent } = statistics.read(1, 1) ?? {};
  expect([ssrc, sent?.payloadType]).toEqual([packet?.ssrc, 8]);
  expect(sent?.sinceMs).toBeGreaterThan(begunMs);
  const heard = statistics.read(0, 1)?.heard;
  expect(heard).toMatchObject({ payloadType: 0, lost: 0, reports: 0, reportedAtMs: null });
  expect(heard?.packets).toBeGreaterThan(15);
});

test("a leg of 60 ms takes from one of 20 ms, and the other way round", () => {
  const { network, engine, open, talk, clock } = bench;
  open(0, stationLeg);
  open(1, { ...networkLeg, sendCoding: { ...pcma, ptimeMs: 60 } });
  engine.turn(clock.nowMs);
  talk(0, 0, 60, 0x9c, station, 0);
  expect(network.sentBy(1).length).toBeGreaterThanOrEqual(18);
  expect(network.sentBy(1).every((packet) => packet.payload.length === 480)).toBe(true);
});

test("a leg sends to the learnt port, and its socket is connected to it; a moved far side disconnects it", () => {
  const { network, commands, engine, open, talk, clock } = bench;
  const behindNat = { ...station, port: 61_000 };
  open(0, stationLeg);
  open(1, networkLeg);
  engine.turn(clock.nowMs);
  talk(0, 0, 5, 0x9c, behindNat, 0);
  talk(1, 0, 10, 0x9c, farGateway, 8);
  expect(network.connected.get(0)).toEqual(behindNat);
  expect(network.rtp.find((one) => one.leg === 0)?.to).toEqual(behindNat);
  commands.put({ kind: "modify", leg: 0, generation: 1, token: null, settings: { ...stationLeg, remote: farGateway } });
  engine.turn(clock.nowMs);
  expect(network.connected.get(0)).toBeNull();
});

test("a leg that does not send is silent, one that does not receive is counted and not heard", () => {
  const { network, commands, engine, statistics, open, talk, clock } = bench;
  open(0, { ...stationLeg, receives: false });
  open(1, networkLeg);
  engine.turn(clock.nowMs);
  talk(0, 0, 20, 0x9c, station, 0);
  expect(network.rtp).toEqual([]);
  expect(statistics.read(0, 1)?.packetsReceived).toBeGreaterThan(15);
  commands.put({ kind: "modify", leg: 0, generation: 1, token: null, settings: stationLeg });
  commands.put({ kind: "modify", leg: 1, generation: 1, token: null, settings: { ...networkLeg, sends: false } });
  talk(0, 20, 20, 0x9c, station, 0);
  expect(network.rtp).toEqual([]);
  commands.put({ kind: "modify", leg: 1, generation: 1, token: null, settings: networkLeg });
  talk(0, 40, 20, 0x9c, station, 0);
  expect(network.sentBy(1).length).toBeGreaterThan(15);
});

test("opening is answered with what the kernel says, or why it could not be", () => {
  const { network, engine, events, open, clock } = bench;
  network.taken.add(6002);
  open(0, stationLeg);
  open(1, networkLeg);
  open(0, stationLeg, 2);
  open(4000, stationLeg);
  engine.turn(clock.nowMs);
  expect([events.take(), events.take(), events.take(), events.take(), events.take()]).toEqual([
    { kind: "opened", leg: 0, generation: 1, dscp: 46 },
    { kind: "open-failed", leg: 1, generation: 1, reason: "address already in use" },
    { kind: "open-failed", leg: 0, generation: 2, reason: "leg 0 is already open" },
    { kind: "open-failed", leg: 4000, generation: 1, reason: "there is no leg 4000" },
    null,
  ]);
});

test("commands of an earlier generation are not obeyed, and its statistics are gone", () => {
  const { network, commands, engine, statistics, open, clock } = bench;
  open(0, stationLeg);
  engine.turn(clock.nowMs);
  commands.put({ kind: "close", leg: 0, generation: 1, keepsPorts: false });
  open(0, stationLeg, 2);
  commands.put({ kind: "close", leg: 0, generation: 1, keepsPorts: false });
  engine.turn(clock.nowMs);
  expect(network.bound.has(0)).toBe(true);
  expect(statistics.read(0, 1)).toBeNull();
  expect(statistics.read(0, 2)).toMatchObject({ generation: 2, packetsReceived: 0, jitterMs: null });
});

test("with no leg open nothing is due; shutting down says goodbye to all who were sent something", () => {
  const { network, commands, engine, open, talk, clock } = bench;
  expect(engine.next()).toBeNull();
  open(0, stationLeg);
  open(1, networkLeg);
  engine.turn(clock.nowMs);
  talk(0, 0, 20, 0x9c, station, 0);
  network.rtcp.length = 0;
  commands.put({ kind: "shut-down" });
  engine.turn(clock.nowMs);
  expect(engine.isShutDown).toBe(true);
  expect(engine.next()).toBeNull();
  const goodbyes = network.rtcp.map(({ leg, bytes, to }) => {
    const parsed = parseRtcp(bytes);
    return { leg, port: to.port, last: parsed.ok ? parsed.value.at(-1)?.kind : parsed.reason };
  });
  expect(goodbyes).toEqual([{ leg: 1, port: farGateway.port + 1, last: "goodbye" }]);
});

test("reports go out while a call is up", () => {
  const { network, engine, open, talk, clock } = bench;
  open(0, stationLeg);
  open(1, networkLeg);
  engine.turn(clock.nowMs);
  talk(0, 0, 1000, 0x9c, station, 0);
  const kinds = network.rtcp
    .filter(({ leg }) => leg === 1)
    .map(({ bytes }) => {
      const parsed = parseRtcp(bytes);
      return parsed.ok ? parsed.value[0]?.kind : parsed.reason;
    });
  expect(kinds.length).toBeGreaterThanOrEqual(3);
  expect(new Set(kinds)).toEqual(new Set(["sender-report"]));
});

test("a loop that was late by 100 ms makes it good at once; one late by a second leaves that second out", () => {
  const { network, engine, open, receive, runTo, talk, clock } = bench;
  open(0, stationLeg);
  open(1, networkLeg);
  engine.turn(clock.nowMs);
  talk(0, 0, 20, 0x9c, station, 0);
  const before = network.sentBy(1).length;
  for (let number = 20; number < 25; number += 1) receive(0, number, 0x9c, station, 0);
  clock.nowMs += 100;
  engine.turn(clock.nowMs);
  expect(network.sentBy(1).length - before).toBe(5);
  const last = network.sentBy(1).at(-1);
  clock.nowMs += 1000;
  runTo(clock.nowMs + 40);
  const next = network
    .sentBy(1)
    .find((packet) => last !== undefined && packet.sequenceNumber === ((last.sequenceNumber + 1) & 0xffff));
  if (last === undefined || next === undefined) expect.fail("nothing was sent");
  expect(((next.timestamp - last.timestamp) >>> 0) / 8).toBeGreaterThan(900);
  expect(next.marker).toBe(true);
});

test("two thousand legs run in one engine", () => {
  const { network, engine, open, runTo, clock } = bench;
  for (let leg = 0; leg < 2048; leg += 1) open(leg, leg % 2 === 0 ? { ...stationLeg, source: leg + 1 } : networkLeg);
  engine.turn(clock.nowMs);
  runTo(clock.nowMs + 20);
  expect(engine.legCount).toBe(2048);
  expect(network.bound.size).toBe(2048);
});
