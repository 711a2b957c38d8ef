import { expect, test } from "vitest";
import { CounterLog } from "../../../firmware/management/counter-log.js";

test("what is behind a number is parted into as many pieces as are asked for, but none smaller than wanted", () => {
  const log = new CounterLog<string>();
  for (let counter = 1; counter <= 100; counter += 1) log.put(counter, `row ${counter}`);
  expect(log.partitions(20, 4, 1)).toEqual([40, 60, 80]);
  expect(log.partitions(20, 16, 24)).toEqual([44, 68, 92]);
  expect(log.partitions(20, 4, 80)).toEqual([]);
});
