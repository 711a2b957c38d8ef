import { expect, test } from "vitest";
import { unknownCall } from "../../../../host/call-agent/live-call.js";
import { listCalls } from "../../../../host/control/call-list.js";
import { oneConnection } from "../../../support/one-connection.js";

const leg = (gateway: string, number: string) => ({
  gateway,
  endpoint: "aaln/1",
  number,
  connectionId: "A",
  session: null,
});
const live = {
  ...unknownCall,
  call: {
    callId: "C1",
    legs: { originating: leg("gw1", "101"), terminating: leg("gw2", "201") },
    state: { name: "ringing" as const },
  },
};
const tag = "v=1;from=102;to=202;orig=aaln/2@gw1;dest=aaln/2@gw2;answer=5000";

test("a call in hand stands there with its own state, and once", () => {
  const rows = [
    { ...oneConnection, callId: "C1" },
    { ...oneConnection, callId: "C1" },
  ];
  expect(listCalls([live], rows)).toMatchObject([
    { callId: "C1", state: "ringing", known: "in hand", originating: "aaln/1@gw1", connections: 2 },
  ]);
});

test("one that only the polls know has what its tag says, and the state of its half that is behind", () => {
  const rows = [
    { ...oneConnection, callId: "C0", state: "up" as const, tag },
    { ...oneConnection, callId: "C0", state: "setting-up" as const, tag: "" },
  ];
  expect(listCalls([live], rows)).toMatchObject([
    {
      callId: "C0",
      state: "setting-up",
      known: "polled",
      callingNumber: "102",
      calledNumber: "202",
      terminating: "aaln/2@gw2",
      answerWallMs: 5_000,
    },
    { callId: "C1" },
  ]);
});
