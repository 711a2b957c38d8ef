/** What became of one parameter line: its value, or the return code (RFC 3435 section 2.4) and the reason. */
import type { ParseResult } from "../parse-result.js";

export type ParameterResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: number; readonly reason: string };

export const protocolError = 510;
/** A parameter of this RFC whose value is not what it should be (RFC 3661: neither package nor vendor extension). */
export const invalidParameter = 539;

export function right<T>(value: T): { ok: true; value: T } {
  return { ok: true, value };
}

export function wrong(reason: string, code = protocolError): { ok: false; code: number; reason: string } {
  return { ok: false, code, reason };
}

/** The reason gets this code where it has none of its own. */
export function withCode<T>(result: ParseResult<T> | ParameterResult<T>, code: number): ParameterResult<T> {
  if (result.ok || "code" in result) return result;
  return wrong(result.reason, code);
}
