import { expect, test } from "vitest";
import {
  readNotificationState,
  readPersistentEvents,
  writeNotificationState,
  writePersistentEvents,
} from "../../../../firmware/protocol/mgcp/base-package.js";

test("RFC 3435 Appendix B.2.1: the example of persistent events", () => {
  const value = "L/hd(N), L/hf(N), L/hu(N), B/enf, B/oef, B/qbo";
  const read = readPersistentEvents({ extensions: [{ name: "b/pr", value }] });
  if (!read.ok || read.value === null) throw new Error("not read");
  expect(read.value.map(({ packageName, event }) => `${packageName}/${event}`)).toEqual([
    "L/hd",
    "L/hf",
    "L/hu",
    "B/enf",
    "B/oef",
    "B/qbo",
  ]);
  expect(writePersistentEvents(read.value)).toEqual({ name: "B/PR", value: "L/hd,L/hf,L/hu,B/enf,B/oef,B/qbo" });
});

test("an empty list empties, a missing one leaves, a wrong one is refused", () => {
  expect(readPersistentEvents({ extensions: [{ name: "B/PR", value: "" }] })).toEqual({ ok: true, value: [] });
  expect(readPersistentEvents({})).toEqual({ ok: true, value: null });
  expect(readPersistentEvents({ extensions: [{ name: "B/PR", value: "L/hd(Z)" }] })).toMatchObject({ code: 523 });
});

test.each(["notification", "lockstep", "other"] as const)("Appendix B.2.2: the %s state is told", (state) => {
  expect(readNotificationState({ extensions: [writeNotificationState(state)] })).toBe(state);
});
