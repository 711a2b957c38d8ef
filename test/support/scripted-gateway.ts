/**
 * Plays a query against a gateway's answers on simulated time: the gateway side is a real transaction core, what it
 * answers is given by the test, and datagrams may be lost.
 */
import type { GatewaySnapshot } from "../../firmware/protocol/active-connection.js";
import type { Address } from "../../firmware/protocol/address.js";
import { earliest } from "../../firmware/protocol/deadlines.js";
import type { MgcpCommand } from "../../firmware/protocol/mgcp/message.js";
import { readAuditRequest, recoveryCodes } from "../../firmware/protocol/mgcp/recovery-package.js";
import { writeAuditPage } from "../../firmware/protocol/mgcp/recovery-page.js";
import { type ResponseToSend, transactionDefaults } from "../../firmware/protocol/mgcp/transaction-options.js";
import { MgcpTransactions } from "../../firmware/protocol/mgcp/transactions.js";
import type { AuditOutcome, AuditQuery, QueryTurn } from "../../host/query/audit-query.js";
import { snapshotSource } from "./snapshot-source.js";

const asker: Address = { address: "192.0.2.9", port: 40_000 };
export const askedGateway: Address = { address: "192.0.2.2", port: 2427 };

/** `isLost` is asked for each datagram either way; null from `answer` leaves a command without one. */
export function playQuery(
  query: AuditQuery,
  answer: (command: MgcpCommand) => ResponseToSend | null,
  isLost: () => boolean = () => false,
): AuditOutcome {
  const gateway = new MgcpTransactions(transactionDefaults, () => 0.5);
  let nowMs = 0;
  let turn: QueryTurn = query.start(nowMs);
  for (let steps = 0; steps < 20_000; steps++) {
    if (turn.outcome !== null) return turn.outcome;
    const arriving = turn.sends.flatMap(({ bytes }) => (isLost() ? [] : answersTo(gateway, bytes, answer, nowMs)));
    const heard = arriving.filter(() => !isLost());
    turn = { sends: [], outcome: null };
    for (const bytes of heard) {
      const more = query.receive(bytes, askedGateway, nowMs);
      turn = { sends: [...turn.sends, ...more.sends], outcome: turn.outcome ?? more.outcome };
    }
    if (turn.sends.length > 0 || turn.outcome !== null) continue;
    const nextMs = earliest(query.next());
    if (nextMs === null) throw new Error("the query waits for nothing");
    nowMs = Math.max(nowMs, nextMs);
    turn = query.tick(nowMs);
  }
  throw new Error("the query never ends");
}

function answersTo(
  gateway: MgcpTransactions,
  bytes: Uint8Array,
  answer: (command: MgcpCommand) => ResponseToSend | null,
  nowMs: number,
): Uint8Array[] {
  const { sends, events } = gateway.receive(bytes, asker, nowMs);
  const answers = events.flatMap((event) => {
    if (event.kind !== "command") return [];
    const response = answer(event.command);
    return response === null ? [] : gateway.respond(event.reply, response, nowMs);
  });
  return [...sends, ...answers].map((datagram) => datagram.bytes);
}

/** A gateway of ours, as far as audits go. */
export function recoveryAnswers(snapshot: GatewaySnapshot): (command: MgcpCommand) => ResponseToSend {
  return (command) => {
    const request = readAuditRequest(command.parameters);
    if (!request.ok || request.value === null) throw new Error("an audit was expected");
    const page = writeAuditPage(
      snapshotSource(snapshot),
      request.value,
      command.endpoint.local,
      request.value.bytesMax ?? 4_000,
    );
    if (page !== null) return { code: 200, comment: "OK", parameters: { extensions: page.extensions }, sessions: [] };
    return { code: recoveryCodes.unknownBootOrCursor, packageName: "x-ho", comment: "", parameters: {}, sessions: [] };
  };
}
