import { expect, test } from "vitest";
import { listRecords } from "../../../../host/cli/record-list.js";
import { oneRecord } from "../../../support/one-record.js";

test("a record is a row with who called whom, how long, and what that is worth", () => {
  const [, row = ""] = listRecords([oneRecord]);
  expect(row.split(/ {2,}/).slice(1)).toEqual([
    "101",
    "201",
    "0:10",
    "2 ms",
    "journalled",
    "aaln/1@gw1.example",
    "aaln/4@gw2.example",
    "PCMA",
    "called-on-hook",
    "C0",
  ]);
});

test("what is not known is a dash", () => {
  const [, row = ""] = listRecords([{ ...oneRecord, end: null, duration: null, terminating: null, coding: null }]);
  expect(row.split(/ +/)).toEqual([
    "-",
    "101",
    "201",
    "-",
    "-",
    "journalled",
    "aaln/1@gw1.example",
    "-",
    "-",
    "called-on-hook",
    "C0",
  ]);
});
