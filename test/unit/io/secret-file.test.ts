import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readSecretFile } from "../../../firmware/io/secret-file.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(`${tmpdir()}/holdover-secret-`);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("a secret that is not there is made once, for its owner's eyes only, and found again", () => {
  const file = `${folder}/heartbeat.secret`;
  const made = readSecretFile(file);
  expect(made.ok && made.value.length).toBe(48);
  expect(readSecretFile(file)).toEqual(made);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(["heartbeat.secret"]);
});

test("a secret that is there is taken without its line end", () => {
  writeFileSync(`${folder}/mine`, "a secret of my own\n");
  expect(readSecretFile(`${folder}/mine`)).toEqual({ ok: true, value: "a secret of my own" });
});

test("a place where no file can be is said with its name", () => {
  const answer = readSecretFile(`${folder}/no/such/folder`);
  expect(answer).toEqual({ ok: false, reason: `cannot read or make the secret ${folder}/no/such/folder: ENOENT` });
});
