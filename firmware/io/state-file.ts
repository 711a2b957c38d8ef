/**
 * What must survive a restart of the gateway, one JSON line with a format version, replaced whole.
 *
 *     {"version":1,"epoch":{"number":3,"server":"ca-primary"}|null,"snmpEngineBoots":12}
 *
 * Files of this version that were written before boots were counted have none, which is zero.
 */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { Epoch } from "#protocol/active-connection.js";
import { type ParseResult, parsed, refused } from "#protocol/parse-result.js";

export interface GatewayState {
  /** The highest that was ever claimed. */
  readonly epoch: Epoch | null;
  /** RFC 3414 section 2.2.2: starts of the gateway with this file. */
  readonly snmpEngineBoots: number;
}

export const newState: GatewayState = { epoch: null, snmpEngineBoots: 0 };

const formatVersion = 1;

/** newState when the file is not there yet. */
export function readState(file: string): ParseResult<GatewayState> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return parsed(newState);
    if (error instanceof Error && "code" in error) return refused(`cannot read ${file}: ${String(error.code)}`);
    throw error;
  }
  return parseState(file, text);
}

function parseState(file: string, text: string): ParseResult<GatewayState> {
  try {
    const state: unknown = JSON.parse(text);
    if (typeof state !== "object" || state === null || !("version" in state))
      return refused(`${file} is no state file`);
    if (state.version !== formatVersion)
      return refused(`${file} has format ${String(state.version)}, not ${formatVersion}`);
    const epoch = parseEpoch("epoch" in state ? state.epoch : null);
    if (epoch === "damaged") return refused(`${file}: epoch is damaged`);
    const boots = "snmpEngineBoots" in state ? state.snmpEngineBoots : 0;
    if (typeof boots !== "number" || !Number.isSafeInteger(boots) || boots < 0)
      return refused(`${file}: snmpEngineBoots is damaged`);
    return parsed({ epoch, snmpEngineBoots: boots });
  } catch (error) {
    if (error instanceof SyntaxError) return refused(`${file} is damaged; remove it to start without an epoch`);
    throw error;
  }
}

function parseEpoch(epoch: unknown): Epoch | null | "damaged" {
  if (epoch === null) return null;
  if (typeof epoch !== "object" || !("number" in epoch) || !("server" in epoch)) return "damaged";
  if (typeof epoch.number !== "number" || typeof epoch.server !== "string") return "damaged";
  return { number: epoch.number, server: epoch.server };
}

/** Throws what the system says where it cannot. On the disk, power loss included, when it returns: file and folder are synchronised. */
export function writeState(file: string, state: GatewayState): void {
  const next = `${file}.next`;
  const handle = openSync(next, "w", 0o600);
  writeSync(handle, `${JSON.stringify({ version: formatVersion, ...state })}\n`);
  fsyncSync(handle);
  closeSync(handle);
  renameSync(next, file);
  const folder = openSync(dirname(file), "r");
  fsyncSync(folder);
  closeSync(folder);
}
