/**
 * Which commands to one gateway get in each other's way (RFC 3435 sections 3.5.6 and 4.4.4): what a gateway does with
 * an executing one when another arrives, and which ones a call agent holds back until another is answered.
 */
import { sameName } from "./entity-name.js";
import { endpointMatches } from "./local-name.js";
import type { EndpointName, MgcpCommand } from "./message.js";

export interface ExecutingCommand {
  readonly command: Pick<MgcpCommand, "verb" | "endpoint" | "parameters">;
  /** The connection that a CRCX is making, once it has its name; null otherwise. */
  readonly connectionId: string | null;
}

type Ordered = ExecutingCommand["command"];

/** The code of what is aborted, and of what is refused. */
export const abortedCode = 407;
export const pendingCode = 400;

/**
 * The gateway's side. A gateway always answers, whatever rules a call agent keeps: the executing command is aborted
 * with abortedCode, whether or not the arriving one then succeeds, or the arriving one is refused with pendingCode, or
 * neither.
 */
export function conflictOf(
  executing: ExecutingCommand,
  arriving: Ordered,
): "abort executing" | "refuse arriving" | null {
  const { command, connectionId } = executing;
  if (!overlap(command.endpoint, arriving.endpoint) || isAudit(arriving) || isAudit(command)) return null;
  const concerned = connectionId?.toUpperCase() ?? connectionOf(command);
  if (arriving.verb === "DLCX" && isMaking(command) && covers(arriving, command, concerned)) return "abort executing";
  if (arriving.verb === "MDCX" && concerned !== null && connectionOf(arriving) === concerned) {
    if (command.verb === "CRCX") return "refuse arriving";
    if (command.verb === "MDCX") return "abort executing";
  }
  if (isRequest(command) && isRequest(arriving)) return "abort executing";
  return isConfiguration(command) && isConfiguration(arriving) ? "abort executing" : null;
}

/**
 * The call agent's side: whether it may be sent while the other has no final answer yet. The numbers are section
 * 4.4.4's.
 */
export function mayBeSentBeside(outstanding: Ordered, next: Ordered): boolean {
  // 1 and 7.
  if (!overlap(outstanding.endpoint, next.endpoint) || isAudit(next) || isAudit(outstanding)) return true;
  // 4, 6 and 10.
  if (isRequest(outstanding) && isRequest(next)) return false;
  if (isConfiguration(outstanding) && isConfiguration(next)) return false;
  // 5.
  if (outstanding.verb === "DLCX" && connectionOf(outstanding) === null && next.verb === "CRCX") return false;
  // 2 and 3: DLCX at any time.
  return next.verb !== "MDCX" || outstanding.verb !== "MDCX" || connectionOf(next) !== connectionOf(outstanding);
}

function isAudit({ verb }: Ordered): boolean {
  return verb === "AUEP" || verb === "AUCX";
}

function isMaking({ verb }: Ordered): boolean {
  return verb === "CRCX" || verb === "MDCX";
}

/** By itself or within another command. */
function isRequest({ verb, parameters }: Ordered): boolean {
  return verb === "RQNT" || (verb !== "NTFY" && parameters.requestIdentifier !== undefined);
}

function isConfiguration({ verb, parameters }: Ordered): boolean {
  return verb === "EPCF" || parameters.bearerInformation !== undefined;
}

function connectionOf({ parameters }: Ordered): string | null {
  return parameters.connectionIds?.[0]?.toUpperCase() ?? null;
}

/** A DLCX is for all connections of its endpoints, for those of a call, or for one. */
function covers(deletion: Ordered, command: Ordered, connectionId: string | null): boolean {
  const { callId } = deletion.parameters;
  const deleted = connectionOf(deletion);
  if (callId !== undefined && !sameName(callId, command.parameters.callId ?? "")) return false;
  return deleted === null || deleted === connectionId;
}

function overlap(a: EndpointName, b: EndpointName): boolean {
  if (!sameName(a.domain, b.domain)) return false;
  return endpointMatches(a.local, b.local) || endpointMatches(b.local, a.local);
}
