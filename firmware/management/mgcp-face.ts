/**
 * The gateway's MGCP face (RFC 3435): who may command, which command goes where, what is answered, and the Notify and
 * RestartInProgress of our own. Connections are mgcp-connections', requests mgcp-requests', audits mgcp-audit's.
 */
import type { Epoch } from "#protocol/active-connection.js";
import { type Address, parseAddress } from "#protocol/address.js";
import type { OutgoingDatagram } from "#protocol/datagram.js";
import { earliest } from "#protocol/deadlines.js";
import type { EndpointName, EventName, MgcpCommand } from "#protocol/mgcp/message.js";
import { readClaim, readEpoch, recoveryCodes, writeEpoch } from "#protocol/mgcp/recovery-package.js";
import { parseTag } from "#protocol/mgcp/recovery-tag.js";
import type { ReplyHandle, TransactionEvent } from "#protocol/mgcp/transaction-options.js";
import type { MgcpTransactions } from "#protocol/mgcp/transactions.js";
import type { ControlOutput, Moment } from "./call-control.js";
import type { ConnectionTable } from "./connection-table.js";
import type { Endpoint, Endpoints } from "./endpoints.js";
import type { Notification } from "./event-requests.js";
import type { Fencing } from "./fencing.js";
import { type Answer, accept, type FaceOutput, refuse, refuseByPackage } from "./mgcp-answer.js";
import type { MgcpAudit } from "./mgcp-audit.js";
import type { MgcpConnections, PendingAnswer } from "./mgcp-connections.js";
import type { MgcpRequests } from "./mgcp-requests.js";
import type { RestartNotice } from "./restart-notice.js";

export interface MgcpFaceParts {
  /** The domain names and bracketed literals that are this gateway, lower case; the first is its name. */
  readonly domains: readonly string[];
  readonly transactions: MgcpTransactions;
  readonly endpoints: Endpoints;
  readonly table: ConnectionTable;
  readonly fencing: Fencing;
  readonly connections: MgcpConnections;
  readonly requests: MgcpRequests;
  readonly audit: MgcpAudit;
  readonly restart: RestartNotice;
}

const auditVerbs: ReadonlySet<string> = new Set(["AUEP", "AUCX"]);

export class MgcpFace {
  readonly #parts: MgcpFaceParts;
  /** CRCX and MDCX commands that the media engine is at work for, by call-control's key. */
  readonly #opening = new Map<string, { readonly reply: ReplyHandle; readonly specific: EndpointName | null }>();
  #strangers = 0;
  #malformed = 0;

  constructor(parts: MgcpFaceParts) {
    this.#parts = parts;
  }

