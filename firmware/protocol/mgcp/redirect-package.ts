/**
 * Package RED, redirect and reset (RFC 3991): several call agents in their order, and an EPCF that moves or resets
 * groups of endpoints.
 *
 *   EPCF 1200 mg@gw1.whatever.net MGCP 1.0
 *   RED/EL: ds/e1-3/[1-5]
 *   RED/MP: TFTTT
 *   RED/NL: ca1@myca.whatever.net, ca2@mybackupca.whatever.net
 *   RED/R: reset
 */
import { type ParseResult, parsed, refused } from "../parse-result.js";
import { parseEntity } from "./entity-name.js";
import { type PackageResult, readExtensions } from "./extension-parameters.js";
import { parseList } from "./list-syntax.js";
import type { ExtensionParameter, MgcpParameters } from "./message.js";
import { expandRangedNames, parseRangedNames } from "./ranged-names.js";

/** Section 2.5. */
export const redirectCodes = { mapOutOfRange: 800, incorrectUsage: 801 } as const;

/** Names in one list; each may have several addresses. */
export const notifiedEntitiesMax = 16;

export interface Redirection {
  /** RED/N: the new notified entity; null leaves it. */
  readonly notifiedEntity: string | null;
  /** RED/NL: those to try after it, in their order; null leaves them. */
  readonly notifiedEntityList: readonly string[] | null;
  /** RED/EL and RED/MP: the local names that the command is for, `*` for all; null: the command's own endpoint. */
  readonly endpoints: readonly string[] | null;
  readonly isReset: boolean;
}

/** Null where the command has no parameter of this package. */
export function readRedirection(parameters: MgcpParameters): PackageResult<Redirection | null> {
  const lines = (parameters.extensions ?? []).filter(({ name }) => /^red\//i.test(name));
  if (lines.length === 0) return { ok: true, value: null };
  const endpoints = readEndpoints(lines);
  if (!endpoints.ok) return endpoints;
  const list = readNotifiedEntityList(parameters);
  if (!list.ok) return incorrect(list.reason);
  const [notifiedEntity = null, ...more] = readExtensions(parameters, "RED/N");
  const isNamed = notifiedEntity === null || notifiedEntity === "" || parseEntity(notifiedEntity).ok;
  if (more.length > 0 || !isNamed) return incorrect("RED/N is not one notified entity");
  const resets = readExtensions(parameters, "RED/R");
  if (resets.length > 1 || resets.some((value) => value.toLowerCase() !== "reset"))
    return incorrect('RED/R is not "reset"');
  return {
    ok: true,
    value: { notifiedEntity, notifiedEntityList: list.value, endpoints: endpoints.value, isReset: resets.length > 0 },
  };
}

/** The endpoints are written one list for all, without a map. */
export function writeRedirection(redirection: Redirection): ExtensionParameter[] {
  const { notifiedEntity, notifiedEntityList, endpoints, isReset } = redirection;
  const lines: ExtensionParameter[] = [];
  if (endpoints !== null) lines.push({ name: "RED/EL", value: endpoints.join(", ") });
  if (notifiedEntity !== null) lines.push({ name: "RED/N", value: notifiedEntity });
  if (notifiedEntityList !== null) lines.push({ name: "RED/NL", value: notifiedEntityList.join(", ") });
  if (isReset) lines.push({ name: "RED/R", value: "reset" });
  return lines;
}

/** RED/NL goes with any command or response that N: goes with (section 2.1); null where it is not there. */
export function readNotifiedEntityList(parameters: MgcpParameters): ParseResult<string[] | null> {
  const [value, ...more] = readExtensions(parameters, "RED/NL");
  if (value === undefined) return parsed(null);
  if (more.length > 0) return refused("RED/NL is there more than once");
  const names = parseList(value, (name) => {
    const entity = parseEntity(name);
    return entity.ok ? parsed(name) : entity;
  });
  if (names.ok && names.value.length > notifiedEntitiesMax) return refused(`above ${notifiedEntitiesMax} call agents`);
  return names.ok ? names : refused(`RED/NL: ${names.reason}`);
}

/** Each map belongs to the list on the line before it (section 2.2.1). */
function readEndpoints(lines: readonly ExtensionParameter[]): PackageResult<string[] | null> {
  const endpoints: string[] = [];
  let listed: readonly string[] | null = null;
  let isNamed = false;
  for (const { name, value } of lines) {
    const parameter = name.toUpperCase();
    if (parameter === "RED/MP") {
      const chosen = applyMap(listed, value.toUpperCase());
      if (!chosen.ok) return chosen;
      endpoints.push(...chosen.value);
      listed = null;
      continue;
    }
    endpoints.push(...(listed ?? []));
    listed = null;
    if (parameter !== "RED/EL") continue;
    const names = parseRangedNames(value);
    const expanded = names.ok ? expandRangedNames(names.value) : names;
    if (!expanded.ok) return incorrect(`RED/EL: ${expanded.reason}`);
    listed = expanded.value;
    isNamed = true;
  }
  return { ok: true, value: isNamed ? [...endpoints, ...(listed ?? [])] : null };
}

function applyMap(listed: readonly string[] | null, map: string): PackageResult<string[]> {
  const isWild = listed?.some((name) => name.includes("*")) ?? true;
  if (listed === null || isWild || map.length > listed.length)
    return { ok: false, code: redirectCodes.mapOutOfRange, reason: "RED/MP goes beyond the RED/EL before it" };
  if (!/^[TF]+$/.test(map)) return incorrect("RED/MP is not made of T and F");
  return { ok: true, value: listed.filter((_name, index) => map.charAt(index) === "T") };
}

function incorrect(reason: string): { ok: false; code: number; reason: string } {
  return { ok: false, code: redirectCodes.incorrectUsage, reason };
}
