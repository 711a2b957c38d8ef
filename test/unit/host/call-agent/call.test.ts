import { describe, expect, test } from "vitest";
import { type CallInput, type CallLeg, type CallTurn, startCall, stepCall } from "../../../../host/call-agent/call.js";

const leg = (gateway: string): CallLeg => ({
  gateway,
  endpoint: "aaln/1",
  number: "1",
  connectionId: null,
  session: null,
});

function play(...inputs: readonly CallInput[]): CallTurn {
  let turn = startCall("C0", leg("gw1"), leg("gw2"));
  for (const input of inputs) turn = stepCall(turn.call, input);
  return turn;
}

const madeA: CallInput = { kind: "created", side: "originating", connectionId: "A1", session: "sdp A" };
const madeB: CallInput = { kind: "created", side: "terminating", connectionId: "B1", session: "sdp B" };
const describedA: CallInput = { kind: "modified", side: "originating" };
const answer: CallInput = { kind: "off-hook", side: "terminating" };
const connected: CallInput[] = [describedA, { kind: "modified", side: "terminating" }];

describe("a call", () => {
  test("makes the second connection with the first one's description, and the first learns the second's", () => {
    expect(play().steps).toMatchObject([{ kind: "create", side: "originating", remote: null }]);
    expect(play(madeA).steps).toMatchObject([{ kind: "create", side: "terminating", remote: "sdp A" }]);
    expect(play(madeA, madeB).steps).toMatchObject([{ kind: "describe", side: "originating", remote: "sdp B" }]);
  });

  test("says with each connection step what the line is to hear", () => {
    const steps = [play(), play(madeA), play(madeA, madeB), play(madeA, madeB, describedA, answer)].map(
      ({ steps: all }) => all.map((step) => ("signal" in step ? `${step.side} ${step.signal}` : step.kind)),
    );
    expect(steps).toEqual([
      ["originating silence"],
      ["terminating ringing"],
      ["originating ringback"],
      ["terminating silence", "originating silence"],
    ]);
  });

  test("picked up before the caller's side is described is connected when it is", () => {
    for (const early of [
      [madeA, answer, madeB],
      [madeA, madeB, answer],
    ]) {
      expect(play(...early).steps.filter(({ kind }) => kind === "connect")).toEqual([]);
      const { call, steps } = play(...early, describedA);
      expect(call.state.name).toBe("connecting");
      expect(steps.filter(({ kind }) => kind === "connect")).toHaveLength(2);
    }
  });

  test("rings, and connects both ways at once when answered", () => {
    expect(play(madeA, madeB, describedA).call.state.name).toBe("ringing");
    const { call, steps } = play(madeA, madeB, describedA, answer);
    expect(steps.filter(({ kind }) => kind === "connect")).toHaveLength(2);
    expect(call.state.name).toBe("connecting");
    expect(play(madeA, madeB, describedA, answer, ...connected).call.state.name).toBe("talking");
  });

  test("is asked to connect once more where a gateway did not answer, for two may talk already, and then released", () => {
    const silent: CallInput = { kind: "failed", side: "terminating", step: "connect", answered: false };
    const once = play(madeA, madeB, describedA, answer, silent);
    expect(once.call.state.name).toBe("connecting");
    expect(once.steps).toEqual([{ kind: "connect", side: "terminating", signal: "silence" }]);
    expect(play(madeA, madeB, describedA, answer, silent, ...connected).call.state.name).toBe("talking");
    expect(play(madeA, madeB, describedA, answer, silent, silent).call.state.name).toBe("releasing");
    expect(play(madeA, madeB, describedA, answer, { ...silent, answered: true }).call.state.name).toBe("releasing");
  });

  test("is not answered by the one who calls", () => {
    const { call } = play(madeA, madeB, describedA, { kind: "off-hook", side: "originating" });
    expect(call.state.name).toBe("ringing");
  });

  test("is released by either side's hang-up, and closed once both connections are gone", () => {
    const hangUp: CallInput = { kind: "on-hook", side: "terminating" };
    const talking = [madeA, madeB, describedA, answer, ...connected];
    const released = play(...talking, hangUp);
    const cause = "called-on-hook";
    expect(released.steps).toEqual([
      { kind: "delete", side: "originating", connectionId: "A1", cause },
      { kind: "delete", side: "terminating", connectionId: "B1", cause },
    ]);
    const one = stepCall(released.call, { kind: "deleted", side: "originating" });
    expect(one.steps).toEqual([{ kind: "free", side: "originating", cause }]);
    const both = stepCall(one.call, { kind: "failed", side: "terminating", step: "delete", answered: false });
    expect(both.steps).toEqual([
      { kind: "free", side: "terminating", cause },
      { kind: "close", cause },
    ]);
  });

  test("is not over because a command before the deletion failed", () => {
    const { call } = play(madeA, madeB, { kind: "on-hook", side: "originating" });
    const failed = stepCall(call, { kind: "failed", side: "originating", step: "describe", answered: true });
    expect(failed.steps).toEqual([]);
  });

  test("given up during a creation deletes what the creation made", () => {
    const givenUp = play(madeA, { kind: "on-hook", side: "originating" });
    expect(givenUp.steps).toMatchObject([{ kind: "delete", side: "originating", connectionId: "A1" }]);
    const late = stepCall(givenUp.call, madeB);
    expect(late.steps).toMatchObject([{ kind: "delete", side: "terminating", connectionId: "B1" }]);
  });

  test("deletes by call id where a creation was not answered", () => {
    const { steps } = play(madeA, { kind: "failed", side: "terminating", step: "create", answered: false });
    expect(steps).toContainEqual({ kind: "delete", side: "terminating", connectionId: null, cause: "refused" });
  });

  test("whose first creation is refused is over at once", () => {
    const { steps } = play({ kind: "failed", side: "originating", step: "create", answered: true });
    expect(steps.map(({ kind }) => kind)).toEqual(["free", "free", "close"]);
  });
});
