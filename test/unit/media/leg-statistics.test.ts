import { beforeAll, expect, test } from "vitest";
import type { EngineMemory } from "../../../firmware/media/engine-memory.js";
import { type LegCounters, LegStatisticsTable } from "../../../firmware/media/leg-statistics.js";
import type { LegStreams } from "../../../firmware/media/media-port.js";
import { newDsp } from "../../support/dsp.js";

let memory: EngineMemory;
beforeAll(async () => {
  memory = (await newDsp()).memory;
});

const counters: LegCounters = {
  generation: 7,
  packetsSent: 2 ** 40,
  octetsSent: 160,
  packetsReceived: 3,
  octetsReceived: 480,
  packetsLost: 1,
  packetsDiscarded: 2,
  jitterMs: 0.125,
  roundTripMs: null,
  lastReceivedAtMs: 123_456.789,
  learntRemote: { address: "2001:db8::1", port: 4000 },
  ssrc: 0xffff_fffe,
  framesFilled: 5,
};

const streams: LegStreams = {
  sent: { sinceMs: 12.5, payloadType: 8, reports: 3, reportedAtMs: 5_000.25 },
  heard: {
    ssrc: 7,
    sinceMs: 20,
    payloadType: 101,
    packets: 2 ** 33,
    octets: 480,
    lost: 1,
    jitter: 0.5,
    reports: 1,
    reportedAtMs: 4_000,
  },
};

test("counters and streams read as they were written, unknown ones as null", () => {
  const table = new LegStatisticsTable(memory);
  table.write(2047, counters);
  table.writeStreams(2047, streams);
  expect(table.read(2047, 7)).toEqual({ ...counters, ...streams });
  const others: LegCounters = { ...counters, learntRemote: null, roundTripMs: 3 };
  table.write(2047, others);
  table.writeStreams(2047, { sent: null, heard: null });
  expect(table.read(2047, 7)).toEqual({ ...others, sent: null, heard: null });
});

test("another generation, and a closed leg, have no statistics", () => {
  const table = new LegStatisticsTable(memory);
  table.write(0, counters);
  expect(table.read(0, 8)).toBeNull();
  table.clear(0);
  expect(table.read(0, 7)).toBeNull();
  expect(table.read(0, 0)).toBeNull();
});

test("a record that stays locked is an engine that died, and said to be", () => {
  const table = new LegStatisticsTable(memory);
  table.write(1, counters);
  Atomics.add(new Int32Array(memory.buffer), (memory.map.statisticsOffset + memory.map.statisticsBytes) >> 2, 1);
  expect(() => table.read(1, 7)).toThrow("stay locked");
});
