/**
 * The store of a server that is killed: a real process writes records and tells of each when `storeCdr` has returned, and
 * is ended by SIGKILL at a moment chosen by chance. What it told of must be there, whole, each time.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import type { CallDetailRecord } from "../../host/cdr/call-detail-record.js";
import { openLibsqlStore } from "../../host/io/libsql-store.js";
import { openRecordReader } from "../../host/io/record-reader.js";
import { oneRecord } from "../support/one-record.js";
import { projectFolder } from "../support/programs.js";
import { seededRandom } from "../support/seeded-random.js";

const folder = mkdtempSync(join(tmpdir(), "holdover-store-crash-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const rounds = 25;
const seed = Number(process.env.SEED ?? 20_261_122);

/** Writes new calls, improves old ones, and now and then a gateway's record, as fast as it can. */
const writer = `
  import { writeSync } from "node:fs";
  const [file, round] = process.argv.slice(1);
  const { openLibsqlStore } = await import(${JSON.stringify(`${projectFolder}dist/host/io/libsql-store.js`)});
  const store = openLibsqlStore(file);
  if (!store.ok) throw new Error(store.reason);
  const record = ${JSON.stringify(oneRecord)};
  for (let call = 0; ; call += 1) {
    const callId = "C" + round + "." + Math.floor(call / 2);
    const errorMs = call % 2 === 0 ? 500 : 3;
    store.value.storeCdr({ ...record, callId, answer: { ...record.answer, errorMs } });
    if (call % 5 === 0) store.value.storeGatewayRecord(
      { gateway: "gw1", via: "mgcp", heardAtWallMs: call, bootId: "B", counter: call, connections: [] });
    writeSync(1, callId + " " + errorMs + "\\n");
  }
`;

/** What the writer told before it was killed: of each call the error of its last answer. */
async function killedWriter(file: string, round: number, afterMs: number): Promise<Map<string, number>> {
  const args = ["--input-type=module", "-e", writer, file, String(round)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => {
    text += part;
  });
  await once(child.stdout, "data");
  await sleep(afterMs);
  child.kill("SIGKILL");
  await once(child, "close");
  // A line without its end was not told.
  const lines = text.slice(0, text.lastIndexOf("\n")).split("\n");
  return new Map(lines.map((line): [string, number] => [line.split(" ")[0] ?? "", Number(line.split(" ")[1])]));
}

function recordsOf(file: string): Map<string, CallDetailRecord> {
  const reader = openRecordReader(file);
  if (!reader.ok) throw new Error(reader.reason);
  const records = [...reader.value.records()].map((record) => {
    if (!record.ok) throw new Error(record.reason);
    return record.value;
  });
  reader.value.close();
  return new Map(records.map((record) => [record.callId, record]));
}

test(`no record that was told of is lost to ${rounds} SIGKILLs, and the file is whole after each (SEED=${seed})`, async () => {
  const random = seededRandom(seed);
  const file = join(folder, "killed.db");
  const told = new Map<string, number>();
  for (let round = 0; round < rounds; round += 1) {
    for (const [callId, errorMs] of await killedWriter(file, round, 120 * random() ** 2)) told.set(callId, errorMs);
    const records = recordsOf(file);
    const lost = [...told].filter(([callId, errorMs]) => (records.get(callId)?.answer?.errorMs ?? 1e9) > errorMs);
    expect([round, lost]).toEqual([round, []]);
    expect(records.size - told.size).toBeLessThanOrEqual(round + 1);
    // The next start of a call server: it checks the file and goes on with it.
    const store = openLibsqlStore(file);
    expect(store).toMatchObject({ ok: true });
    if (store.ok) store.value.close();
  }
  expect(told.size).toBeGreaterThan(rounds);
});
