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
