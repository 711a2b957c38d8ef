/**
 * The file of the embedded store: opening it, its layout, and what is wrong with one that cannot be used. WAL, and
 * synchronous=FULL: what was committed is on the disk, also when the power fails the next moment.
 *
 *   format(version)
 *   call_detail_record(key = call id @ boot id, end_wall_ms, calling_number, called_number, json, unshared)
 *   gateway_record(gateway, json)
 *
 * Version 1 had no `unshared` (1: the peer may not have this record as it stands).
 */
import { existsSync, statSync } from "node:fs";
import Database from "libsql";
import { type ParseResult, parsed, refused } from "#protocol/parse-result.js";
import { storeFormatVersion } from "../store/record-store.js";

const schema = `
  CREATE TABLE IF NOT EXISTS format (version INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS call_detail_record (
    key TEXT PRIMARY KEY, end_wall_ms INTEGER, calling_number TEXT NOT NULL, called_number TEXT NOT NULL,
    json TEXT NOT NULL, unshared INTEGER NOT NULL DEFAULT 1
  );
  CREATE INDEX IF NOT EXISTS call_detail_record_by_end ON call_detail_record (end_wall_ms);
  CREATE TABLE IF NOT EXISTS gateway_record (gateway TEXT PRIMARY KEY, json TEXT NOT NULL);
`;
const unsharedIndex = `
  CREATE INDEX IF NOT EXISTS call_detail_record_unshared ON call_detail_record (key) WHERE unshared = 1;
`;

/** What brings a file from the version before to this one. */
const upgrades: Readonly<Record<number, string>> = {
  1: "ALTER TABLE call_detail_record ADD COLUMN unshared INTEGER NOT NULL DEFAULT 1; UPDATE format SET version = 2;",
};

/** A file up to this is read through at a start; damage in a larger one is found when it is met. */
const checkedBytesMax = 64 << 20;
/** Another process may hold the file for a moment. */
const busyMs = 2_000;

/** Creates the file, and brings one of an earlier version forward. */
export function openForWriting(file: string): ParseResult<Database.Database> {
  return open(file, (database) => {
    database.pragma("journal_mode = WAL");
    database.pragma("synchronous = FULL");
    return database.transaction(() => {
      database.exec(schema);
      const version = versionOf(database);
      if (version === null) database.prepare("INSERT INTO format (version) VALUES (?)").run(storeFormatVersion);
      else if (version > storeFormatVersion) return laterVersion(version);
      for (let from = version ?? storeFormatVersion; from < storeFormatVersion; from += 1) {
        database.exec(upgrades[from] ?? "");
      }
      database.exec(unsharedIndex);
      return null;
    })();
  });
}

/** Beside a running call server, or after its death; changes nothing. */
export function openForReading(file: string): ParseResult<Database.Database> {
  if (!existsSync(file)) return refused(`${file}: there is no such file`);
  return open(file, (database) => {
    database.pragma("query_only = ON");
    const tables = database.prepare("SELECT name FROM sqlite_master WHERE name = 'call_detail_record'").all();
    if (tables.length === 0) return "it is no call server's store";
    const version = versionOf(database) ?? 0;
    return version > storeFormatVersion ? laterVersion(version) : null;
  });
}

/** What SQLite says and what it means for whoever runs the server; null for an error that is not the file's. */
export function storeTrouble(file: string, error: unknown): string | null {
  // libsql tells of what it cannot open by a plain error.
  if (error instanceof Error && error.message.startsWith("ConnectionFailed")) {
    return `cannot open ${file}: is its folder there, and may this user write in it?`;
  }
  if (!(error instanceof Database.SqliteError)) return null;
  const { code, message } = error;
  if (code === "SQLITE_CORRUPT" || code === "SQLITE_NOTADB")
    return `${file}: damaged, or no store (${message}); ${mend}`;
  if (code === "SQLITE_FULL") return `${file}: the disk is full; make room and start again`;
  if (code === "SQLITE_BUSY") return `${file}: another program holds it; is a call server running on it?`;
  return `cannot use ${file} as a store: ${message} (${code})`;
}

const mend =
  'what can be read of it: sqlite3 FILE ".recover"; move it away and a call server starts with an empty one, gets the ' +
  "records its peer has, and the gateways tell again what was not yet acknowledged";

/** `prepare` gives the reason why the file cannot be used. */
function open(file: string, prepare: (database: Database.Database) => string | null): ParseResult<Database.Database> {
  let database: Database.Database | null = null;
  try {
    database = new Database(file);
    database.pragma(`busy_timeout = ${busyMs}`);
    const trouble = damageIn(database, file) ?? prepare(database);
    if (trouble === null) return parsed(database);
    database.close();
    return refused(`${file}: ${trouble}`);
  } catch (error) {
    database?.close();
    const reason = storeTrouble(file, error);
    if (reason !== null) return refused(reason);
    throw error;
  }
}

function damageIn(database: Database.Database, file: string): string | null {
  if (statSync(file).size > checkedBytesMax) return null;
  const found = database
    .prepare("PRAGMA quick_check(1)")
    .all()
    .map((row) => textIn(row, "quick_check"));
  return found.length === 1 && found[0] === "ok" ? null : `damaged (${found.join(" ").replace(/\s+/g, " ")}); ${mend}`;
}

function laterVersion(version: number): string {
  return `store format ${version} is of a later version; this program knows ${storeFormatVersion}`;
}

function versionOf(database: Database.Database): number | null {
  const [row] = database.prepare("SELECT version FROM format LIMIT 1").all();
  if (typeof row !== "object" || row === null || !("version" in row)) return null;
  return typeof row.version === "number" ? row.version : null;
}

/** A text column of a row; null when it is none. */
export function textIn(row: unknown, column: string): string | null {
  if (typeof row !== "object" || row === null) return null;
  const value: unknown = Object.entries(row).find(([name]) => name === column)?.[1];
  return typeof value === "string" ? value : null;
}
