/** Says once, after the interop tests, what was skipped for want of a program and which Debian packages bring it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { skippedFileVariable } from "./foreign-program.js";

export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), "holdover-skipped-"));
  const file = join(folder, "programs");
  writeFileSync(file, "");
  process.env[skippedFileVariable] = file;
  return () => {
    const lines = [...new Set(readFileSync(file, "utf8").split("\n"))].filter((line) => line !== "");
    rmSync(folder, { recursive: true });
    if (lines.length === 0) return;
    const programs = lines.map((line) => line.split(" ")[0]).join(", ");
    const packages = [...new Set(lines.map((line) => line.split(" ")[1]))].join(" ");
    console.warn(`Skipped for want of ${programs}. To run those tests too: apt-get install ${packages}`);
  };
}
