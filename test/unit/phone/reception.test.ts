import { expect, test } from "vitest";
import { Reception } from "../../../firmware/phone/reception.js";

/** Packets of 20 ms, each so many ms later than its time. */
function received(sequences: readonly number[], lateMs: (index: number) => number = () => 0): Reception {
  const reception = new Reception();
  for (const [index, sequence] of sequences.entries()) {
    reception.packet(9, sequence & 0xffff, index * 160, 1000 + index * 20 + lateMs(index));
  }
  return reception;
}

test("nothing heard is no report", () => {
  expect(new Reception().report(0)).toBeNull();
});

test("loss is what is missing up to the highest number, across the wrap too (RFC 3550 A.3)", () => {
  const report = received([65_534, 65_535, 65_537, 65_538]).report(2000);
  expect(report).toMatchObject({ cumulativeLost: 1, fractionLost: 51, extendedHighestSequence: 65_538 });
});

test("the fraction lost counts from the report before", () => {
  const reception = received([1, 2, 4]);
  reception.report(2000);
  reception.packet(9, 5, 800, 2020);
  expect(reception.report(2040)).toMatchObject({ cumulativeLost: 1, fractionLost: 0 });
});

test("an even stream has no jitter, one that swings by 10 ms comes near to 80 units (RFC 3550 A.8)", () => {
  const numbers = Array.from({ length: 400 }, (_, index) => index);
  expect(received(numbers).report(0)?.jitter).toBe(0);
  expect(received(numbers, (index) => (index % 2) * 10).report(0)?.jitter).toBeGreaterThanOrEqual(79);
});

test("the last sender report and its age go back to the sender", () => {
  const reception = received([1]);
  const ntp = { seconds: 0x1234_5678, fraction: 0x9abc_def0 };
  reception.senderReport(9, { ntp, rtpTime: 0, packetsSent: 1, octetsSent: 160 }, 2000);
  expect(reception.report(2500)).toMatchObject({ lastSenderReport: 0x5678_9abc, delaySinceLastSenderReport: 32_768 });
});

test("numbers that begin anew are a new count once two follow on each other, a stray one is passed over (RFC 3550 A.1)", () => {
  expect(received([1, 2, 30_000, 3]).report(2000)).toMatchObject({ cumulativeLost: 0, extendedHighestSequence: 3 });
  const restarted = received([40_000, 40_001, 7, 8, 9]).report(2000);
  expect(restarted).toMatchObject({ cumulativeLost: 0, extendedHighestSequence: 9 });
});
