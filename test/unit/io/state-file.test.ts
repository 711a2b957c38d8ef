import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { newState, readState, writeState } from "../../../firmware/io/state-file.js";

const folder = mkdtempSync(join(tmpdir(), "holdover-state-"));
const file = join(folder, "state");

afterAll(() => rmSync(folder, { recursive: true }));

function stateFrom(text: string) {
  writeFileSync(file, text);
  return readState(file);
}

test("no file is a first start", () => {
  expect(readState(join(folder, "none"))).toEqual({ ok: true, value: newState });
});

test("what is written is read, with an epoch and without", () => {
  for (const epoch of [{ number: 7, server: "ca-backup" }, null]) {
    writeState(file, { epoch, snmpEngineBoots: 12 });
    expect(readState(file)).toEqual({ ok: true, value: { epoch, snmpEngineBoots: 12 } });
  }
});

test("a file from before boots were counted has none", () => {
  const state = stateFrom('{"version":1,"epoch":{"number":3,"server":"ca-primary"}}\n');
  expect(state).toEqual({ ok: true, value: { epoch: { number: 3, server: "ca-primary" }, snmpEngineBoots: 0 } });
});

test.each([
  "",
  "{",
  "[]",
  '{"version":2}',
  '{"version":1,"epoch":{}}',
  '{"version":1,"epoch":null,"snmpEngineBoots":-1}',
])("%s is refused, with the file's name", (text) => {
  const state = stateFrom(text);
  expect(state.ok ? "" : state.reason).toContain(file);
});
