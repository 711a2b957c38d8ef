import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { parseControlRequest } from "../../../../host/control/control-message.js";

describe("an operator's request", () => {
  test("is one of two commands", () => {
    expect(parseControlRequest('{"command":"calls"}')).toEqual({ ok: true, value: { command: "calls" } });
    expect(parseControlRequest('{"command":"switchover"}')).toEqual({
      ok: true,
      value: { command: "switchover", resetEpoch: false },
    });
    expect(parseControlRequest('{"command":"switchover","resetEpoch":true}')).toEqual({
      ok: true,
      value: { command: "switchover", resetEpoch: true },
    });
  });

  test.each([
    ["", "not a request"],
    ["null", "not a request"],
    ["[]", "not a request"],
    ['{"command":"halt"}', "unknown command"],
    ['{"command":"switchover","resetEpoch":"yes"}', "resetEpoch is true or false"],
    [`{"command":"calls"${" ".repeat(2_000)}}`, "above 1024 bytes"],
  ])("%j is none", (line, reason) => {
    expect(parseControlRequest(line)).toEqual({ ok: false, reason: expect.stringContaining(reason) });
  });

  property.prop([fc.oneof(fc.string(), fc.json())])("of any text ends in a value or a reason", (line) => {
    expect(parseControlRequest(line).ok).toBe(false);
  });
});
