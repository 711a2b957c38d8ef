import { expect, test } from "vitest";
import type { EventName } from "../../../../firmware/protocol/mgcp/message.js";
import { writeMessage } from "../../../../firmware/protocol/mgcp/write.js";
import { dialledDigits, type LineRequest, lineParameters, observes } from "../../../../host/call-agent/line-request.js";

function written(request: LineRequest, abilities = { tellsFailure: true, detects: true, discards: true }): string[] {
  const parameters = lineParameters(request, "0123ABC", "(1xx|2xx)", abilities);
  const endpoint = { local: "aaln/1", domain: "gw1.example" };
  const bytes = writeMessage({ kind: "command", verb: "RQNT", transactionId: 7, endpoint, parameters, session: null });
  return Buffer.from(bytes).toString().trim().split(/\r?\n/).slice(2);
}

/** Notify is what is done with an event for which no action stands (RFC 3435 section 3.2.2.16). */
test("each thing a line does has its request", () => {
  const hook = "T: L/hd,L/hu";
  expect(written("idle")).toEqual(["R: L/hd", "S:", "T: L/hd,L/hu,D/[0-9#*]"]);
  expect(written("ringing").sort()).toEqual(["Q: step,discard", "R: L/hd,L/of", "S: L/rg", hook]);
  expect(written("ringback")).toEqual(["R: L/hu", "S: G/rt", hook]);
  expect(written("silence")).toEqual(["R: L/hu", "S:", hook]);
  expect(written("busy-tone")).toEqual(["R: L/hu", "S: L/bz", hook]);
  expect(written("dial-tone")).toEqual(["R: L/hu,D/[0-9#*T](D)", "S: L/dl", "D: (1xx|2xx)", hook]);
});

test("what a gateway lacks is left out", () => {
  expect(written("ringing", { tellsFailure: false, detects: false, discards: false })).toEqual(["R: L/hd", "S: L/rg"]);
  expect(written("idle", { tellsFailure: true, detects: false, discards: true })).toEqual(["R: L/hd", "S:"]);
});

test("no request asks for both positions of the handset, as one of them is refused", () => {
  const abilities = { tellsFailure: true, detects: true, discards: true };
  const all: LineRequest[] = ["idle", "dial-tone", "ringback", "ringing", "silence", "busy-tone"];
  for (const request of all) {
    const { requestedEvents = [] } = lineParameters(request, "1", "x", abilities);
    expect(requestedEvents.filter(({ event }) => event === "hd" || event === "hu")).toHaveLength(1);
  }
});

const seen = (packageName: string | null, event: string): EventName => ({
  packageName,
  event,
  connectionId: null,
  parameters: [],
});

test("dialled digits are read in their order, without the timer", () => {
  const observed = [seen("D", "2"), seen("d", "0"), seen("L", "hu"), seen("D", "1"), seen("D", "T")];
  expect(dialledDigits(observed)).toBe("201");
});

test("hook events are of the line package, which is the default one", () => {
  expect([observes([seen("L", "hd")], "hd"), observes([seen(null, "HU")], "hu")]).toEqual([true, true]);
  expect([observes([seen("T", "hd")], "hd"), observes([], "hu")]).toEqual([false, false]);
});
