import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { afterEach, beforeEach, expect, test } from "vitest";
import { JournalFile, readJournalFile } from "../../../firmware/io/journal-file.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(`${tmpdir()}/holdover-journal-`);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const never = (reason: string) => {
  throw new Error(reason);
};

test("what is appended while a new whole file is on its way to the disk is in it, too", async () => {
  const file = `${folder}/gw.journal`;
  writeFileSync(file, "of the start before\n");
  const journal = new JournalFile(file, 1, never);
  journal.write({ text: "a\n", whole: "whole a\n" });
  journal.write({ text: "b\n", whole: null });
  journal.write({ text: "c\n", whole: "another whole, which does not come in between\n" });
  await journal.close();
  expect(readFileSync(file, "utf8")).toBe("whole a\nb\nc\n");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(["gw.journal"]);
});

test("a journal that is not there yet is none; a place where none can be made is said with its name", () => {
  expect(readJournalFile(`${folder}/gw.journal`)).toEqual({ ok: true, value: null });
  const reason = `cannot use ${folder}/no/gw.journal: ENOENT`;
  expect(readJournalFile(`${folder}/no/gw.journal`)).toEqual({ ok: false, reason });
});

test("a disk that takes nothing is said once", async () => {
  const reasons: string[] = [];
  const journal = new JournalFile(`${folder}/no/gw.journal`, 1, (reason) => reasons.push(reason));
  journal.write({ text: "a\n", whole: "a\n" });
  journal.write({ text: "b\n", whole: "b\n" });
  await journal.close();
  expect(reasons).toEqual([`cannot write ${folder}/no/gw.journal: ENOENT`]);
});
