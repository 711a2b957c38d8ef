import { expect, test } from "vitest";
import { type Ability, GatewayDialects, lessonOf } from "../../../../host/call-agent/gateway-dialects.js";

const all: readonly Ability[] = ["encapsulated requests", "detected events", "failure event", "inactive mode"];

test("a refusal teaches one thing at a time, and only of what was presumed", () => {
  expect(lessonOf(522, all)).toBe("failure event");
  expect(lessonOf(522, ["encapsulated requests", "detected events"])).toBe("detected events");
  expect(lessonOf(539, all)).toBe("encapsulated requests");
  expect(lessonOf(517, all)).toBe("inactive mode");
  expect(lessonOf(508, ["encapsulated requests", "quarantine handling"])).toBe("quarantine handling");
  expect(lessonOf(539, ["inactive mode"])).toBeNull();
  expect(lessonOf(539, [])).toBeNull();
});

test("a code that is not known teaches what 510 does (RFC 3435 section 2.4), a transient or other one nothing", () => {
  expect([lessonOf(599, all), lessonOf(803, all)]).toEqual(["encapsulated requests", "encapsulated requests"]);
  for (const code of [400, 401, 402, 403, 407, 499, 500, 501, 504, 515, 521]) expect(lessonOf(code, all)).toBeNull();
});

test("what one gateway lacks another may have", () => {
  const dialects = new GatewayDialects();
  dialects.lacks("gw1", "inactive mode");
  expect([dialects.has("gw1", "inactive mode"), dialects.has("gw1", "failure event")]).toEqual([false, true]);
  expect(dialects.has("gw2", "inactive mode")).toBe(true);
  dialects.forget();
  expect(dialects.has("gw1", "inactive mode")).toBe(true);
});
