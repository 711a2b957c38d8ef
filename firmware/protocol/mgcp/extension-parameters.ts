/** Extension parameters (RFC 3435 section 3.2.2) by name, for the packages that define them. */
import type { MgcpParameters } from "./message.js";

/** The package's return code (8xx) with which a command is refused, or a value. */
export type PackageResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: number; readonly reason: string };

const none: readonly string[] = [];

/** The values of all lines of this name, in their order; names are compared without regard to case. */
export function readExtensions({ extensions }: MgcpParameters, name: string): readonly string[] {
  if (extensions === undefined) return none;
  const wanted = name.toLowerCase();
  return extensions.filter((line) => line.name.toLowerCase() === wanted).map(({ value }) => value);
}
