/** Small C programs that ask Debian's libraries for their opinion, compiled when a test begins. */
import { spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ForeignProgram, foreignProgram } from "./foreign-program.js";

/** The program of test/support/oracle/`name`.c; not installed where the compiler or one of the libraries is missing. */
export function oracleProgram(name: string, libraries: readonly string[], debianPackage: string): ForeignProgram {
  const gcc = foreignProgram("gcc", "gcc");
  const missing: ForeignProgram = { installed: false, path: name };
  if (!gcc.installed) return missing;
  const path = join(mkdtempSync(join(tmpdir(), "holdover-oracle-")), name);
  const source = fileURLToPath(new URL(`./oracle/${name}.c`, import.meta.url));
  const linked = libraries.map((library) => `-l${library}`);
  const { status, stderr } = spawnSync(gcc.path, ["-O2", "-o", path, source, ...linked], { encoding: "utf8" });
  if (status === 0) return { installed: true, path };
  if (!/No such file or directory|cannot find -l/.test(stderr)) throw new Error(stderr);
  foreignProgram(`lib${libraries[0]}`, debianPackage);
  return missing;
}
