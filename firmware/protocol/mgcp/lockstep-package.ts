/**
 * Package LCK, lockstep (RFC 3992): after how many seconds of waiting for a request, a Notify being answered, the
 * gateway reports with the restart method `LCK/lockstep` that it waits.
 */
import { type ParseResult, parsed, refused } from "../parse-result.js";
import { readExtensions } from "./extension-parameters.js";
import { parseWholeNumber } from "./fields.js";
import type { ExtensionParameter, MgcpParameters } from "./message.js";

/** As parsed: methods are lower case there. */
export const lockstepRestartMethod = "lck/lockstep";

export const lockstepSecondsMax = 9_999;

/** Zero turns the report off. Null where the command says nothing of it. */
export function readLockstepSeconds(parameters: MgcpParameters): ParseResult<number | null> {
  const [value, ...more] = readExtensions(parameters, "LCK/LST");
  if (value === undefined) return parsed(null);
  const seconds = more.length > 0 ? null : parseWholeNumber(value, lockstepSecondsMax);
  return seconds === null ? refused(`LCK/LST is not 0..${lockstepSecondsMax} s`) : parsed(seconds);
}

export function writeLockstepSeconds(seconds: number): ExtensionParameter {
  return { name: "LCK/LST", value: String(Math.min(Math.max(0, Math.round(seconds)), lockstepSecondsMax)) };
}
