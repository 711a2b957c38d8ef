/** What executing one MGCP command comes to: the response (null: it follows later) and what is to be done. */
import type { Epoch } from "#protocol/active-connection.js";
import type { OutgoingDatagram } from "#protocol/datagram.js";
import type { MgcpParameters } from "#protocol/mgcp/message.js";
import type { ResponseToSend } from "#protocol/mgcp/transaction-options.js";
import type { ControlOutput } from "./call-control.js";

export type FaceOutput =
  | ControlOutput
  | { readonly kind: "send"; readonly datagram: OutgoingDatagram }
  /** To be on disk before anything that follows it is sent. */
  | { readonly kind: "persist-epoch"; readonly epoch: Epoch }
  /** A call agent's domain name is to be looked up; `resolved` tells its addresses. */
  | { readonly kind: "resolve"; readonly name: string }
  | { readonly kind: "log"; readonly event: string; readonly fields: Readonly<Record<string, unknown>> };

export interface Answer {
  readonly response: ResponseToSend | null;
  readonly outputs: readonly FaceOutput[];
}

export function sends(datagrams: readonly OutgoingDatagram[]): FaceOutput[] {
  return datagrams.map((datagram) => ({ kind: "send", datagram }));
}

export function accept(
  parameters: MgcpParameters = {},
  outputs: readonly FaceOutput[] = [],
  sessions: readonly string[] = [],
  code = 200,
): Answer {
  return { response: { code, comment: "OK", parameters, sessions }, outputs };
}

export function refuse(code: number, reason: string, parameters: MgcpParameters = {}): Answer {
  return { response: { code, comment: reason, parameters, sessions: [] }, outputs: [] };
}

/** A refusal by a package (8xx, RFC 3435 section 2.4), our own where none is named. */
export function refuseByPackage(
  code: number,
  reason: string,
  parameters: MgcpParameters = {},
  packageName = "x-ho",
): Answer {
  return { response: { code, packageName, comment: reason, parameters, sessions: [] }, outputs: [] };
}
