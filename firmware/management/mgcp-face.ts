/**
 * The gateway's MGCP face (RFC 3435): who may command, which command goes where, and what is answered. Connections are
 * mgcp-connections', requests mgcp-requests', configuration mgcp-configuration's, audits mgcp-audit's; what the gateway
 * says of its own accord is mgcp-notices'.
 */
import type { Epoch } from "#protocol/active-connection.js";
import type { Address } from "#protocol/address.js";
import { earliest } from "#protocol/deadlines.js";
import { abortedCode, conflictOf, pendingCode } from "#protocol/mgcp/command-order.js";
import type { EndpointName, EventName, MgcpCommand } from "#protocol/mgcp/message.js";
import { presenceFault } from "#protocol/mgcp/parameter-presence.js";
import { readEpoch, recoveryCodes, writeEpoch } from "#protocol/mgcp/recovery-package.js";
import { readNotifiedEntityList } from "#protocol/mgcp/redirect-package.js";
import type { ReplyHandle, TransactionEvent, TransactionTurn } from "#protocol/mgcp/transaction-options.js";
import type { MgcpTransactions } from "#protocol/mgcp/transactions.js";
import type { ControlOutput, Moment } from "./call-control.js";
import type { Endpoint, Endpoints } from "./endpoints.js";
import type { Fencing } from "./fencing.js";
import { type Answer, accept, type FaceOutput, refuse, refuseByPackage, sends } from "./mgcp-answer.js";
import type { MgcpAudit } from "./mgcp-audit.js";
import { gatewayEndpoint, type MgcpConfiguration, redirect } from "./mgcp-configuration.js";
import type { MgcpConnections, PendingAnswer } from "./mgcp-connections.js";
import type { MgcpNotices } from "./mgcp-notices.js";
import type { MgcpRequests, Reaction } from "./mgcp-requests.js";
import { bringsRequest, type CheckedRequest, type RequestChecks } from "./request-checks.js";
import type { RestartNotice } from "./restart-notice.js";

export interface MgcpFaceParts {
  /** The domain names and bracketed literals that are this gateway, lower case; the first is its name. */
  readonly domains: readonly string[];
  readonly transactions: MgcpTransactions;
  readonly endpoints: Endpoints;
  readonly fencing: Fencing;
  readonly connections: MgcpConnections;
  readonly checks: RequestChecks;
  readonly requests: MgcpRequests;
  readonly configuration: MgcpConfiguration;
  readonly notices: MgcpNotices;
  readonly audit: MgcpAudit;
  readonly restart: RestartNotice;
}

/** A command that was found right so far, and whom it is for. */
interface Execution {
  readonly command: MgcpCommand;
  readonly targets: readonly Endpoint[];
  /** Of a CRCX that makes a local connection (section 2.3.5). */
  readonly second: Endpoint | null;
  readonly reply: ReplyHandle;
  /** The notification request it is, or carries (section 2.3.5), by target. */
  readonly requests: ReadonlyMap<Endpoint, CheckedRequest>;
  readonly notifiedEntityList: readonly string[] | null;
}

const auditVerbs: ReadonlySet<string> = new Set(["AUEP", "AUCX"]);
const executedVerbs: ReadonlySet<string> = new Set(["CRCX", "MDCX", "DLCX", "RQNT"]);
/** Those for which a name may stand for several endpoints. */
const wildVerbs: ReadonlySet<string> = new Set(["AUEP", "DLCX", "EPCF", "RQNT"]);

