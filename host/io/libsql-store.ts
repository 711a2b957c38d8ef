/** The embedded store as the call server in charge writes it: one SQLite file, through libsql. */
import type Database from "libsql";
import { type ParseResult, parsed, refused } from "#protocol/parse-result.js";
import { type CallDetailRecord, mergeRecords, recordKey } from "../cdr/call-detail-record.js";
import type { GatewayRecord } from "../registry/connection-records.js";
import type { RecordStore } from "../store/record-store.js";
import { openForWriting, storeTrouble, textIn } from "./record-database.js";
import { readGatewayRecord, readStoredRecord, writeStoredRecord } from "./stored-values.js";

/** Refused: a file that cannot be opened, is no database or a damaged one, or is of a later version than this program. */
export function openLibsqlStore(file: string): ParseResult<RecordStore> {
  const database = openForWriting(file);
  return database.ok ? parsed(new LibsqlStore(file, database.value)) : refused(database.reason);
}

class LibsqlStore implements RecordStore {
  readonly #file: string;
  readonly #database: Database.Database;
  readonly #find: Database.Statement;
  readonly #share: Database.Statement;
  readonly #unshared: Database.Statement;
  readonly #putCdr: Database.Statement;
  readonly #putGateway: Database.Statement;

  constructor(file: string, database: Database.Database) {
    this.#file = file;
    this.#database = database;
    this.#find = database.prepare(
      "SELECT json, CAST(unshared AS TEXT) AS unshared FROM call_detail_record WHERE key = ?",
    );
    this.#share = database.prepare("UPDATE call_detail_record SET unshared = 0 WHERE key = ?");
    this.#unshared = database.prepare("SELECT json FROM call_detail_record WHERE unshared = 1 ORDER BY key LIMIT ?");
    this.#putCdr = database.prepare("INSERT OR REPLACE INTO call_detail_record VALUES (?, ?, ?, ?, ?, ?)");
    this.#putGateway = database.prepare("INSERT OR REPLACE INTO gateway_record VALUES (?, ?)");
  }

  storeCdr(record: CallDetailRecord): void {
    this.#merge(record, (before, merged, wasUnshared) => wasUnshared || before !== merged);
  }

  storePeerCdr(record: CallDetailRecord): void {
    const peers = writeStoredRecord(record);
    this.#merge(record, (_before, merged) => merged !== peers);
  }

  markShared(record: CallDetailRecord): void {
    const key = recordKey(record);
    this.#write(() => {
      const known = readStoredRecord(textIn(this.#find.all(key)[0], "json") ?? "");
      if (known.ok && writeStoredRecord(known.value) === writeStoredRecord(record)) this.#share.run(key);
    });
  }

  unshared(count: number): CallDetailRecord[] {
    return this.#unshared.all(count).flatMap((row) => {
      const record = readStoredRecord(textIn(row, "json") ?? "");
      return record.ok ? [record.value] : [];
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

  /** Texts as `writeStoredRecord` gives them; `before` is null where there was none. */
  #merge(
    record: CallDetailRecord,
    isUnshared: (before: string | null, merged: string, wasUnshared: boolean) => boolean,
  ): void {
    const key = recordKey(record);
    this.#write(() => {
      const [row] = this.#find.all(key);
      const text = textIn(row, "json");
      const known = text === null ? null : readStoredRecord(text);
      const merged = known?.ok ? mergeRecords(known.value, record) : record;
      // What stands there and cannot be read is kept beside: somebody may still make sense of it.
      if (known?.ok === false) this.#putCdr.run(`${key} unreadable`, null, "", "", text, 0);
      const { end, callingNumber, calledNumber } = merged;
      const json = writeStoredRecord(merged);
      const before = known?.ok ? writeStoredRecord(known.value) : null;
      const unshared = isUnshared(before, json, textIn(row, "unshared") === "1") ? 1 : 0;
      this.#putCdr.run(key, end?.wallMs ?? null, callingNumber, calledNumber, json, unshared);
    });
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
