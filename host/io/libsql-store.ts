/** The embedded store as the call server in charge writes it: one SQLite file, through libsql. */
import type Database from "libsql";
import { type ParseResult, parsed, refused } from "#protocol/parse-result.js";
import { type CallDetailRecord, mergeRecords, recordKey } from "../cdr/call-detail-record.js";
import type { GatewayRecord } from "../registry/connection-records.js";
import type { RecordStore } from "../store/record-store.js";
import { openForWriting, storeTrouble, textIn } from "./record-database.js";
import { readGatewayRecord, readStoredRecord } from "./stored-values.js";

/** Refused: a file that cannot be opened, is no database or a damaged one, or is of a later version than this program. */
export function openLibsqlStore(file: string): ParseResult<RecordStore> {
  const database = openForWriting(file);
  return database.ok ? parsed(new LibsqlStore(file, database.value)) : refused(database.reason);
}

class LibsqlStore implements RecordStore {
  readonly #file: string;
  readonly #database: Database.Database;
  readonly #find: Database.Statement;
  readonly #putCdr: Database.Statement;
  readonly #putGateway: Database.Statement;

  constructor(file: string, database: Database.Database) {
    this.#file = file;
    this.#database = database;
    this.#find = database.prepare("SELECT json FROM call_detail_record WHERE key = ?");
    this.#putCdr = database.prepare("INSERT OR REPLACE INTO call_detail_record VALUES (?, ?, ?, ?, ?, ?)");
    this.#putGateway = database.prepare("INSERT OR REPLACE INTO gateway_record VALUES (?, ?)");
  }

  storeCdr(record: CallDetailRecord): void {
    const key = recordKey(record);
    this.#write(() => {
      const [row] = this.#find.all(key);
      const before = textIn(row, "json");
      const known = before === null ? null : readStoredRecord(before);
      const merged = known?.ok ? mergeRecords(known.value, record) : record;
      const { end, callingNumber, calledNumber } = merged;
      // What stands there and cannot be read is kept beside: somebody may still make sense of it.
      if (known?.ok === false) this.#putCdr.run(`${key} unreadable`, null, "", "", before, 0);
      this.#putCdr.run(key, end?.wallMs ?? null, callingNumber, calledNumber, JSON.stringify(merged), 1);
    });
  }

  storeGatewayRecord(record: GatewayRecord): void {
    this.#write(() => this.#putGateway.run(record.gateway, JSON.stringify(record)));
  }

  gatewayRecords(): GatewayRecord[] {
    const rows = this.#database.prepare("SELECT json FROM gateway_record ORDER BY gateway").all();
    return rows.flatMap((row) => {
      const record = readGatewayRecord(textIn(row, "json") ?? "");
      return record.ok ? [record.value] : [];
    });
  }

  close(): void {
    this.#database.close();
  }

  /** All of it or nothing. What SQLite finds wrong is told in words that help: a server without its store must end. */
  #write(change: () => void): void {
    try {
      this.#database.transaction(change)();
    } catch (error) {
      const reason = storeTrouble(this.#file, error);
      throw reason === null ? error : new Error(reason, { cause: error });
    }
  }
}
