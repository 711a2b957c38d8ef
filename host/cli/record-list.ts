/** Call detail records as people read them: one row each, the oldest first, times of this machine's zone. */
import type { CallDetailRecord, RecordedLine } from "../cdr/call-detail-record.js";
import { provenanceOf, timeOf } from "../cdr/record-filter.js";
import { formatDuration } from "./connection-list.js";
import { writeTable } from "./table.js";

const columns = [
  { title: "ended" },
  { title: "from" },
  { title: "to" },
  { title: "duration", align: "right" },
  { title: "±", align: "right" },
  { title: "known by" },
  { title: "originating line" },
  { title: "terminating line" },
  { title: "coding" },
  { title: "ended by" },
  { title: "call" },
] as const;

export function listRecords(records: readonly CallDetailRecord[]): string[] {
  return writeTable(
    columns,
    records.map((record) => [
      record.end === null ? "" : localTime(timeOf(record)),
      record.callingNumber,
      record.calledNumber,
      record.duration === null ? "" : formatDuration(record.duration.ms),
      record.duration === null ? "" : `${record.duration.errorMs} ms`,
      provenanceOf(record) ?? "",
      place(record.originating),
      place(record.terminating),
      record.coding?.encoding ?? "",
      record.endCause,
      record.callId,
    ]),
  );
}

/** `2026-11-22 14:30:05` */
function localTime(wallMs: number | null): string {
  const date = new Date(wallMs ?? Number.NaN);
  if (Number.isNaN(date.getTime())) return "";
  const two = (part: number) => String(part).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

function place(line: RecordedLine | null): string {
  return line === null ? "" : `${line.endpoint}@${line.gateway}`;
}
