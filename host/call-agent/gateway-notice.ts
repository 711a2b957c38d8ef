/**
 * The commands a gateway gives (RFC 3435): Notify (section 2.3.4), DeleteConnection of its own (2.3.8) and
 * RestartInProgress (2.3.12): what each is answered, and what a restart says of the endpoints' service. What is done
 * about it is the call server's.
 */
import type { Address } from "#protocol/address.js";
import type { MgcpCommand, MgcpParameters } from "#protocol/mgcp/message.js";
import type { KnownGateway } from "../registry/known-gateway.js";
import { notifiedEntity } from "./gateway-command.js";

const noticeVerbs: ReadonlySet<string> = new Set(["NTFY", "DLCX", "RSIP"]);

/** Read in lower case. */
const restartMethods: ReadonlySet<string> = new Set([
  "graceful",
  "forced",
  "restart",
  "disconnected",
  "cancel-graceful",
]);

interface NoticeReply {
  readonly code: number;
  readonly comment: string;
  readonly parameters: MgcpParameters;
}

/**
 * One that stands by sends the gateway to the one in charge (section 2.4, code 521); one that does not know yet who that
 * will be asks for patience.
 */
export function noticeReply(
  { verb, parameters }: MgcpCommand,
  role: "starting" | "standby" | "active",
  peer: { readonly server: string; readonly address: string; readonly mgcpPort: number } | null,
): NoticeReply {
  if (!noticeVerbs.has(verb)) return reply(504, "only NTFY, RSIP and DLCX here");
  if (verb === "RSIP" && !restartMethods.has(parameters.restartMethod ?? ""))
    return reply(536, "unknown restart method");
  if (role === "active") return reply(200, "OK");
  if (peer === null || role === "starting") return reply(400, "not yet in charge");
  const callAgent: Address = { address: peer.address, port: peer.mgcpPort };
  return { ...reply(521, `${peer.server} is in charge`), parameters: { notifiedEntity: notifiedEntity(callAgent) } };
}

/**
 * A graceful or forced restart, and one that is still to come, take endpoints out of service. An audit is due when
 * connections may be gone or were without control; a restart with a delay is said again when that is over.
 */
export function takeRestart(
  { service }: KnownGateway,
  { endpoint, parameters }: MgcpCommand,
): { readonly isToBeAudited: boolean; readonly reason: string } {
  const { restartMethod: method, restartDelaySeconds = 0, reasonCode } = parameters;
  const isBack = method === "cancel-graceful" || (method === "restart" && restartDelaySeconds === 0);
  if (isBack) service.bringBack(endpoint.local);
  else if (method !== "disconnected") service.takeOut(endpoint.local);
  const reason = [method, endpoint.local, reasonCode?.code, reasonCode?.text].filter((word) => word !== undefined);
  const isToBeAudited =
    method === "forced" || method === "disconnected" || (method === "restart" && restartDelaySeconds === 0);
  return { isToBeAudited, reason: reason.join(" ").trim() };
}

function reply(code: number, comment: string): NoticeReply {
  return { code, comment, parameters: {} };
}
