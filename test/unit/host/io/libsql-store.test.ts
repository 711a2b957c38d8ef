import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Database from "libsql";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { CallDetailRecord } from "../../../../host/cdr/call-detail-record.js";
import { openLibsqlStore } from "../../../../host/io/libsql-store.js";
import { openRecordReader } from "../../../../host/io/record-reader.js";
import type { RecordStore } from "../../../../host/store/record-store.js";
import { oneConnection } from "../../../support/one-connection.js";
import { oneRecord } from "../../../support/one-record.js";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdover-store-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function open(): RecordStore {
  const store = openLibsqlStore(join(folder, "test.db"));
  if (!store.ok) throw new Error(store.reason);
  return store.value;
}

function read(name = "test.db"): CallDetailRecord[] {
  const reader = openRecordReader(join(folder, name));
  if (!reader.ok) throw new Error(reader.reason);
  const records = [...reader.value.records()].map((record) => {
    if (!record.ok) throw new Error(record.reason);
    return record.value;
  });
  reader.value.close();
  return records;
}

describe("the embedded store", () => {
  test("keeps records over a restart, each once", () => {
    const first = open();
    first.storeCdr(oneRecord);
    first.storeCdr(oneRecord);
    first.storeCdr({ ...oneRecord, bootId: "B2" });
    first.close();
    const second = open();
    expect(read()).toEqual([oneRecord, { ...oneRecord, bootId: "B2" }]);
    second.close();
  });

  test("merges what another server wrote of the same call", () => {
    const store = open();
    store.storeCdr({ ...oneRecord, duration: { ms: 9_000, errorMs: 500, from: "witnessed" } });
    store.storeCdr({ ...oneRecord, writtenBy: ["ca2"] });
    expect(read()).toEqual([{ ...oneRecord, writtenBy: ["ca1", "ca2"] }]);
    store.close();
  });

  test("keeps the last word on each gateway", () => {
    const sighting = { connectionId: "C1", callId: "C0", afterWallMs: null, byWallMs: 5 };
    const seen = { askedAtWallMs: 4, sightings: [sighting] };
    const record = {
      gateway: "gw1",
      via: "mgcp" as const,
      heardAtWallMs: 5,
      bootId: "B",
      counter: 1,
      upMs: 9,
      ...seen,
    };
    const store = open();
    store.storeGatewayRecord({ ...record, connections: [oneConnection] });
    store.storeGatewayRecord({ ...record, counter: 2, connections: [oneConnection] });
    expect(store.gatewayRecords()).toEqual([{ ...record, counter: 2, connections: [oneConnection] }]);
    store.close();
  });

  test("refuses a file that is no database, and one of a later version", () => {
    const file = join(folder, "text.db");
    writeFileSync(file, "this is no database, and long enough to be seen as none".repeat(50));
    expect(openLibsqlStore(file)).toMatchObject({ ok: false, reason: expect.stringContaining(file) });
    open().close();
    const database = new Database(join(folder, "test.db"));
    database.exec("UPDATE format SET version = 99");
    database.close();
    expect(openLibsqlStore(join(folder, "test.db"))).toMatchObject({
      ok: false,
      reason: expect.stringContaining("store format 99 is of a later version"),
    });
  });

  test("of the version before is brought forward with all it holds", () => {
    copyFileSync(
      fileURLToPath(new URL("../../../vectors/store/version-1.db", import.meta.url)),
      join(folder, "test.db"),
    );
    const before = read();
    expect(before.map(({ callId }) => callId)).toEqual(["C1", "C0"]);
    const store = open();
    store.storeCdr({ ...oneRecord, callId: "C2" });
    expect(store.gatewayRecords()).toMatchObject([{ gateway: "gw1.example", counter: 7 }]);
    store.close();
    expect(read()).toEqual([before[0], oneRecord, { ...oneRecord, callId: "C2" }]);
    // The peer may have none of them.
    const again = open();
    expect(again.unshared(9).map(({ callId }) => callId)).toEqual(["C0", "C1", "C2"]);
    again.close();
  });

  test("of this version, written before records had gateways' clocks, is read as it is, and goes on", () => {
    copyFileSync(
      fileURLToPath(new URL("../../../vectors/store/version-2.db", import.meta.url)),
      join(folder, "test.db"),
    );
    const store = open();
    expect(store.unshared(9).map(({ callId }) => callId)).toEqual(["C1"]);
    expect(store.gatewayRecords()).toMatchObject([{ gateway: "gw1.example", counter: 7, upMs: 60_000 }]);
    const clock = { bootId: "B1", atMs: 9_000, errorMs: 1 };
    const end = { wallMs: 1_700_000_009_000, errorMs: 2, from: "journalled", onGateway: clock } as const;
    store.storeCdr({ ...oneRecord, callId: "C1", end, duration: { ms: 7_000, errorMs: 6, from: "journalled" } });
    store.close();
    expect(read()).toMatchObject([{ callId: "C1", end, duration: { ms: 7_000 } }, oneRecord]);
  });

  test("knows which records the peer has not got as they stand", () => {
    const store = open();
    const better = { ...oneRecord, duration: { ms: 9_999, errorMs: 1, from: "journalled" as const } };
    store.storeCdr(oneRecord);
    store.storeCdr({ ...oneRecord, bootId: "B2" });
    expect(store.unshared(1)).toEqual([oneRecord]);
    store.markShared(oneRecord);
    store.storeCdr(oneRecord);
    expect(store.unshared(9)).toMatchObject([{ bootId: "B2" }]);
    store.storeCdr(better);
    store.markShared(oneRecord);
    expect(store.unshared(9)).toHaveLength(2);
    store.storePeerCdr({ ...better, bootId: "B3" });
    store.storePeerCdr({ ...oneRecord, bootId: "B2" });
    expect(store.unshared(9)).toEqual([better]);
    store.storePeerCdr(oneRecord);
    expect(store.unshared(9)).toEqual([better]);
    store.storePeerCdr(better);
    expect(store.unshared(9)).toEqual([]);
    store.close();
  });

  test("is read while it is written, and by nobody who has no business there", () => {
    const store = open();
    store.storeCdr(oneRecord);
    const reader = openRecordReader(join(folder, "test.db"));
    store.storeCdr({ ...oneRecord, bootId: "B2" });
    expect(reader.ok && [...reader.value.records()]).toHaveLength(2);
    store.close();
    expect(openRecordReader(join(folder, "none.db"))).toMatchObject({ ok: false });
    expect(existsSync(join(folder, "none.db"))).toBe(false);
    writeFileSync(join(folder, "empty.db"), "");
    expect(openRecordReader(join(folder, "empty.db"))).toMatchObject({
      ok: false,
      reason: expect.stringContaining("it is no call server's store"),
    });
  });

  test("tells of a record that cannot be read, and keeps it beside when the call is written again", () => {
    open().close();
    const database = new Database(join(folder, "test.db"));
    database.exec("INSERT INTO call_detail_record VALUES ('C0@B1', 1, '', '', '{\"callId\":', 1)");
    database.close();
    const reader = openRecordReader(join(folder, "test.db"));
    expect(reader.ok && [...reader.value.records()]).toMatchObject([
      { ok: false, reason: expect.stringContaining("record C0@B1 cannot be read") },
    ]);
    const store = open();
    store.storeCdr(oneRecord);
    expect(reader.ok && [...reader.value.records()]).toMatchObject([{ ok: false }, { ok: true, value: oneRecord }]);
  });

  test("that is damaged says so, and what to do", () => {
    const store = open();
    for (let call = 0; call < 50; call += 1) store.storeCdr({ ...oneRecord, callId: `C${call}` });
    store.close();
    // A program of its own takes the log into the file, as the next start would.
    const settled = new Database(join(folder, "test.db"));
    settled.pragma("wal_checkpoint(TRUNCATE)");
    settled.close();
    const whole = readFileSync(join(folder, "test.db"));
    const damages = {
      "cut off": whole.subarray(0, whole.length / 2),
      overwritten: Buffer.from(whole).fill(0x55, 8_192, 16_384),
    };
    for (const [name, bytes] of Object.entries(damages)) {
      const file = join(folder, `${name}.db`);
      writeFileSync(file, bytes);
      expect(openLibsqlStore(file)).toMatchObject({
        ok: false,
        reason: expect.stringMatching(/damaged.*move it away/),
      });
    }
  });

  test("refuses a folder that is not there", () => {
    expect(openLibsqlStore(join(folder, "nowhere", "x.db"))).toMatchObject({ ok: false });
  });
});
