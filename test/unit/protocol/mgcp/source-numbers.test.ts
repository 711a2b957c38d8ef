import { expect, test } from "vitest";
import { SourceNumbers } from "../../../../firmware/protocol/mgcp/source-numbers.js";

const one = { address: "192.0.2.1", port: 2727 };
const other = { address: "192.0.2.1", port: 2728 };

test("an address has one number as long as it is held, and another address another", () => {
  const sources = new SourceNumbers();
  expect(sources.find(one)).toBeNull();
  const number = sources.hold(one);
  expect(sources.hold({ ...one })).toBe(number);
  expect(sources.hold(other)).not.toBe(number);
  expect(sources.find({ ...one })).toBe(number);
});

test("released as often as it was held an address is unknown, and its number free for another", () => {
  const sources = new SourceNumbers();
  const number = sources.hold(one);
  sources.hold(one);
  sources.release(number);
  expect(sources.find(one)).toBe(number);
  sources.release(number);
  expect(sources.find(one)).toBeNull();
  expect(sources.hold(other)).toBe(number);
  expect(sources.find(one)).toBeNull();
});
