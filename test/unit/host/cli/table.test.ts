import { expect, test } from "vitest";
import { writeTable } from "../../../../host/cli/table.js";

test("columns are as wide as their widest cell, numbers stand to the right, nothing is shown as a dash", () => {
  const columns = [{ title: "line" }, { title: "duration", align: "right" as const }, { title: "coding" }];
  expect(
    writeTable(columns, [
      ["aaln/1", "0:07", "PCMA"],
      ["a", "", "G722"],
    ]),
  ).toEqual([
    "line    duration  coding", //
    "aaln/1      0:07  PCMA",
    "a              -  G722",
  ]);
});

test("a cell cannot steer the terminal, and a long one is cut", () => {
  const [, steering, long] = writeTable([{ title: "x" }], [["a\u001b[2Jb"], ["y".repeat(100)]]);
  expect(steering).toBe("a?[2Jb");
  expect(long).toBe(`${"y".repeat(59)}…`);
});
