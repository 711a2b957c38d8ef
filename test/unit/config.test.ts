import { expect, test } from "vitest";
import { announcesRestarts, gatewaySchema } from "../../firmware/config.js";

const relays = { name: "gw.example", callAgents: [{ address: "127.0.0.1" }], relay: { count: 4 } };
const line = { first: "aaln/1", number: "101", phone: "127.0.0.9:5060" };

test.each([
  ["relays alone do not", {}, false],
  ["lines do", { lines: [line] }, true],
  ["a notified entity is there to be told", { notifiedEntity: "ca@ca.example" }, true],
  ["relays do when they are told to", { restart: { announce: true } }, true],
  ["lines do not when they are told not to", { lines: [line], restart: { announce: false } }, false],
])("whether call agents are told of restarts: %s", (_what, more, announces) => {
  expect(announcesRestarts(gatewaySchema.parse({ ...relays, ...more }))).toBe(announces);
});

test("every coding of the DSP may be configured, and a wrong one is answered with those there are", () => {
  const codings = (names: readonly string[]) => gatewaySchema.safeParse({ ...relays, media: { codings: names } });
  expect(codings(["G722", "L16/16000", "AAL2-G726-32", "PCMU"]).success).toBe(true);
  expect(codings(["G729"]).error?.issues[0]?.message).toMatch(/must be one of PCMU, PCMA, G722, G726-16/);
  expect(codings(["PCMU", "PCMU"]).error?.issues[0]?.message).toBe("must not name a coding twice");
});
