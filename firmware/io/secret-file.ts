import { randomBytes } from "node:crypto";
import { existsSync, linkSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { type ParseResult, parsed, refused } from "#protocol/parse-result.js";

/** Characters of a secret that was made here: 192 bits. */
const madeBytes = 24;

/**
 * The secret in a file. One that is not there is made, by chance and for its owner's eyes only: a first start needs no
 * preparation, and still nobody has a default. Whoever shares it gets a copy of the file.
 */
export function readSecretFile(file: string): ParseResult<string> {
  try {
    if (!existsSync(file)) makeSecretFile(file);
    return parsed(readFileSync(file, "utf8").trim());
  } catch (error) {
    if (error instanceof Error && "code" in error)
      return refused(`cannot read or make the secret ${file}: ${String(error.code)}`);
    throw error;
  }
}

/** Linked into place whole: of two programs that start together one makes it, and the other finds it finished. */
function makeSecretFile(file: string): void {
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, `${randomBytes(madeBytes).toString("hex")}\n`, { mode: 0o600 });
  try {
    linkSync(unfinished, file);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  } finally {
    unlinkSync(unfinished);
  }
}
