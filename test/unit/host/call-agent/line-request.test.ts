import { expect, test } from "vitest";
import type { EventName } from "../../../../firmware/protocol/mgcp/message.js";
import { writeMessage } from "../../../../firmware/protocol/mgcp/write.js";
import { dialledDigits, type LineRequest, lineParameters, observes } from "../../../../host/call-agent/line-request.js";

function written(request: LineRequest, tellsFailure = true): string[] {
  const parameters = lineParameters(request, "0123ABC", "(1xx|2xx)", tellsFailure);
  const endpoint = { local: "aaln/1", domain: "gw1.example" };
  const bytes = writeMessage({ kind: "command", verb: "RQNT", transactionId: 7, endpoint, parameters, session: null });
  return Buffer.from(bytes).toString().trim().split(/\r?\n/).slice(1);
}

/** Notify is what is done with an event for which no action stands (RFC 3435 section 3.2.2.16). */
test("each thing a line does has its request", () => {
  expect(written("idle")).toEqual(["X: 0123ABC", "R: L/hd", "S:"]);
  expect(written("ringing")).toEqual(["X: 0123ABC", "R: L/hd,L/hu,L/of", "S: L/rg"]);
  expect(written("ringing", false)).toEqual(["X: 0123ABC", "R: L/hd,L/hu", "S: L/rg"]);
  expect(written("ringback")).toEqual(["X: 0123ABC", "R: L/hu", "S: G/rt"]);
  expect(written("talking")).toEqual(["X: 0123ABC", "R: L/hu", "S:"]);
  expect(written("busy-tone")).toEqual(["X: 0123ABC", "R: L/hu", "S: L/bz"]);
  expect(written("dial-tone")).toEqual(["X: 0123ABC", "R: L/hu,D/[0-9#*T](D)", "S: L/dl", "D: (1xx|2xx)"]);
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