  /** Datagrams of addresses that are not listed, and listed ones' that were no message. */
  get refusals(): { readonly strangers: number; readonly malformed: number } {
    return { strangers: this.#strangers, malformed: this.#malformed };
  }

  receive(bytes: Uint8Array, from: Address, at: Moment): FaceOutput[] {
    if (!this.#parts.fencing.mayAsk(from.address)) {
      this.#strangers += 1;
      return [];
    }
    this.#parts.fencing.heard(from.address, at.nowMs);
    const turn = this.#parts.transactions.receive(bytes, from, at.nowMs);
    return [...sends(turn.sends), ...turn.events.flatMap((event) => this.#event(event, at))];
  }

  tick(at: Moment): FaceOutput[] {
    const turn = this.#parts.transactions.tick(at.nowMs);
    const outputs = [...sends(turn.sends), ...turn.events.flatMap((event) => this.#event(event, at))];
    return [...outputs, ...this.#announceRestart(at)];
  }

  next(): number | null {
    return earliest(this.#parts.transactions.next(), this.#parts.restart.next());
  }

  /** What call-control said became of a CRCX or MDCX that had to wait; the others of its outputs are not ours. */
  controlled(output: ControlOutput, at: Moment): FaceOutput[] {
    if (!("key" in output)) return [];
    const opening = this.#opening.get(output.key);
    this.#opening.delete(output.key);
    if (opening === undefined) return [];
    const { reply, specific } = opening;
    switch (output.kind) {
      case "created":
        return this.#respond(reply, this.#parts.connections.created(output.row, specific), at);
      case "modified":
        return this.#respond(reply, this.#parts.connections.modified(output.row), at);
      case "not-created":
      case "not-modified":
        return this.#respond(reply, refuse(output.code, output.reason), at);
    }
  }

  /** Something happened on a line: the endpoint's request decides whether a Notify goes out. */
  observe(local: string, event: EventName, at: Moment): FaceOutput[] {
    const endpoint = this.#parts.endpoints.get(local);
    if (endpoint === undefined) return [];
    return this.#notify(endpoint, endpoint.requests.observe(event), at);
  }

  #event(event: TransactionEvent, at: Moment): FaceOutput[] {
    switch (event.kind) {
      case "command":
        return this.#command(event.command, event.from, event.reply, at);
      case "response":
        return this.#answered(event.transactionId, event.response.code, at);
      case "failed":
        return this.#answered(event.transactionId, null, at);
      case "refused":
        this.#malformed += 1;
        return [];
      case "suspected":
      case "provisional":
        return [];
    }
  }

  #command(command: MgcpCommand, from: Address, reply: ReplyHandle, at: Moment): FaceOutput[] {
    const { fencing, endpoints, domains, restart } = this.#parts;
    const isAudit = auditVerbs.has(command.verb);
    if (!isAudit && !fencing.mayCommand(from.address))
      return this.#respond(reply, refuse(500, `${from.address} may ask, not command`), at);
    if (!domains.includes(command.endpoint.domain.toLowerCase()))
      return this.#respond(reply, refuse(500, `this is ${domains[0]}, not ${command.endpoint.domain}`), at);
    const chosen = this.#parts.connections.chooseEndpoint(command, () => endpoints.matching(command.endpoint.local));
    if (!chosen.ok) return this.#respond(reply, chosen.answer, at);
    const targets = endpoints.matching(chosen.value);
    const [target] = targets;
    if (target === undefined)
      return this.#respond(reply, refuse(500, `no endpoint ${command.endpoint.local} here`), at);
    const epoch = readEpoch(command.parameters);
    if (!epoch.ok) return this.#respond(reply, refuse(510, epoch.reason), at);
    if (isAudit) return this.#respond(reply, this.#auditAnswer(command, target, targets, at), at);
    const obsolete = restart.commanded();
    if (obsolete !== null) this.#parts.transactions.forget(obsolete);
    if (command.verb === "EPCF") return this.#respond(reply, this.#configure(command, targets, at), at);
    if (!fencing.obeys(epoch.value)) return this.#respond(reply, this.#fencedOff(), at);
    return this.#commandEndpoint(command, target, targets, epoch.value, reply, at);
  }

  #auditAnswer(command: MgcpCommand, target: Endpoint, targets: readonly Endpoint[], at: Moment): Answer {
    if (command.verb === "AUEP") return this.#parts.audit.endpoints(command, targets, at);
    return targets.length > 1
      ? refuse(503, "AUCX needs one endpoint")
      : this.#parts.audit.connection(command, target, at);
  }

  #commandEndpoint(
    command: MgcpCommand,
    target: Endpoint,
    targets: readonly Endpoint[],
    epoch: Epoch | null,
    reply: ReplyHandle,
    at: Moment,
  ): FaceOutput[] {
    const { connections } = this.#parts;
    if (targets.length > 1 && command.verb !== "DLCX")
      return this.#respond(reply, refuse(503, `${command.verb} needs one endpoint`), at);
    switch (command.verb) {
      case "CRCX":
        return this.#open(connections.create(command, target, epoch, at), reply, at);
      case "MDCX":
        return this.#open(connections.modify(command, target, epoch, at), reply, at);
      case "DLCX": {
        if (targets.length === 1) return this.#respond(reply, connections.delete(command, target, at), at);
        const outputs = targets.flatMap((one) => connections.delete(command, one, at).outputs);
        return this.#respond(reply, accept({}, outputs, [], 250), at);
      }
      case "RQNT":
        return this.#request(command, target, reply, at);
      default:
        return this.#respond(reply, refuse(504, `${command.verb} is not for a gateway`), at);
    }
  }

  /** Answered now, or when the media engine has opened the ports. */
  #open(outcome: Answer | PendingAnswer, reply: ReplyHandle, at: Moment): FaceOutput[] {
    if (!("pending" in outcome)) return this.#respond(reply, outcome, at);
    this.#opening.set(outcome.pending, { reply, specific: outcome.specific });
    return [...outcome.answer.outputs];
  }

  #request(command: MgcpCommand, endpoint: Endpoint, reply: ReplyHandle, at: Moment): FaceOutput[] {
    const { notifiedEntity } = command.parameters;
    const [connection] = this.#parts.table.onEndpoint(endpoint.local);
    const callerNumber = parseTag(connection?.tag ?? "").get("from") ?? "anonymous";
    const pending = endpoint.notify;
    const { answer, notification } = this.#parts.requests.request(command, endpoint, callerNumber, at);
    const isAccepted = answer.response?.code === 200;
    if (isAccepted && notifiedEntity !== undefined) endpoint.notifiedEntity = notifiedEntity;
    if (isAccepted && pending !== null) {
      this.#parts.transactions.forget(pending);
      endpoint.notify = null;
    }
    return [...this.#respond(reply, answer, at), ...this.#notify(endpoint, notification, at)];
  }

  /** EPCF with a claim: from now on this call server's commands are obeyed, and it is the one to notify. */
  #configure(command: MgcpCommand, targets: readonly Endpoint[], at: Moment): Answer {
    const { fencing, table, endpoints } = this.#parts;
    const claim = readClaim(command.parameters);
    if (!claim.ok) return refuse(510, claim.reason);
    if (claim.value === null) return refuse(507, "EPCF is supported with x-ho/C only");
    if (targets.length < endpoints.all().length) return refuse(503, "the whole gateway is claimed: *");
    const verdict = fencing.claim(claim.value);
    const extensions = fencing.epoch === null ? [] : [writeEpoch(fencing.epoch)];
    if (verdict.kind === "refused") return refuseByPackage(recoveryCodes.claimRefused, verdict.reason, { extensions });
    const { notifiedEntity } = command.parameters;
    for (const endpoint of endpoints.all()) {
      if (notifiedEntity !== undefined) endpoint.notifiedEntity = notifiedEntity;
      if (verdict.kind === "granted") this.#abandonNotify(endpoint);
    }
    if (verdict.kind === "granted") table.touch();
    const log: FaceOutput = { kind: "log", event: "claimed", fields: { epoch: verdict.epoch, atMs: at.nowMs } };
    return accept({ extensions }, [{ kind: "persist-epoch", epoch: verdict.epoch }, log]);
  }

  /** A Notify on its way to the call server before is kept for the one that claimed. */
  #abandonNotify(endpoint: Endpoint): void {
    if (endpoint.notify !== null) this.#parts.transactions.forget(endpoint.notify);
    endpoint.notify = null;
    endpoint.requests.undelivered();
  }

