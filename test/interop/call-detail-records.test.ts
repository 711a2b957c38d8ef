/** `holdover cdr` as it is typed, of a store that another program holds open, and of one nobody does. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openLibsqlStore } from "../../host/io/libsql-store.js";
import { oneRecord } from "../support/one-record.js";
import { holdoverBin, linesOf, runHoldover, runProgram } from "../support/programs.js";

const folder = mkdtempSync(join(tmpdir(), "holdover-cdr-"));
const file = join(folder, "ca.db");

beforeAll(() => {
  const store = openLibsqlStore(file);
  if (!store.ok) throw new Error(store.reason);
  for (let call = 0; call < 1_200; call += 1) {
    const end = { wallMs: 1_700_000_012_000 + 1_000 * call, errorMs: 3, from: "journalled" as const };
    store.value.storeCdr({ ...oneRecord, callId: `C${call}`, calledNumber: String(200 + (call % 3)), end });
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function cdr(...args: string[]) {
  const { exitCode, stdout, stderr } = await runHoldover(["cdr", ...args]);
  return { exitCode, lines: linesOf(stdout), errors: linesOf(stderr) };
}

describe("holdover cdr", () => {
  test("shows the newest as a table, and says how many there are", async () => {
    const { exitCode, lines, errors } = await cdr("--store", file);
    expect([exitCode, lines.length]).toEqual([0, 1_001]);
    expect(lines[0]).toMatch(/^ended +from +to +duration/);
    expect(lines.at(-1)).toMatch(/ C1199$/);
    expect(errors).toEqual(["holdover cdr: the newest 1000 of 1200; --last COUNT, --json or --csv show more"]);
  });

  test("gives all of them as JSON lines, the oldest first", async () => {
    const { exitCode, lines, errors } = await cdr("--store", file, "--json");
    expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: [] });
    const records = lines.map((line) => JSON.parse(line));
    expect(records.map(({ callId }) => callId)).toEqual(Array.from({ length: 1_200 }, (_, call) => `C${call}`));
    expect(records[0]).toEqual({ ...oneRecord, callId: "C0", calledNumber: "200" });
  });

  test("filters by number, time and count, and exports CSV", async () => {
    const wish = ["--number", "201", "--since", "2023-11-14T22:14:00Z", "--before", "2023-11-14T22:15:00Z"];
    const { lines } = await cdr("--store", file, "--csv", ...wish, "--last", "5");
    const calls = lines.map((line) => line.split(",")[0]);
    expect(calls).toEqual(["call_id", "C73", "C76", "C79", "C82", "C85"]);
  });

  test("finds the store by the server's configuration", async () => {
    const config = join(folder, "ca.yaml");
    const gateways = [{ domain: "gw1", address: "127.0.0.2", lines: { count: 1, firstNumber: "1" } }];
    writeFileSync(config, JSON.stringify({ server: "ca", address: "127.0.0.1", store: { file }, gateways }));
    expect((await cdr("-c", config, "--call", "C7", "--json")).lines).toHaveLength(1);
  });

  test("ends well when its reader leaves", async () => {
    const command = `"${process.execPath}" "${holdoverBin}" cdr --store "${file}" --json | head -n 1; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = await runProgram("bash", ["-c", command]);
    expect([linesOf(stdout)[1], stderr]).toEqual(["0", ""]);
  });

  test.each([
    [[], 2, "say whose records: -c FILE or --store FILE"],
    [["--store", "x", "-c", "y"], 2, "say whose records"],
    [["--store", "x", "--json", "--csv"], 2, "not both"],
    [["--store", "x", "--since", "yesterday"], 2, "A time is 2026-11-22"],
    [["--store", "x", "--last", "0"], 2, "From 1 to 100000"],
    [["--store", "x", "--provenance", "guessed"], 2, "Allowed choices are journalled, witnessed, audited, inferred"],
    [["--store", join(folder, "none.db")], 1, "there is no such file"],
    [["-c", join(folder, "none.yaml")], 2, "cannot read"],
  ])("%j is told what is wrong", async (args, exitCode, reason) => {
    const ending = await cdr(...args);
    expect(ending.exitCode).toBe(exitCode);
    expect(ending.errors.join("\n")).toContain(reason);
  });
});
