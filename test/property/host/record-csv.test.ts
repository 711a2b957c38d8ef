import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { csvHead, csvRow } from "../../../host/cdr/record-csv.js";
import { oneRecord } from "../../support/one-record.js";

/** RFC 4180 section 2, read by its grammar: fields between commas, a record to the next CR LF outside quotes. */
function readCsv(text: string): string[][] {
  const records: string[][] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
  let record: string[] = [];
  while (field.lastIndex < text.length) {
    const match = field.exec(text);
    if (match === null) throw new Error("no CSV");
    record.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? "");
    if (match[3] === "\r\n") {
      records.push(record);
      record = [];
    }
  }
  return records;
}

const anyText = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('"', ",", "\r", "\n", "=", "a") }));

test.prop([fc.array(fc.tuple(anyText, anyText), { maxLength: 5 })])(
  "whatever devices call themselves, each record is one row of as many fields as the head has",
  (texts) => {
    const records = texts.map(([callId, originatingDevice]) => ({ ...oneRecord, callId, originatingDevice }));
    const [head = [], ...rows] = readCsv(csvHead() + records.map(csvRow).join(""));
    expect(rows.map(({ length }) => length)).toEqual(rows.map(() => head.length));
    expect(rows.map((row) => [row[0], row[head.indexOf("originating_device")]])).toEqual(texts);
  },
);
