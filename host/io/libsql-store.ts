/**
 * The embedded store: one SQLite file, written through libsql. WAL, and synchronous=FULL: a record that was stored is on
 * the disk, also when the power fails the next moment.
 *
 *   format(version)
 *   call_detail_record(key = call id @ boot id, end_wall_ms, calling_number, called_number, json)
 *   gateway_record(gateway, json)
 */
import Database from "libsql";
import { type ParseResult, parsed, refused } from "#protocol/parse-result.js";
import { type CallDetailRecord, mergeRecords, recordKey } from "../cdr/call-detail-record.js";
import type { GatewayRecord } from "../registry/connection-records.js";
import { type RecordStore, storeFormatVersion } from "../store/record-store.js";
import { storedCallDetailRecord, storedGatewayRecord } from "./stored-values.js";

const schema = `
  CREATE TABLE IF NOT EXISTS format (version INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS call_detail_record (
    key TEXT PRIMARY KEY, end_wall_ms INTEGER, calling_number TEXT NOT NULL, called_number TEXT NOT NULL,
    json TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS call_detail_record_by_end ON call_detail_record (end_wall_ms);
  CREATE TABLE IF NOT EXISTS gateway_record (gateway TEXT PRIMARY KEY, json TEXT NOT NULL);
`;

/** Refused: a file that cannot be opened, is no database, or is of a later version than this program. */
export function openLibsqlStore(file: string): ParseResult<RecordStore> {
  try {
    const database = new Database(file);
    database.pragma("journal_mode = WAL");
    database.pragma("synchronous = FULL");
    database.exec(schema);
    const version = readVersion(database);
    if (version === null) database.prepare("INSERT INTO format (version) VALUES (?)").run(storeFormatVersion);
    else if (version > storeFormatVersion) {
      database.close();
      return refused(
        `${file}: store format ${version} is of a later version; this program knows ${storeFormatVersion}`,
      );
    }
    return parsed(new LibsqlStore(database));
  } catch (error) {
    if (error instanceof Error) return refused(`cannot use ${file} as a store: ${error.message}`);
    throw error;
  }
}

function readVersion(database: Database.Database): number | null {
  const row: unknown = database.prepare("SELECT version FROM format LIMIT 1").get();
  if (typeof row !== "object" || row === null || !("version" in row)) return null;
  return typeof row.version === "number" ? row.version : null;
}

class LibsqlStore implements RecordStore {
  readonly #database: Database.Database;
  readonly #find: Database.Statement;
  readonly #putCdr: Database.Statement;
  readonly #putGateway: Database.Statement;

  constructor(database: Database.Database) {
    this.#database = database;
    this.#find = database.prepare("SELECT json FROM call_detail_record WHERE key = ?");
    this.#putCdr = database.prepare("INSERT OR REPLACE INTO call_detail_record VALUES (?, ?, ?, ?, ?)");
    this.#putGateway = database.prepare("INSERT OR REPLACE INTO gateway_record VALUES (?, ?)");
  }

  storeCdr(record: CallDetailRecord): void {
    const key = recordKey(record);
    this.#database.transaction(() => {
      const before = jsonOf(this.#find.get(key));
      const known = before === null ? null : storedCallDetailRecord.parse(JSON.parse(before));
      const merged = known === null ? record : mergeRecords(known, record);
      const { end, callingNumber, calledNumber } = merged;
      this.#putCdr.run(key, end?.wallMs ?? null, callingNumber, calledNumber, JSON.stringify(merged));
    })();
  }

  cdrs(): CallDetailRecord[] {
    const rows = this.#database.prepare("SELECT json FROM call_detail_record ORDER BY end_wall_ms, key").all();
    return rows.flatMap((row) => {
      const json = jsonOf(row);
      return json === null ? [] : [storedCallDetailRecord.parse(JSON.parse(json))];
    });
  }

  storeGatewayRecord(record: GatewayRecord): void {
    this.#putGateway.run(record.gateway, JSON.stringify(record));
  }

  gatewayRecords(): GatewayRecord[] {
    const rows = this.#database.prepare("SELECT json FROM gateway_record ORDER BY gateway").all();
    return rows.flatMap((row) => {
      const json = jsonOf(row);
      const record = json === null ? null : storedGatewayRecord.safeParse(JSON.parse(json));
      return record?.success ? [record.data] : [];
    });
  }

  close(): void {
    this.#database.close();
  }
}

function jsonOf(row: unknown): string | null {
  if (typeof row !== "object" || row === null || !("json" in row)) return null;
  return typeof row.json === "string" ? row.json : null;
}
