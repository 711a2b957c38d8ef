import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { Epoch } from "#protocol/active-connection.js";
import { type ParseResult, parsed, refused } from "#protocol/parse-result.js";

/** What must survive a restart of the gateway, one JSON line with a format version, replaced whole. */
const formatVersion = 1;

/** Null when the file is not there yet. */
export function readState(file: string): ParseResult<Epoch | null> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return parsed(null);
    if (error instanceof Error && "code" in error) return refused(`cannot read ${file}: ${String(error.code)}`);
    throw error;
  }
  return parseState(file, text);
}

function parseState(file: string, text: string): ParseResult<Epoch | null> {
  try {
    const state: unknown = JSON.parse(text);
    if (typeof state !== "object" || state === null || !("version" in state))
      return refused(`${file} is no state file`);
    if (state.version !== formatVersion)
      return refused(`${file} has format ${String(state.version)}, not ${formatVersion}`);
    if (!("epoch" in state) || typeof state.epoch !== "object" || state.epoch === null) return parsed(null);
    const { epoch } = state;
    if (!("number" in epoch) || !("server" in epoch)) return refused(`${file}: epoch is damaged`);
    if (typeof epoch.number !== "number" || typeof epoch.server !== "string")
      return refused(`${file}: epoch is damaged`);
    return parsed({ number: epoch.number, server: epoch.server });
  } catch (error) {
    if (error instanceof SyntaxError) return refused(`${file} is damaged; remove it to start without an epoch`);
    throw error;
  }
}

/** On the disk, power loss included, when it returns: file and folder are synchronised. */
export function writeState(file: string, epoch: Epoch): void {
  const next = `${file}.next`;
  const handle = openSync(next, "w", 0o600);
  writeSync(handle, `${JSON.stringify({ version: formatVersion, epoch })}\n`);
  fsyncSync(handle);
  closeSync(handle);
  renameSync(next, file);
  const folder = openSync(dirname(file), "r");
  fsyncSync(folder);
  closeSync(folder);
}
