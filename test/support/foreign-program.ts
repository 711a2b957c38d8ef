/**
 * Programs that are not ours and that interop tests play against. A missing one skips its tests, with one line at the end
 * of the run that says which Debian packages would bring them (skipped-programs.ts); with CI=true it fails instead.
 *
 *     const snmpwalk = foreignProgram("snmpwalk", "snmp");
 *     describe.skipIf(!snmpwalk.installed)("snmpwalk", () => { … execFile(snmpwalk.path, …) … });
 */
import { accessSync, appendFileSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

export interface ForeignProgram {
  readonly installed: boolean;
  /** Absolute path, or the bare name where it is not installed. */
  readonly path: string;
}

/** Folders that Debian keeps out of an ordinary user's PATH. */
const moreFolders = ["/usr/sbin", "/sbin"];

/** Where the names of missing programs are gathered: set by skipped-programs.ts before the workers start. */
export const skippedFileVariable = "HOLDOVER_SKIPPED_PROGRAMS";

/** Throws when the program is missing and CI=true. */
export function foreignProgram(name: string, debianPackage: string): ForeignProgram {
  for (const folder of [...(process.env.PATH ?? "").split(delimiter), ...moreFolders]) {
    const path = join(folder, name);
    if (folder !== "" && isExecutable(path)) return { installed: true, path };
  }
  if (process.env.CI === "true") throw new Error(`${name} is missing (Debian package ${debianPackage}) and CI=true`);
  const skippedFile = process.env[skippedFileVariable];
  const line = `${name} ${debianPackage}\n`;
  if (skippedFile === undefined) console.warn(`skipped for want of ${name}: apt-get install ${debianPackage}`);
  else appendFileSync(skippedFile, line);
  return { installed: false, path: name };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
