/** What the call server's core wants done; the edge does it in this order, so that a record is safe before it is acknowledged. */
import type { AuditProtocol } from "#protocol/active-connection.js";
import type { OutgoingDatagram } from "#protocol/datagram.js";
import type { CallDetailRecord } from "./cdr/call-detail-record.js";
import type { ControlReply } from "./control/control-message.js";
import type { GatewayRecord } from "./registry/connection-records.js";
import type { ServerEvent } from "./server-event.js";

export interface AuditSince {
  readonly bootId: string;
  readonly counter: number;
}

export type ServerOutput =
  | { readonly kind: "send-mgcp"; readonly datagram: OutgoingDatagram }
  | { readonly kind: "send-peer"; readonly datagram: OutgoingDatagram }
  /** Answered by `auditEnded` with the same id, always. */
  | {
      readonly kind: "audit";
      readonly auditId: number;
      readonly gateway: string;
      readonly via: AuditProtocol;
      /** By MGCP: whether our package's parameters may be sent. */
      readonly asksRecovery: boolean;
      /** Only what changed behind this need be told; null: everything. */
      readonly since: AuditSince | null;
    }
  | { readonly kind: "store-cdr"; readonly record: CallDetailRecord }
  /** The peer has it as it stands here. */
  | { readonly kind: "store-peer-cdr"; readonly record: CallDetailRecord }
  | { readonly kind: "cdr-shared"; readonly record: CallDetailRecord }
  | { readonly kind: "store-gateway-record"; readonly record: GatewayRecord }
  /** To the request of the same id. */
  | { readonly kind: "control-reply"; readonly controlId: number; readonly reply: ControlReply }
  | { readonly kind: "log"; readonly event: ServerEvent };

/** Where the parts of one call server put what they want done, in one order, until the edge takes it. */
export class Outbox {
  #outputs: ServerOutput[] = [];

  push(output: ServerOutput): void {
    this.#outputs.push(output);
  }

  log(event: ServerEvent): void {
    this.#outputs.push({ kind: "log", event });
  }

  sendMgcp(datagrams: readonly OutgoingDatagram[]): void {
    for (const datagram of datagrams) this.#outputs.push({ kind: "send-mgcp", datagram });
  }

  take(): ServerOutput[] {
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs;
  }
}
