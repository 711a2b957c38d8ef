import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "libsql";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openLibsqlStore } from "../../../../host/io/libsql-store.js";
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

describe("the embedded store", () => {
  test("keeps records over a restart, each once", () => {
    const first = open();
    first.storeCdr(oneRecord);
    first.storeCdr(oneRecord);
    first.storeCdr({ ...oneRecord, bootId: "B2" });
    first.close();
    const second = open();
    expect(second.cdrs()).toEqual([oneRecord, { ...oneRecord, bootId: "B2" }]);
    second.close();
  });

  test("merges what another server wrote of the same call", () => {
    const store = open();
    store.storeCdr({ ...oneRecord, duration: { ms: 9_000, errorMs: 500, from: "witnessed" } });
    store.storeCdr({ ...oneRecord, writtenBy: ["ca2"] });
    expect(store.cdrs()).toEqual([{ ...oneRecord, writtenBy: ["ca1", "ca2"] }]);
    store.close();
  });

  test("keeps the last word on each gateway", () => {
    const record = { gateway: "gw1", via: "mgcp" as const, heardAtWallMs: 5, bootId: "B", counter: 1 };
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

  test("refuses a folder that is not there", () => {
    expect(openLibsqlStore(join(folder, "nowhere", "x.db"))).toMatchObject({ ok: false });
  });
});
