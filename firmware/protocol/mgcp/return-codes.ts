/** Return codes (RFC 3435 section 2.4): what each says, and what a call agent makes of it (RFC 3661 section 2). */

/**
 * RFC 3661 section 2.1. none: the code has its own consequence; provisioning: the gateway does not know what was asked;
 * temporary: a later call may succeed; state: ask again as fits the gateway's state; remote: the far gateway's
 * description does not fit; service: as if out of service.
 */
export type ReturnCodeCategory =
  | "normal"
  | "none"
  | "service failure"
  | "provisioning mismatch"
  | "temporary failure"
  | "state mismatch"
  | "remote descriptor error";

interface ReturnCodeRow {
  readonly code: number;
  readonly category: ReturnCodeCategory;
  /** The comment of an answer that brings none of its own. */
  readonly comment: string;
}

function row(code: number, category: ReturnCodeCategory, comment: string): ReturnCodeRow {
  return { code, category, comment };
}

export const returnCodes: readonly ReturnCodeRow[] = [
  row(0, "normal", "response acknowledgement"),
  row(100, "normal", "transaction in progress"),
  row(101, "normal", "transaction has been queued for execution"),
  row(200, "normal", "OK"),
  row(250, "normal", "the connection was deleted"),
  row(400, "temporary failure", "unspecified transient error"),
  row(401, "state mismatch", "the phone is already off-hook"),
  row(402, "state mismatch", "the phone is already on-hook"),
  row(403, "temporary failure", "insufficient resources available at this time"),
  row(404, "temporary failure", "insufficient bandwidth at this time"),
  row(405, "none", "endpoint is restarting"),
  row(406, "temporary failure", "transaction time-out"),
  row(407, "none", "transaction aborted by some external action"),
  row(409, "temporary failure", "internal overload"),
  row(410, "none", "no endpoint available"),
  row(500, "provisioning mismatch", "endpoint unknown"),
  row(501, "service failure", "endpoint is not ready or is out of service"),
  row(502, "service failure", "insufficient resources (permanent)"),
  row(503, "provisioning mismatch", '"all of" wildcard too complicated'),
  row(504, "provisioning mismatch", "unknown or unsupported command"),
  row(505, "remote descriptor error", "unsupported remote connection descriptor"),
  row(506, "remote descriptor error", "local connection options and remote connection descriptor conflict"),
  row(507, "provisioning mismatch", "unsupported functionality"),
  row(508, "provisioning mismatch", "unknown or unsupported quarantine handling"),
  row(509, "remote descriptor error", "error in remote connection descriptor"),
  row(510, "provisioning mismatch", "protocol error"),
  row(511, "provisioning mismatch", "unrecognized parameter extension"),
  row(512, "provisioning mismatch", "not equipped to detect one of the requested events"),
  row(513, "provisioning mismatch", "not equipped to generate one of the requested signals"),
  row(514, "provisioning mismatch", "cannot send the specified announcement"),
  row(515, "state mismatch", "incorrect connection-id"),
  row(516, "state mismatch", "unknown or incorrect call-id"),
  row(517, "provisioning mismatch", "invalid or unsupported mode"),
  row(518, "provisioning mismatch", "unsupported or unknown package"),
  row(519, "state mismatch", "endpoint does not have a digit map"),
  row(520, "service failure", "endpoint is restarting"),
  row(521, "none", "endpoint redirected to another call agent"),
  row(522, "provisioning mismatch", "no such event or signal"),
  row(523, "provisioning mismatch", "unknown action or illegal combination of actions"),
  row(524, "provisioning mismatch", "internal inconsistency in local connection options"),
  row(525, "provisioning mismatch", "unknown extension in local connection options"),
  row(526, "provisioning mismatch", "insufficient bandwidth"),
  row(527, "remote descriptor error", "missing remote connection descriptor"),
  row(528, "provisioning mismatch", "incompatible protocol version"),
  row(529, "service failure", "internal hardware error"),
  row(530, "none", "CAS signaling protocol error"),
  row(531, "service failure", "failure of a grouping of trunks"),
  row(532, "provisioning mismatch", "unsupported value in local connection options"),
  row(533, "none", "response too large"),
  row(534, "provisioning mismatch", "codec negotiation failure"),
  row(535, "none", "packetization period not supported"),
  row(536, "provisioning mismatch", "unknown or unsupported restart method"),
  row(537, "provisioning mismatch", "unknown or unsupported digit map extension"),
  row(538, "provisioning mismatch", "event or signal parameter error"),
  row(539, "provisioning mismatch", "invalid or unsupported command parameter"),
  row(540, "state mismatch", "per endpoint connection limit exceeded"),
  row(541, "provisioning mismatch", "invalid or unsupported local connection options"),
];

const rows = new Map(returnCodes.map((entry) => [entry.code, entry]));

/** Section 2.4: what a code that is not known counts as. Codes of packages (8xx) count as 510 too. */
export function knownCode(code: number): number {
  if (rows.has(code)) return code;
  if (code < 100) return 0;
  if (code < 200) return 100;
  if (code < 300) return 200;
  if (code < 400) return 521;
  return code < 500 ? 400 : 510;
}

export function categoryOf(code: number): ReturnCodeCategory {
  return rows.get(knownCode(code))?.category ?? "none";
}

/** Empty for a code of a package. */
export function commentOf(code: number): string {
  return rows.get(code)?.comment ?? "";
}
