import { describe, expect, test } from "vitest";
import { billCall, type CallEvidence } from "../../../../host/cdr/billing.js";
import {
  type CallInstant,
  inferredInstant,
  journalledInstant,
  witnessedInstant,
} from "../../../../host/cdr/call-time.js";
import type { JournalledEvent } from "../../../../host/cdr/journal-book.js";
import { oneConnection } from "../../../support/one-connection.js";

const at = { nowMs: 20_000, wallMs: 1_700_000_020_000 };
const gateway = { gateway: "gw2.example", bootId: "B2", upMs: 20_000 };

function instant(ageMs: number): CallInstant {
  return journalledInstant(
    { ageMs, errorMs: 0, bootId: "B2" },
    { askedAtMs: at.nowMs, answeredAtMs: at.nowMs },
    gateway,
  );
}

function event(kind: JournalledEvent["kind"], ageMs: number): JournalledEvent {
  return { gateway: "gw2.example", endpoint: "aaln/4", kind, callId: "C0", instant: instant(ageMs) };
}

const leg = { gateway: "gw1.example", endpoint: "aaln/1", number: "101", statistics: null };
const evidence: CallEvidence = {
  callId: "C0",
  bootId: "B1",
  originating: leg,
  terminating: { ...leg, gateway: "gw2.example", endpoint: "aaln/4", number: "201" },
  originatingDevice: "101",
  originatingAddress: "192.0.2.7",
  setup: null,
  witnessedAnswer: null,
  witnessedEnd: null,
  events: [],
  ends: [],
  connections: [],
  endCause: "called-on-hook",
};

describe("a record", () => {
  test("runs from the answer to the first hang-up, by the journal", () => {
    const events = [event("answer", 12_000), event("on-hook", 2_000), event("on-hook", 1_900)];
    const record = billCall({ ...evidence, events }, "ca1", at);
    expect(record?.duration).toEqual({ ms: 10_000, errorMs: 2, from: "journalled" });
    expect(record?.answer).toEqual({
      wallMs: 1_700_000_008_000,
      errorMs: 1,
      from: "journalled",
      onGateway: { bootId: "B2", atMs: 8_000, errorMs: 1 },
    });
    expect(record?.end?.wallMs).toBe(1_700_000_018_000);
  });

  test("ends with the connection that was there at the answer, not with one that was gone before", () => {
    const end = (ageMs: number) => ({ connection: oneConnection, instant: instant(ageMs), isLost: false });
    const events = [event("answer", 12_000)];
    const record = billCall({ ...evidence, events, ends: [end(15_000), end(2_000), end(1_000)] }, "ca1", at);
    expect(record?.duration?.ms).toBe(10_000);
    expect(billCall({ ...evidence, events, ends: [end(15_000)] }, "ca1", at)?.duration?.ms).toBe(0);
  });

  test("ends with the gateway that died with a connection, not when somebody found the other half", () => {
    const lost = { connection: oneConnection, instant: { ...instant(8_000), errorMs: 5_000 }, isLost: true };
    const events = [event("answer", 12_000), event("on-hook", 2_000)];
    const record = billCall({ ...evidence, events, ends: [lost] }, "ca1", at);
    expect(record).toMatchObject({ duration: { ms: 4_000 }, endCause: "gateway-ended" });
    const hungUpBefore = [...events, event("on-hook", 9_000)];
    const before = billCall({ ...evidence, events: hungUpBefore, ends: [lost] }, "ca1", at);
    expect(before).toMatchObject({ duration: { ms: 3_000 }, endCause: "called-on-hook" });
  });

  test("takes the journal before what was witnessed", () => {
    const witnessedAnswer = witnessedInstant(11_000);
    const record = billCall(
      { ...evidence, witnessedAnswer, events: [event("answer", 12_000), event("on-hook", 2_000)] },
      "ca1",
      at,
    );
    expect(record?.answer?.from).toBe("journalled");
  });

  test("says witnessed, with the greater error, where the journal is silent", () => {
    const record = billCall(
      { ...evidence, witnessedAnswer: witnessedInstant(8_000), witnessedEnd: witnessedInstant(18_000) },
      "ca1",
      at,
    );
    expect(record?.duration).toEqual({ ms: 10_000, errorMs: 1_001, from: "witnessed" });
  });

  test("takes what audits bound only where nobody told, and says so", () => {
    const bounded = { inferredAnswer: inferredInstant(4_000, 8_000), witnessedEnd: inferredInstant(16_000, 18_000) };
    const record = billCall({ ...evidence, ...bounded }, "ca1", at);
    expect(record?.duration).toEqual({ ms: 11_000, errorMs: 3_003, from: "inferred" });
    const told = billCall({ ...evidence, ...bounded, witnessedEnd: witnessedInstant(18_500) }, "ca1", at);
    expect([told?.answer?.from, told?.end?.from]).toEqual(["inferred", "witnessed"]);
  });

  test("of a call that was found talking has no answer where nothing bounds it", () => {
    const found = { ...evidence, wasFoundTalking: true, witnessedEnd: witnessedInstant(18_000) };
    expect(billCall(found, "ca1", at)).toMatchObject({ answer: null, duration: null, end: { from: "witnessed" } });
  });

  test("of a call that was never answered is not made", () => {
    expect(billCall({ ...evidence, events: [event("on-hook", 100)] }, "ca1", at)).toBeNull();
  });

  test("has coding, quality of service and counters of the connection where the deletion told none", () => {
    const record = billCall(
      { ...evidence, events: [event("answer", 12_000)], connections: [oneConnection] },
      "ca1",
      at,
    );
    expect(record).toMatchObject({ coding: { encoding: "PCMA" }, qos: { dscp: 46 }, duration: null });
    expect(record?.originatingStatistics?.packetsReceived).toBe(2);
    expect(record?.terminatingStatistics).toBeNull();
  });
});