export class MgcpFace {
  readonly #parts: MgcpFaceParts;
  /** CRCX and MDCX commands that the media engine is at work for, by call-control's key. */
  readonly #opening = new Map<string, { readonly execution: Execution; readonly specific: EndpointName | null }>();
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
    return this.#outputsOf(turn, at);
  }

  tick(at: Moment): FaceOutput[] {
    const { transactions, requests, notices } = this.#parts;
    const outputs = this.#outputsOf(transactions.tick(at.nowMs), at);
    for (const { endpoint, reaction } of requests.tick(at)) outputs.push(...notices.react(endpoint, reaction, at));
    return [...outputs, ...notices.tick(at)];
  }

  next(): number | null {
    const { transactions, requests, restart } = this.#parts;
    return earliest(transactions.next(), requests.next(), restart.next());
  }

  /** What call-control said became of a CRCX or MDCX that had to wait; the others of its outputs are not ours. */
  controlled(output: ControlOutput, at: Moment): FaceOutput[] {
    if (!("key" in output)) return [];
    const opening = this.#opening.get(output.key);
    this.#opening.delete(output.key);
    if (opening === undefined) return [];
    const { execution, specific } = opening;
    const { connections } = this.#parts;
    switch (output.kind) {
      case "created":
        return this.#finish(execution, connections.created(output.row, specific), at);
      case "modified":
        return this.#finish(execution, connections.modified(output.row), at);
      case "not-created":
      case "not-modified":
        return this.#finish(execution, refuse(output.code, output.reason), at);
    }
  }

  /** Something happened on an endpoint: its request decides whether a Notify goes out. */
  observe(local: string, event: EventName, at: Moment): FaceOutput[] {
    const endpoint = this.#parts.endpoints.get(local);
    if (endpoint === undefined) return [];
    const { notices, requests } = this.#parts;
    const told = notices.activity(endpoint, at);
    return [...told, ...notices.react(endpoint, requests.observe(endpoint, event, at), at)];
  }

  /** The station sent a number all at once. */
  dialled(local: string, digits: readonly EventName[], at: Moment): FaceOutput[] {
    const endpoint = this.#parts.endpoints.get(local);
    if (endpoint === undefined) return [];
    return this.#parts.notices.react(endpoint, this.#parts.requests.dialled(endpoint, digits, at), at);
  }

  /** The station on the line cannot be rung. */
  trouble(local: string, at: Moment): FaceOutput[] {
    const endpoint = this.#parts.endpoints.get(local);
    if (endpoint === undefined) return [];
    return this.#parts.notices.react(endpoint, this.#parts.requests.trouble(endpoint, at), at);
  }

  resolved(name: string, addresses: readonly string[], at: Moment): FaceOutput[] {
    return this.#parts.notices.resolved(name, addresses, at);
  }

  #outputsOf({ sends: datagrams, events }: TransactionTurn, at: Moment): FaceOutput[] {
    const outputs = sends(datagrams);
    for (const event of events) outputs.push(...this.#event(event, at));
    return outputs;
  }

  #event(event: TransactionEvent, at: Moment): FaceOutput[] {
    switch (event.kind) {
      case "command":
        return this.#command(event.command, event.from, event.reply, at);
      case "refused":
        this.#malformed += 1;
        return [];
      default:
        return this.#parts.notices.event(event, at);
    }
  }

  #command(command: MgcpCommand, from: Address, reply: ReplyHandle, at: Moment): FaceOutput[] {
    const { fencing, restart } = this.#parts;
    const isAudit = auditVerbs.has(command.verb);
    if (!isAudit && !fencing.mayCommand(from.address))
      return this.#respond(reply, refuse(500, `${from.address} may ask, not command`), [], at);
    const targets = this.#targets(command, command.parameters.secondEndpoint?.local.toLowerCase() ?? null);
    if ("response" in targets) return this.#respond(reply, targets, [], at);
    const epoch = readEpoch(command.parameters);
    if (!epoch.ok) return this.#respond(reply, refuse(510, epoch.reason), [], at);
    if (isAudit) return this.#respond(reply, this.#auditAnswer(command, targets, at), [], at);
    if (restart.isOutOfService) return this.#respond(reply, refuse(501, "the gateway is out of service"), [], at);
    const aborted = this.#resolveConflicts(command, at);
    if (aborted === null)
      return this.#respond(reply, refuse(pendingCode, "the connection is still being made"), targets, at);
    return [...aborted, ...this.#obey(command, targets, epoch.value, reply, at)];
  }

  #obey(
    command: MgcpCommand,
    targets: readonly Endpoint[],
    epoch: Epoch | null,
    reply: ReplyHandle,
    at: Moment,
  ): FaceOutput[] {
    if (command.verb === "EPCF") return this.#configure(command, targets, epoch, reply, at);
    // Who is not obeyed does not learn of a restart in another's stead.
    if (!this.#parts.fencing.obeys(epoch)) return this.#respond(reply, this.#fencedOff(), [], at);
    const execution = this.#check(command, targets, reply);
    if ("response" in execution) return this.#respond(reply, execution, targets, at);
    return this.#execute(execution, epoch, at);
  }

  /** Section 4.4.4: those that wait for the media engine and are overtaken. Null: the arriving one has to wait itself. */
  #resolveConflicts(arriving: MgcpCommand, at: Moment): FaceOutput[] | null {
    const outputs: FaceOutput[] = [];
    for (const [key, { execution }] of this.#opening) {
      const { command, targets } = execution;
      const [target] = targets;
      const endpoint = { local: target?.local ?? command.endpoint.local, domain: command.endpoint.domain };
      const verdict = conflictOf({ command: { ...command, endpoint }, connectionId: null }, arriving);
      if (verdict === "refuse arriving") return null;
      // A DLCX gives up what it deletes by itself.
      if (verdict === null || arriving.verb === "DLCX") continue;
      this.#opening.delete(key);
      if (command.verb === "CRCX" && target !== undefined)
        outputs.push(...this.#parts.connections.abandon(target, command.parameters.callId ?? null));
      outputs.push(...this.#respond(execution.reply, refuse(abortedCode, "another command came"), targets, at));
    }
    return outputs;
  }

  /** except: an endpoint that "any of" does not mean, as the command names it otherwise. */
  #targets(command: MgcpCommand, except: string | null): readonly Endpoint[] | Answer {
    const { endpoints, domains, connections } = this.#parts;
    const { local, domain } = command.endpoint;
    if (!domains.includes(domain.toLowerCase())) return refuse(500, `this is ${domains[0]}, not ${domain}`);
    if (command.verb === "EPCF" && local.toLowerCase() === gatewayEndpoint) return [];
    if (isNobody(command)) return [];
    const chosen = connections.chooseEndpoint(command, except, () => endpoints.matching(local));
    if (!chosen.ok) return chosen.answer;
    const targets = endpoints.matching(chosen.value);
    if (targets.length === 0) return refuse(500, `no endpoint ${local} here`);
    if (targets.length > 1 && !wildVerbs.has(command.verb)) return refuse(503, `${command.verb} needs one endpoint`);
    return targets;
  }

  #auditAnswer(command: MgcpCommand, targets: readonly Endpoint[], at: Moment): Answer {
    const [target] = targets;
    if (isNobody(command)) return accept();
    if (command.verb === "AUEP") return this.#parts.audit.endpoints(command, targets, at);
    return target === undefined ? refuse(500, "no endpoint here") : this.#parts.audit.connection(command, target, at);
  }

  #configure(
    command: MgcpCommand,
    targets: readonly Endpoint[],
    epoch: Epoch | null,
    reply: ReplyHandle,
    at: Moment,
  ): FaceOutput[] {
    const { fencing, configuration } = this.#parts;
    const isClaim = (command.parameters.extensions ?? []).some(({ name }) => name.toLowerCase() === "x-ho/c");
    if (!isClaim && !fencing.obeys(epoch)) return this.#respond(reply, this.#fencedOff(), [], at);
    const answer = configuration.configure(command, targets, at);
    const isDone = answer.response?.code === 200;
    if (isDone) for (const { agent } of targets) agent.commanded(reply.from);
    return this.#respond(reply, answer, isDone || !isClaim ? targets : [], at);
  }

  /** What the command carries besides: all of it is right, or nothing is done. */
  #check(command: MgcpCommand, targets: readonly Endpoint[], reply: ReplyHandle): Execution | Answer {
    const { verb, parameters } = command;
    if (!executedVerbs.has(verb)) return refuse(504, `${verb} is not for a gateway`);
    const fault = presenceFault(command);
    if (fault !== null) return refuse(fault.code, fault.reason);
    const list = readNotifiedEntityList(parameters);
    if (!list.ok) return refuse(510, list.reason);
    const bearer = this.#parts.configuration.refusesBearer(parameters.bearerInformation, targets);
    if (bearer !== null) return bearer;
    const requests = new Map<Endpoint, CheckedRequest>();
    const isRequest = verb === "RQNT";
    if (isRequest || bringsRequest(parameters)) {
      if (!isRequest && isMultiple(command, targets))
        return refuse(510, "a command for several connections carries no other");
      for (const endpoint of targets) {
        const checked = this.#parts.checks.check(endpoint, parameters, !isRequest);
        if (!checked.ok) return refusePackage(checked.refusal, endpoint);
        requests.set(endpoint, checked.value);
      }
    }
    const second = this.#second(command, targets);
    if (second !== null && "response" in second) return second;
    return { command, targets, second, reply, requests, notifiedEntityList: list.value };
  }

  #second(command: MgcpCommand, [first]: readonly Endpoint[]): Endpoint | Answer | null {
    const { secondEndpoint: endpoint } = command.parameters;
    if (endpoint === undefined) return null;
    const found = this.#targets({ ...command, endpoint }, first?.local ?? null);
    return "response" in found ? found : (found[0] ?? null);
  }

  #execute(execution: Execution, epoch: Epoch | null, at: Moment): FaceOutput[] {
    const { connections } = this.#parts;
    const { command, targets, second, reply } = execution;
    const [target] = targets;
    if (target === undefined) return this.#respond(reply, refuse(500, "no endpoint here"), [], at);
    switch (command.verb) {
      case "CRCX":
        return this.#open(connections.create(command, target, second, epoch, at), execution, at);
      case "MDCX":
        return this.#open(connections.modify(command, target, epoch, at), execution, at);
      case "DLCX": {
        if (targets.length === 1) return this.#finish(execution, connections.delete(command, target, at), at);
        const outputs = targets.flatMap((one) => connections.delete(command, one, at).outputs);
        return this.#finish(execution, accept({}, outputs, [], 250), at);
      }
      default:
        return this.#finish(execution, accept(), at);
    }
  }

  /** Answered now, or when the media engine has opened the ports. */
  #open(outcome: Answer | PendingAnswer, execution: Execution, at: Moment): FaceOutput[] {
    if (!("pending" in outcome)) return this.#finish(execution, outcome, at);
    this.#opening.set(outcome.pending, { execution, specific: outcome.specific });
    return [...outcome.answer.outputs];
  }

  /** Answers, and then does what the command carried along, if it succeeded itself (section 4.4.3). */
  #finish(execution: Execution, answer: Answer, at: Moment): FaceOutput[] {
    const { command, targets, reply } = execution;
    const code = answer.response?.code ?? 0;
    if (code < 200 || code > 299) return this.#respond(reply, answer, targets, at);
    const { requests, notices } = this.#parts;
    const { parameters } = command;
    const [current = null] = answer.response?.parameters.connectionIds ?? parameters.connectionIds ?? [];
    const reactions: [Endpoint, Reaction][] = [];
    const redirected: Endpoint[] = [];
    for (const endpoint of targets) {
      if (redirect(endpoint, parameters, execution.notifiedEntityList)) redirected.push(endpoint);
      endpoint.agent.commanded(reply.from);
      if (parameters.bearerInformation !== undefined) endpoint.bearer = parameters.bearerInformation;
      const checked = execution.requests.get(endpoint);
      if (checked === undefined) continue;
      endpoint.requestEntity = parameters.notifiedEntity ?? null;
      reactions.push([endpoint, requests.commit(endpoint, checked, current?.toUpperCase() ?? null, at)]);
    }
    const outputs = [...answer.outputs, ...reactions.flatMap(([, reaction]) => reaction.outputs)];
    const answered = this.#respond(reply, { ...answer, outputs }, targets, at);
    for (const endpoint of redirected) answered.push(...notices.redirected(endpoint, at));
    for (const [endpoint, reaction] of reactions)
      answered.push(...notices.react(endpoint, { ...reaction, outputs: [] }, at));
    return answered;
  }

  #fencedOff(): Answer {
    const { epoch } = this.#parts.fencing;
    const owner = epoch === null ? "nobody" : `${epoch.server} with epoch ${epoch.number}`;
    return refuseByPackage(recoveryCodes.staleEpoch, `the gateway belongs to ${owner}`, {
      extensions: epoch === null ? [] : [writeEpoch(epoch)],
    });
  }

  /** told: whose restart has to be known before this answer (section 4.4.4, rule 8). */
  #respond(reply: ReplyHandle, answer: Answer, told: readonly Endpoint[], at: Moment): FaceOutput[] {
    // What must be persisted comes before the datagram that promises it.
    if (answer.response === null) return [...answer.outputs];
    return [...answer.outputs, ...this.#parts.notices.respond(reply, answer.response, told, at)];
  }
}

/** AUEP of an endpoint that is always there and is nothing: call agents ask it whether the gateway is alive. */
function isNobody({ verb, endpoint }: MgcpCommand): boolean {
  return verb === "AUEP" && endpoint.local.toLowerCase() === "null";
}

/** Section 2.3.9: DLCX of more than one connection. */
function isMultiple({ verb, parameters }: MgcpCommand, targets: readonly Endpoint[]): boolean {
  return verb === "DLCX" && (targets.length > 1 || parameters.connectionIds === undefined);
}

/** With 518 go the packages there are (section 2.4). */
function refusePackage(
  { code, reason }: { readonly code: number; readonly reason: string },
  endpoint: Endpoint,
): Answer {
  return refuse(code, reason, code === 518 ? { packages: endpoint.packages.list } : {});
}
