/**
 * Which parameters a command must, may and must not have (RFC 3435 section 3.2.2, the table, and its notes). The values
 * are parameters.ts's; extension parameters are those of their packages.
 */
import type { MgcpCommand, MgcpParameters, MgcpVerb } from "./message.js";

/** Missing mandatory parameters have codes of their own where section 2.4 has one. */
const invalidParameter = 539;

type ParameterKey = Exclude<keyof MgcpParameters, "extensions">;

interface PresenceRow {
  readonly code: string;
  readonly key: ParameterKey;
  /** Mandatory, optional, forbidden: in the order of `verbs`. */
  readonly presence: string;
  readonly missing?: number;
}

const verbs: readonly MgcpVerb[] = ["EPCF", "CRCX", "MDCX", "DLCX", "RQNT", "NTFY", "AUEP", "AUCX", "RSIP"];

const rows: readonly PresenceRow[] = [
  { code: "B", key: "bearerInformation", presence: "OOOOOFFFF" },
  { code: "C", key: "callId", presence: "FMMOFFFFF", missing: 516 },
  { code: "A", key: "capabilities", presence: "FFFFFFFFF" },
  { code: "I", key: "connectionIds", presence: "FFMOFFFMF", missing: 515 },
  { code: "M", key: "mode", presence: "FMOFFFFFF", missing: 517 },
  // Only in a DLCX of the gateway's.
  { code: "P", key: "connectionParameters", presence: "FFFOFFFFF" },
  { code: "T", key: "detectEvents", presence: "FOOOOFFFF" },
  { code: "D", key: "digitMap", presence: "FOOOOFFFF" },
  { code: "ES", key: "eventStates", presence: "FFFFFFFFF" },
  { code: "L", key: "localOptions", presence: "FOOFFFFFF" },
  { code: "MD", key: "datagramBytesMax", presence: "FFFFFFFFF" },
  // Forbidden with EPCF by the table; our claim (docs/recovery-package.md) brings it.
  { code: "N", key: "notifiedEntity", presence: "OOOOOOFFF" },
  { code: "O", key: "observedEvents", presence: "FFFFFMFFF" },
  { code: "PL", key: "packages", presence: "FFFFFFFFF" },
  { code: "Q", key: "quarantine", presence: "FOOOOFFFF" },
  { code: "E", key: "reasonCode", presence: "FFFOFFFFO" },
  { code: "R", key: "requestedEvents", presence: "FOOOOFFFF" },
  { code: "X", key: "requestIdentifier", presence: "FOOOMMFFF" },
  { code: "F", key: "requestedInfo", presence: "FFFFFFOMF" },
  { code: "K", key: "responseAck", presence: "OOOOOOOOO" },
  { code: "RD", key: "restartDelaySeconds", presence: "FFFFFFFFO" },
  { code: "RM", key: "restartMethod", presence: "FFFFFFFFM", missing: 536 },
  { code: "I2", key: "secondConnectionId", presence: "FFFFFFFFF" },
  { code: "Z2", key: "secondEndpoint", presence: "FOFFFFFFF" },
  { code: "S", key: "signals", presence: "FOOOOFFFF" },
  { code: "Z", key: "endpointIds", presence: "FFFFFFFFF" },
];

/** A notification request inside a connection command needs its identifier (section 3.2.2, notes). */
const requestKeys: readonly ParameterKey[] = ["requestedEvents", "signals", "digitMap", "quarantine", "detectEvents"];

/** The same by verb: what must be there, and by their names those that must not. */
interface VerbRules {
  readonly mandatory: readonly PresenceRow[];
  readonly forbidden: ReadonlyMap<string, PresenceRow>;
}

const rulesByVerb = new Map<MgcpVerb, VerbRules>(
  verbs.map((verb, column) => {
    const ruled = (rule: string) => rows.filter(({ presence }) => presence.charAt(column) === rule);
    return [verb, { mandatory: ruled("M"), forbidden: new Map(ruled("F").map((row) => [row.key, row])) }];
  }),
);

/** What is wrong with the command's set of parameters and session description; null when nothing is. */
export function presenceFault(command: MgcpCommand): { readonly code: number; readonly reason: string } | null {
  const { verb, parameters, session } = command;
  const rules = rulesByVerb.get(verb);
  // MESG is the base package's, whose extensions say what goes with it (Appendix B.3).
  if (rules === undefined) return null;
  for (const key in parameters) {
    const row = rules.forbidden.get(key);
    if (row !== undefined) return fault(`${row.code}: does not go with ${verb}`);
  }
  for (const { code, key, missing } of rules.mandatory)
    if (parameters[key] === undefined) return fault(`${verb} without ${code}:`, missing);
  if (session !== null && verb !== "CRCX" && verb !== "MDCX") return fault(`a session description with ${verb}`);
  const isRequest = requestKeys.some((key) => parameters[key] !== undefined);
  if (isRequest && parameters.requestIdentifier === undefined) return fault("a notification request without X:");
  const isConfiguration = parameters.bearerInformation !== undefined || parameters.extensions !== undefined;
  if (verb === "EPCF" && !isConfiguration) return fault("EPCF without B: or an extension");
  return null;
}

function fault(reason: string, code = invalidParameter): { code: number; reason: string } {
  return { code, reason };
}
