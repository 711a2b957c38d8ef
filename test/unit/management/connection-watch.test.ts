import { beforeEach, expect, test } from "vitest";
import { ConnectionWatch, type WatchedConnection, watchFault } from "../../../firmware/management/connection-watch.js";
import { eventNames, eventTexts } from "../../support/event-request-texts.js";

const silent: WatchedConnection = {
  connectionId: "1F",
  packetsReceived: 0,
  packetsLost: 0,
  jitterMs: null,
  roundTripMs: null,
  lastMediaAgeMs: null,
  durationMs: 0,
};

let watch: ConnectionWatch;

beforeEach(() => {
  watch = new ConnectionWatch();
});

const tick = (nowMs: number, ...connections: Partial<WatchedConnection>[]) =>
  eventTexts(
    watch.tick(
      connections.map((more) => ({ ...silent, ...more })),
      nowMs,
    ),
  );

test("media start is told once, when the first packet came under the request", () => {
  watch.watch(eventNames("R/ma@*"), [silent, { ...silent, connectionId: "2F", packetsReceived: 9 }], 0);
  expect(tick(250, {}, { connectionId: "2F", packetsReceived: 9 })).toBe("");
  expect(tick(500, { packetsReceived: 1 }, { connectionId: "2F", packetsReceived: 10 })).toBe("R/ma@1F");
  expect(tick(750, { packetsReceived: 2 }, { connectionId: "3F", packetsReceived: 1 })).toBe("R/ma@3F");
});

test("silence counts from the request, the connection or the last packet, whichever is the latest", () => {
  watch.watch(eventNames("R/rto@1F(2)"), [silent], 0);
  expect([tick(1_750, {}), tick(2_000, {})]).toEqual(["", "R/rto@1F(2)"]);
  watch.watch(eventNames("R/rto@*"), [silent], 10_000);
  expect([tick(70_000, { lastMediaAgeMs: 59_000 }), tick(71_000, { lastMediaAgeMs: 60_000 })]).toEqual([
    "",
    "R/rto@1F(60)",
  ]);
});

test("with st=ra it counts only once the far side's RTCP was heard", () => {
  watch.watch(eventNames("R/rto@*(1,st=ra)"), [silent], 0);
  expect([tick(5_000, {}), tick(6_000, { roundTripMs: 3 })]).toEqual(["", "R/rto@1F(1)"]);
});

test("loss is that since the request", () => {
  watch.watch(eventNames("R/pl@*(1000)"), [{ ...silent, packetsReceived: 1_000, packetsLost: 500 }], 0);
  expect(tick(250, { packetsReceived: 1_990, packetsLost: 510 })).toBe("");
  expect(tick(500, { packetsReceived: 1_990, packetsLost: 511 })).toBe("R/pl@1F(1000)");
});

test("quality and duration have their own thresholds", () => {
  watch.watch(eventNames("R/qa@*,G/ld"), [silent], 0);
  expect(tick(250, { jitterMs: 60, roundTripMs: 800, durationMs: 3_599_999 })).toBe("");
  expect(tick(500, { jitterMs: 61, durationMs: 3_600_000 })).toBe("R/qa@1F,G/ld@1F");
});

test("what cannot be asked for so has a reason", () => {
  const faults = [
    "R/pl@*",
    "R/pl@*(0)",
    "R/rto@*(65536)",
    "R/rto@*(5,st=xx)",
    "R/rto@*(5,st=im)",
    "R/pl@*(10)",
    "R/ma",
  ];
  expect(faults.map((text) => eventNames(text).map(watchFault)[0] === null)).toEqual([
    false,
    false,
    false,
    false,
    true,
    true,
    true,
  ]);
});
