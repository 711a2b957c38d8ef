/** What became of one parameter line: its value, or the return code (RFC 3435 section 2.4) and the reason. */
import type { ParseResult } from "../parse-result.js";

export type ParameterResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: number; readonly reason: string };

export const protocolError = 510;

export function right<T>(value: T): { ok: true; value: T } {
  return { ok: true, value };
}

export function wrong(reason: string, code = protocolError): { ok: false; code: number; reason: string } {
  return { ok: false, code, reason };
}

export function withCode<T>(result: ParseResult<T>, code = protocolError): ParameterResult<T> {
  return result.ok ? result : wrong(result.reason, code);
}
