/** One call detail record, for tests that need an example and not any. */
import type { CallDetailRecord } from "../../host/cdr/call-detail-record.js";

const statistics = {
  packetsSent: 100,
  octetsSent: 16_000,
  packetsReceived: 99,
  octetsReceived: 15_840,
  packetsLost: 1,
  jitterMs: 1,
};

export const oneRecord: CallDetailRecord = {
  callId: "C0",
  bootId: "B1",
  callingNumber: "101",
  calledNumber: "201",
  originatingDevice: "101",
  originatingAddress: "192.0.2.7",
  originating: { gateway: "gw1.example", endpoint: "aaln/1" },
  terminating: { gateway: "gw2.example", endpoint: "aaln/4" },
  setup: { wallMs: 1_700_000_000_000, errorMs: 500, from: "witnessed" },
  answer: { wallMs: 1_700_000_002_000, errorMs: 3, from: "journalled" },
  end: { wallMs: 1_700_000_012_000, errorMs: 3, from: "journalled" },
  duration: { ms: 10_000, errorMs: 2, from: "journalled" },
  coding: { encoding: "PCMA", clockRateHz: 8_000, payloadType: 8, ptimeMs: 20 },
  qos: { dscp: 46, reservation: "none" },
  originatingStatistics: statistics,
  terminatingStatistics: statistics,
  endCause: "called-on-hook",
  endReason: null,
  writtenBy: ["ca1"],
};
