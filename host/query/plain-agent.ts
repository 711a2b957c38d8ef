/**
 * An SNMP agent that is not ours, as far as any agent tells of itself: the system group (RFC 3418 section 2), and in words
 * what could be learnt of it where it has no table that tells its connections.
 */
import { sysDescrOid, sysNameOid, sysUpTimeOid } from "#protocol/mib/system-group.js";
import { text } from "#protocol/mib/textual-convention.js";
import { formatOid, type Oid } from "#protocol/snmp/oid.js";
import type { VariableBinding } from "#protocol/snmp/pdu.js";

/** Null: not told, or not as RFC 3418 has it. */
export interface PlainAgent {
  readonly name: string | null;
  readonly description: string | null;
  readonly upMs: number | null;
}

/** What to ask, in this order. */
export const plainAgentNames: readonly Oid[] = [sysNameOid, sysDescrOid, sysUpTimeOid];

/** A description may be as long as a text; more than this of it says nothing more. */
const descriptionCharactersMax = 80;

export function plainAgentIn(bindings: readonly VariableBinding[]): PlainAgent {
  const [name, description, upTime] = bindings.map(({ value }) => value);
  const textIn = (value: VariableBinding["value"] | undefined) => {
    const result = text.read(value ?? { type: "null" });
    return result.ok && result.value !== "" ? result.value : null;
  };
  const upMs = upTime?.type === "ticks" ? upTime.value * 10 : null;
  return { name: textIn(name), description: textIn(description), upMs };
}

/** `asked`: what the asker calls it; what it calls itself is said where that is another name. */
export function withoutTables({ name, description, upMs }: PlainAgent, asked: string, root: Oid): string {
  const learnt = [
    ...(name === null || name === asked ? [] : [`calls itself "${name}"`]),
    ...(description === null ? [] : [`says that it is "${description.slice(0, descriptionCharactersMax)}"`]),
    ...(upMs === null ? [] : [`is up for ${Math.floor(upMs / 1000)} s`]),
  ];
  const known = learnt.length === 0 ? "" : `${learnt.join(", ")}, and `;
  const missing = `no HOLDOVER-MIB under ${formatOid(root)} and no session in RTP-MIB`;
  return `the agent there ${known}has ${missing}: which connections there are it cannot tell`;
}
