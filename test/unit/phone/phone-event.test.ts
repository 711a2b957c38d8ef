import { expect, test } from "vitest";
import { phoneEventLine } from "../../../firmware/phone/phone-event.js";

const at = { nowMs: 1234.5, wallMs: Date.UTC(2026, 0, 2, 3, 4, 5, 6) };

test("an event is one JSON object with both clocks", () => {
  const line = phoneEventLine("201", { kind: "ringing", from: "101", sound: null }, at, true);
  expect(JSON.parse(line)).toEqual({
    event: "ringing",
    number: "201",
    monotonicMs: 1234.5,
    wallMs: at.wallMs,
    from: "101",
  });
});

test("an event is a line for a reader", () => {
  const sound = {
    packetsSent: 10,
    packetsReceived: 9,
    packetsLost: 1,
    packetsLate: 0,
    packetsStrange: 0,
    missingMs: 20,
    stalledMs: 0,
  };
  expect(phoneEventLine("201", { kind: "hung-up", by: "far", reason: "BYE", sound }, at, false)).toBe(
    "03:04:05.006  201  is on-hook: BYE; 10 packets sent, 9 received, 1 lost, 0 late, 20 ms unheard",
  );
  expect(phoneEventLine("201", { kind: "answered", by: "far", sound: null }, at, false)).toBe(
    "03:04:05.006  201  is answered",
  );
});
