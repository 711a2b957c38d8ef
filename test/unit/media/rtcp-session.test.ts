import { expect, test } from "vitest";
import { parseRtcp } from "#protocol/rtcp.js";
import { RtcpSession } from "../../../firmware/media/rtcp-session.js";
import { seededRandom } from "../../support/seeded-random.js";

const wallAtZeroMs = Date.UTC(2026, 0, 1);
const silent = { ssrc: 1, timestamp: 0, packetsSent: 0, octetsSent: 0 };
const sending = { ssrc: 1, timestamp: 16_000, packetsSent: 100, octetsSent: 16_000 };

function newSession(random = seededRandom(7)) {
  return new RtcpSession("abc@192.0.2.1", random, wallAtZeroMs, 0);
}

test("the first report comes after 2.5 s, later ones after 5 s, each spread by chance (RFC 3550 section 6.3.1)", () => {
  const least = newSession(() => 0);
  expect(least.nextAtMs).toBeCloseTo(2500 * 0.5 * (1 / 1.21828), 1);
  const session = newSession();
  let nowMs = session.nextAtMs;
  for (let report = 0; report < 100; report += 1) {
    session.report(sending, null, nowMs);
    const intervalMs = session.nextAtMs - nowMs;
    expect(intervalMs).toBeGreaterThanOrEqual((5000 * 0.5) / 1.21828);
    expect(intervalMs).toBeLessThanOrEqual((5000 * 1.5) / 1.21828);
    nowMs = session.nextAtMs;
  }
});

test("who sends reports as a sender, who has stopped for two reports as a receiver", () => {
  const session = newSession();
  const kinds = [1, 2, 3, 4].map((nowMs) => {
    const parsed = parseRtcp(session.report(sending, null, nowMs));
    return parsed.ok ? parsed.value.map((packet) => packet.kind) : [];
  });
  expect(kinds.map(([first]) => first)).toEqual([
    "sender-report",
    "sender-report",
    "receiver-report",
    "receiver-report",
  ]);
  expect(kinds[0]?.[1]).toBe("description");
});

test("counts the reports of what it sends, and those on what it hears until another SSRC is heard", () => {
  const session = newSession();
  const heard = { ssrc: 5, fractionLost: 0, cumulativeLost: 0, extendedHighest: 1, jitter: 0 };
  expect([session.sentReports, session.reportsOn(5)]).toEqual(Array(2).fill({ reports: 0, reportedAtMs: null }));
  session.report(sending, heard, 1_000);
  session.report(sending, heard, 6_000);
  session.report(sending, heard, 11_000);
  expect(session.sentReports).toEqual({ reports: 2, reportedAtMs: 6_000 });
  expect(session.reportsOn(5)).toEqual({ reports: 3, reportedAtMs: 11_000 });
  session.report(sending, { ...heard, ssrc: 6 }, 16_000);
  expect([session.reportsOn(5).reports, session.reportsOn(6).reports]).toEqual([0, 1]);
});

test("goodbye is said only by who was ever heard (RFC 3550 section 6.3.7)", () => {
  expect(newSession().goodbye(silent, null, 10)).toBeNull();
  const bytes = newSession().goodbye(sending, null, 10);
  const parsed = parseRtcp(bytes ?? new Uint8Array());
  expect(parsed.ok && parsed.value.map((packet) => packet.kind)).toEqual(["sender-report", "description", "goodbye"]);
});

test("two sessions learn the round trip from each other's reports", () => {
  const here = newSession();
  const there = newSession(seededRandom(8));
  const heardHere = { ssrc: 1, fractionLost: 0, cumulativeLost: 0, extendedHighest: 100, jitter: 3 };
  there.receive(here.report(sending, null, 1000), 2, 1030);
  const answer = there.report({ ...silent, ssrc: 2 }, heardHere, 3000);
  here.receive(answer, 1, 3045);
  expect(here.roundTripMs).toBeCloseTo(75, 0);
  expect(there.roundTripMs).toBeNull();
});

test("malformed reports change nothing", () => {
  const session = newSession();
  expect(session.receive(Uint8Array.of(1, 2, 3), 1, 5)).toBe("malformed");
  expect(session.roundTripMs).toBeNull();
});
