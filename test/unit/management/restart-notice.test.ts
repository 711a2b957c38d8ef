import { beforeEach, expect, test } from "vitest";
import { type Notice, RestartNotice } from "../../../firmware/management/restart-notice.js";

const options = {
  announces: true,
  restartWaitMaxMs: 10_000,
  disconnectedFirstMs: 15_000,
  disconnectedLeastMs: 15_000,
  disconnectedMostMs: 100_000,
  pauseMs: 2_000,
  redirectionsMax: 2,
};

let restart: RestartNotice;

beforeEach(() => {
  restart = new RestartNotice(options, () => 0.5);
});

const texts = (notices: readonly Notice[]) => notices.map(({ subject, method }) => `${subject} ${method}`);

/** Nobody answers; until when it waits then. */
function unanswered(nowMs: number): number | null {
  expect(restart.due(nowMs).length).toBe(1);
  restart.ended("*", null, false, nowMs);
  return restart.next();
}

test("a start waits at random within MWD, and the wait doubles from Tdinit to Tdmax while nobody answers", () => {
  restart.begin(0);
  expect(restart.next()).toBe(5_000);
  expect(texts(restart.due(4_999))).toEqual([]);
  // Half between one second and Tdinit.
  expect(unanswered(5_000)).toBe(13_000);
  expect(unanswered(13_000)).toBe(29_000);
  expect(unanswered(29_000)).toBe(61_000);
  expect(unanswered(61_000)).toBe(125_000);
  expect(unanswered(125_000)).toBe(225_000);
});

test("activity cuts the first wait short; later ones only when Tdmin has passed since the last end", () => {
  restart.begin(0);
  restart.activity("aaln/1", 10);
  expect(unanswered(10)).toBe(8_010);
  restart.activity("aaln/1", 5_000);
  expect(restart.next()).toBe(8_010);
  expect(unanswered(8_010)).toBe(24_010);
  restart.activity("aaln/1", 23_009);
  expect(restart.next()).toBe(24_010);
  restart.activity("aaln/1", 23_010);
  expect(restart.next()).toBe(23_010);
});

test("a transient error is tried again after a pause, a permanent one not until a command comes", () => {
  restart.begin(0);
  restart.due(5_000);
  restart.ended("*", 400, false, 5_000);
  expect(restart.next()).toBe(7_000);
  restart.due(7_000);
  restart.ended("*", 510, false, 7_000);
  expect(restart.next()).toBeNull();
  expect(texts(restart.commanded(["aaln/1", "aaln/2"], 9_000))).toEqual(["* restart"]);
  expect(restart.next()).toBe(9_000);
});

test("redirections are followed at once, a few times", () => {
  restart.begin(0);
  const next = [0, 1, 2].map(() => {
    const nowMs = restart.next() ?? 0;
    restart.due(nowMs);
    restart.ended("*", 521, true, nowMs);
    return restart.next();
  });
  expect(next).toEqual([5_000, 5_000, 13_000]);
});

test("an endpoint is disconnected by itself, and told of with the seconds since", () => {
  restart.lost("aaln/1", 1_000);
  expect([restart.isDisconnected("aaln/1"), restart.isUntold("aaln/2")]).toEqual([true, false]);
  expect(restart.due(9_000)).toEqual([{ subject: "aaln/1", method: "disconnected", delaySeconds: 8 }]);
  expect(restart.state("aaln/1", 31_000)).toEqual({ method: "disconnected", delaySeconds: 30 });
  expect(restart.ended("aaln/1", 200, false, 31_000)).toBe(true);
  expect(restart.state("aaln/1", 31_000)).toEqual({ method: "restart", delaySeconds: 0 });
});

test("where nothing is announced nothing is owed to anyone, and service ends all the same", () => {
  restart = new RestartNotice({ ...options, announces: false }, () => 0.5);
  restart.begin(0);
  restart.lost("aaln/1", 1_000);
  expect([restart.isTold, restart.next(), restart.due(100_000)]).toEqual([true, null, []]);
  restart.graceful(10, 0);
  expect(texts(restart.due(10_000))).toEqual(["* forced"]);
  expect(restart.isOutOfService).toBe(true);
});

test("graceful becomes forced after its delay; out of service nothing is waited for", () => {
  restart.lost("aaln/1", 0);
  expect(restart.graceful(10, 0)).toEqual({ subject: "*", method: "graceful", delaySeconds: 10 });
  expect(restart.state("aaln/1", 4_000)).toEqual({ method: "graceful", delaySeconds: 6 });
  expect(texts(restart.due(10_000)).at(0)).toBe("* forced");
  expect([restart.isOutOfService, restart.next()]).toEqual([true, null]);
  restart.lost("aaln/1", 11_000);
  expect(restart.next()).toBeNull();
});
