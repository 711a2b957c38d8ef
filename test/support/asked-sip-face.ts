/** The SIP face over a snapshot, and the query that asks it over a stream, in memory. */
import { SipFace } from "../../firmware/management/sip-face.js";
import type { GatewaySnapshot } from "../../firmware/protocol/active-connection.js";
import type { OutgoingDatagram } from "../../firmware/protocol/datagram.js";
import { SipTransactions } from "../../firmware/protocol/sip/transactions.js";
import type { AuditOutcome, QueryTurn } from "../../host/query/audit-query.js";
import { SipQuery } from "../../host/query/sip-query.js";
import { alice, bob, seeded } from "./sip-wire.js";

const documentBytesMax = 1 << 25;

export function askBySip(snapshot: GatewaySnapshot): AuditOutcome | null {
  const options = { gateway: snapshot.gateway, address: bob, lines: [], mayAsk: () => true };
  const face = new SipFace({ ...options, streamDocumentBytesMax: documentBytesMax }, () => snapshot, seeded(5));
  const notifier = new SipTransactions({ sentBy: bob, streamBytesMax: documentBytesMax }, seeded(4));
  const query = new SipQuery(
    { gateway: snapshot.gateway, to: bob, from: alice, timeoutMs: 5_000, transport: "tcp" },
    seeded(3),
  );
  let turn: QueryTurn = query.start(0);
  const asked: OutgoingDatagram[] = [...turn.sends];
  for (let next = asked.shift(); next !== undefined && turn.outcome === null; next = asked.shift()) {
    const received = notifier.receive(next.bytes, alice, 0, true);
    const outputs = received.events.flatMap((event) => face.sipEvent(event, 0));
    for (const { bytes } of [...received.sends, ...notifier.perform(outputs, 0).sends]) {
      turn = turn.outcome === null ? query.receive(bytes, bob, 0, true) : turn;
      asked.push(...turn.sends);
    }
  }
  return turn.outcome;
}
