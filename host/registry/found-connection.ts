/** A connection that an audit showed, with the protocol that told it; half a call until its other half is found. */
import type { ActiveConnection, AuditProtocol } from "#protocol/active-connection.js";

export interface FoundHalf {
  readonly connection: ActiveConnection;
  readonly via: AuditProtocol;
}

/** What is known of a gateway's truth: `pending` may still tell of the other half, `unreachable` will not now. */
export type GatewayKnowledge = "up" | "unreachable" | "pending";