  #fencedOff(): Answer {
    const { epoch } = this.#parts.fencing;
    const owner = epoch === null ? "nobody" : `${epoch.server} with epoch ${epoch.number}`;
    return refuseByPackage(recoveryCodes.staleEpoch, `the gateway belongs to ${owner}`, {
      extensions: epoch === null ? [] : [writeEpoch(epoch)],
    });
  }

  #respond(reply: ReplyHandle, answer: Answer, at: Moment): FaceOutput[] {
    // What must be persisted comes before the datagram that promises it.
    const datagrams =
      answer.response === null ? [] : this.#parts.transactions.respond(reply, answer.response, at.nowMs);
    return [...answer.outputs, ...sends(datagrams)];
  }

  #notify(endpoint: Endpoint, notification: Notification | null, at: Moment): FaceOutput[] {
    if (notification === null) return [];
    const { requestIdentifier, observedEvents } = notification;
    const to = agentAddress(endpoint.notifiedEntity);
    if (to === null) {
      endpoint.requests.undelivered();
      return [{ kind: "log", event: "no-notified-entity", fields: { endpoint: endpoint.local } }];
    }
    const name = { local: endpoint.local, domain: this.#parts.domains[0] ?? "" };
    const parameters = { notifiedEntity: endpoint.notifiedEntity, requestIdentifier, observedEvents };
    const sent = this.#parts.transactions.send(
      { verb: "NTFY", endpoint: name, parameters, session: null },
      to,
      at.nowMs,
    );
    if (sent.transactionId === null) endpoint.requests.undelivered();
    endpoint.notify = sent.transactionId;
    return sends(sent.sends);
  }

  /** The end of a transaction of ours; code null: nobody answered. */
  #answered(transactionId: number, code: number | null, at: Moment): FaceOutput[] {
    if (this.#parts.restart.answered(transactionId, code, at.nowMs)) return this.#announceRestart(at);
    const endpoint = this.#parts.endpoints.withNotify(transactionId);
    if (endpoint === undefined) return [];
    endpoint.notify = null;
    if (code !== null && code < 400) return [];
    endpoint.requests.undelivered();
    return [{ kind: "log", event: "notify-undelivered", fields: { endpoint: endpoint.local, code } }];
  }

  #announceRestart(at: Moment): FaceOutput[] {
    const to = this.#parts.restart.due(at.nowMs);
    if (to === null) return [];
    const endpoint = { local: "*", domain: this.#parts.domains[0] ?? "" };
    const command = { verb: "RSIP", endpoint, parameters: { restartMethod: "restart" }, session: null } as const;
    const sent = this.#parts.transactions.send(command, to, at.nowMs);
    if (sent.transactionId !== null) this.#parts.restart.sent(sent.transactionId);
    return sends(sent.sends);
  }
}

function sends(datagrams: readonly OutgoingDatagram[]): FaceOutput[] {
  return datagrams.map((datagram) => ({ kind: "send", datagram }));
}

/** `ca@[192.0.2.1]:2727`; names that need DNS are not resolved here: null. */
function agentAddress(notifiedEntity: string): Address | null {
  const domain = /^(?:[^@]*@)?\[([^\]]+)\](?::(\d{1,5}))?$/.exec(notifiedEntity);
  if (domain?.[1] === undefined) return null;
  const literal = domain[1].includes(":") ? `[${domain[1]}]` : domain[1];
  const address = parseAddress(`${literal}:${domain[2] ?? "2727"}`);
  return address.ok ? address.value : null;
}
