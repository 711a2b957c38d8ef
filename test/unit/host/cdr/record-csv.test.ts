import { expect, test } from "vitest";
import { csvHead, csvRow } from "../../../../host/cdr/record-csv.js";
import { oneRecord } from "../../../support/one-record.js";

function cells(row: string): Record<string, string | undefined> {
  const [names, values] = [csvHead(), row].map((line) => line.trimEnd().split(","));
  return Object.fromEntries((names ?? []).map((name, place) => [name, values?.[place]]));
}

test("a record is one line with its times in UTC, their errors and where they are from", () => {
  expect(csvRow(oneRecord).endsWith("\r\n")).toBe(true);
  expect(cells(csvRow(oneRecord))).toMatchObject({
    call_id: "C0",
    calling_number: "101",
    originating_gateway: "gw1.example",
    answer: "2023-11-14T22:13:22.000Z",
    answer_error_ms: "3",
    answer_from: "journalled",
    duration_ms: "10000",
    dscp: "46",
    terminating_packets_lost: "1",
    end_cause: "called-on-hook",
    end_reason: "",
    written_by: "ca1",
  });
});

test("what is not known is an empty field", () => {
  const bare = { ...oneRecord, end: null, duration: null, coding: null, qos: null, originatingStatistics: null };
  expect(cells(csvRow(bare))).toMatchObject({
    end: "",
    duration_ms: "",
    encoding: "",
    dscp: "",
    originating_jitter_ms: "",
  });
});

test("a time that no calendar has is an empty field", () => {
  const far = { wallMs: 1e300, errorMs: 1, from: "inferred" as const };
  expect(cells(csvRow({ ...oneRecord, end: far }))).toMatchObject({ end: "", end_error_ms: "1" });
});
