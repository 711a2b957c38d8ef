/** Reads the call detail records of a store, whoever writes it meanwhile, or nobody any more. */
import type Database from "libsql";
import { type ParseResult, parsed, refused } from "#protocol/parse-result.js";
import type { CallDetailRecord } from "../cdr/call-detail-record.js";
import type { RecordReader } from "../store/record-store.js";
import { openForReading, storeTrouble, textIn } from "./record-database.js";
import { readStoredRecord } from "./stored-values.js";

export function openRecordReader(file: string): ParseResult<RecordReader> {
  const database = openForReading(file);
  return database.ok ? parsed(new LibsqlReader(file, database.value)) : refused(database.reason);
}

class LibsqlReader implements RecordReader {
  readonly #file: string;
  readonly #database: Database.Database;

  constructor(file: string, database: Database.Database) {
    this.#file = file;
    this.#database = database;
  }

  /** One after the other from the file, so that any number of them fits. Damage met on the way ends them with a reason. */
  *records(): Generator<ParseResult<CallDetailRecord>> {
    const rows = this.#database.prepare("SELECT key, json FROM call_detail_record ORDER BY end_wall_ms, key").iterate();
    try {
      for (const row of rows) {
        const record = readStoredRecord(textIn(row, "json") ?? "");
        yield record.ok ? record : refused(`record ${textIn(row, "key")} cannot be read: ${record.reason}`);
      }
    } catch (error) {
      const reason = storeTrouble(this.#file, error);
      if (reason === null) throw error;
      yield refused(reason);
    }
  }

  close(): void {
    this.#database.close();
  }
}
