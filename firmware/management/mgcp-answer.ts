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
  | { readonly kind: "log"; readonly event: string; readonly fields: Readonly<Record<string, unknown>> };

export interface Answer {
  readonly response: ResponseToSend | null;
  readonly outputs: readonly FaceOutput[];
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

/** A refusal by our own package (8xx, RFC 3435 section 2.4). */
export function refuseByPackage(code: number, reason: string, parameters: MgcpParameters = {}): Answer {
  return { response: { code, packageName: "x-ho", comment: reason, parameters, sessions: [] }, outputs: [] };
}
