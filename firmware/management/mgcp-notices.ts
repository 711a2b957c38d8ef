/**
 * What the gateway tells call agents of its own accord: Notify and RestartInProgress (RFC 3435 sections 2.3.4 and 2.3.12),
 * each to the notified entity of its endpoint, a restart before anything else (section 4.4.4, rule 8). When a restart is
 * due is restart-notice's, what a Notify holds is mgcp-requests'; here they are sent, and their ends carried back.
 */
import type { MgcpParameters, MgcpResponse } from "#protocol/mgcp/message.js";
import type {
  CommandToSend,
  ReplyHandle,
  ResponseToSend,
  TransactionEvent,
} from "#protocol/mgcp/transaction-options.js";
import type { MgcpTransactions } from "#protocol/mgcp/transactions.js";
import type { AgentLink, LinkTurn } from "./agent-link.js";
import type { Moment } from "./call-control.js";
import type { Endpoint, Endpoints } from "./endpoints.js";
import type { Notification } from "./event-requests.js";
import { type FaceOutput, sends } from "./mgcp-answer.js";
import type { MgcpRequests, Reaction } from "./mgcp-requests.js";
import { type Notice, outOfService, type RestartNotice } from "./restart-notice.js";

export type NoticePurpose =
  | { readonly kind: "notify"; readonly local: string }
  | { readonly kind: "restart"; readonly subject: string }
  /** Courtesy: nothing depends on its end. */
  | { readonly kind: "announcement" };

export interface MgcpNoticesParts {
  /** Domain name of the gateway. */
  readonly domain: string;
  readonly transactions: MgcpTransactions;
  readonly link: AgentLink<NoticePurpose>;
  readonly endpoints: Endpoints;
  readonly requests: MgcpRequests;
  readonly restart: RestartNotice;
}

/** Section 4.4.6: these may come before the restart is told. */
const restartCodes: ReadonlySet<number> = new Set([405, 501, 520]);

export class MgcpNotices {
  readonly #parts: MgcpNoticesParts;
  /** Notifys that wait until a restart, or a disconnection, is told: one for each endpoint at most. */
  readonly #held = new Map<string, Notification>();

  constructor(parts: MgcpNoticesParts) {
    this.#parts = parts;
  }

  /** Commands on their way, and held back. */
  get size(): number {
    return this.#parts.link.size + this.#held.size;
  }

  /** The gateway is in service again (section 4.4.6). */
  begin(at: Moment): FaceOutput[] {
    this.#parts.restart.begin(at.nowMs);
    return this.#restarts(at);
  }

  /** It will be out of service after the delay; without one, when it is told to. */
  graceful(delaySeconds: number, at: Moment): FaceOutput[] {
    return this.#announce(this.#parts.restart.graceful(delaySeconds, at.nowMs), at);
  }

  cancelGraceful(at: Moment): FaceOutput[] {
    const notice = this.#parts.restart.cancelGraceful();
    return notice === null ? [] : this.#announce(notice, at);
  }

  /** It is out of service now: commands are refused, and nothing but this is said any more. */
  forced(at: Moment): FaceOutput[] {
    this.#parts.link.forget(() => true);
    this.#held.clear();
    return this.#announce(this.#parts.restart.forced(), at);
  }

  get isOutOfService(): boolean {
    return this.#parts.restart.isOutOfService;
  }

  react(endpoint: Endpoint, { outputs, notifications, isLockstep }: Reaction, at: Moment): FaceOutput[] {
    const all = [...outputs];
    for (const notification of notifications) all.push(...this.#notify(endpoint, notification, at));
    if (isLockstep) all.push(...this.#lockstep(endpoint, at));
    return all;
  }

  /** A user did something on this line: whoever waits to be told is told now. */
  activity(endpoint: Endpoint, at: Moment): FaceOutput[] {
    this.#parts.restart.activity(endpoint.local, at.nowMs);
    return this.#restarts(at);
  }

  /** The answer to a command for these endpoints; none: to an audit, which is told without ceremony. */
  respond(reply: ReplyHandle, response: ResponseToSend, targets: readonly Endpoint[], at: Moment): FaceOutput[] {
    const { transactions, restart, link } = this.#parts;
    const plainly = () => sends(transactions.respond(reply, response, at.nowMs));
    if (restart.isTold || targets.length === 0 || restartCodes.has(response.code)) return plainly();
    const notices = restart.commanded(
      targets.map(({ local }) => local),
      at.nowMs,
    );
    if (notices.length === 0) return plainly();
    const isToldHere = notices.every(({ subject }) => link.isFirst(this.#namesOf(subject), reply.from));
    const commands = notices.map((notice) => {
      const purpose: NoticePurpose = { kind: "restart", subject: notice.subject };
      link.forget((other) => other.kind === "restart" && other.subject === notice.subject);
      return { command: this.#restartCommand(notice), purpose };
    });
    const datagrams = link.sendWith(reply, response, commands, isToldHere, at.nowMs);
    if (isToldHere && datagrams !== null) for (const { subject } of notices) restart.asked(subject);
    // What does not fit into one datagram comes in the order it has to be seen in.
    return datagrams === null ? [...this.#restarts(at), ...plainly()] : [...sends(datagrams), ...this.#restarts(at)];
  }

  /** The endpoint has another notified entity: what is on its way goes there (section 4.3). */
  redirected(endpoint: Endpoint, at: Moment): FaceOutput[] {
    const isIts = (purpose: NoticePurpose) => purpose.kind === "notify" && purpose.local === endpoint.local;
    return this.#turn(this.#parts.link.redirect(isIts, endpoint.agent.names, at.nowMs), at);
  }

  /** Another call server is in charge: what the one before was being told waits for the new one's request. */
  abandon(endpoint: Endpoint, at: Moment): FaceOutput[] {
    this.#parts.link.forget((purpose) => purpose.kind === "notify" && purpose.local === endpoint.local);
    this.#held.delete(endpoint.local);
    return this.react(endpoint, this.#parts.requests.notified(endpoint, "refused", at), at);
  }

  /** To every call agent that has endpoints here. */
  #announce(notice: Notice, at: Moment): FaceOutput[] {
    const outputs: FaceOutput[] = [];
    if (!this.#parts.restart.announces) return outputs;
    for (const { subject, endpoint } of subjectsOf(this.#parts.endpoints.all())) {
      const command = this.#restartCommand({ ...notice, subject });
      outputs.push(...this.#send(command, endpoint, { kind: "announcement" }, at));
    }
    return outputs;
  }

  event(event: TransactionEvent, at: Moment): FaceOutput[] {
    return this.#turn(this.#parts.link.event(event, at.nowMs), at);
  }

  resolved(name: string, addresses: readonly string[], at: Moment): FaceOutput[] {
    return this.#turn(this.#parts.link.resolved(name, addresses, at.nowMs), at);
  }

  tick(at: Moment): FaceOutput[] {
    return this.#restarts(at);
  }

  #notify(endpoint: Endpoint, notification: Notification, at: Moment): FaceOutput[] {
    const { restart } = this.#parts;
    const { local, agent, requestEntity } = endpoint;
    if (agent.names.length === 0) {
      const outputs = this.react(endpoint, this.#parts.requests.notified(endpoint, "undelivered", at), at);
      return [...outputs, { kind: "log", event: "no-notified-entity", fields: { endpoint: local } }];
    }
    if (restart.isUntold(local)) {
      this.#held.set(local, notification);
      return this.activity(endpoint, at);
    }
    const { requestIdentifier, observedEvents } = notification;
    const parameters: MgcpParameters = {
      ...(requestEntity !== null && { notifiedEntity: requestEntity }),
      requestIdentifier,
      observedEvents,
    };
    return this.#send(this.#command("NTFY", local, parameters), endpoint, { kind: "notify", local }, at);
  }

  #lockstep(endpoint: Endpoint, at: Moment): FaceOutput[] {
    if (!this.#parts.restart.announces) return [];
    const command = this.#command("RSIP", endpoint.local, { restartMethod: "LCK/lockstep" });
    return this.#send(command, endpoint, { kind: "announcement" }, at);
  }

  #restarts(at: Moment): FaceOutput[] {
    const outputs: FaceOutput[] = [];
    for (const notice of this.#parts.restart.due(at.nowMs)) {
      if (notice.method === "forced") {
        outputs.push(...this.forced(at));
        continue;
      }
      const { subject } = notice;
      const endpoint = this.#endpointOf(subject);
      if (endpoint === undefined) continue;
      outputs.push(...this.#send(this.#restartCommand(notice), endpoint, { kind: "restart", subject }, at));
    }
    return outputs;
  }

  #send(command: CommandToSend, { agent }: Endpoint, purpose: NoticePurpose, at: Moment): FaceOutput[] {
    return this.#turn(this.#parts.link.send(command, agent.names, agent.source, purpose, at.nowMs), at);
  }

  #turn({ sends: datagrams, resolves, ended }: LinkTurn<NoticePurpose>, at: Moment): FaceOutput[] {
    const outputs = sends(datagrams);
    for (const name of resolves) outputs.push({ kind: "resolve", name });
    for (const { purpose, response } of ended) {
      if (purpose.kind === "notify") outputs.push(...this.#notified(purpose.local, response, at));
      else if (purpose.kind === "restart") outputs.push(...this.#told(purpose.subject, response, at));
    }
    return outputs;
  }

  /** Section 4.4.1: any answer will do; but one that is not in charge, or not now, leaves the events to the next request. */
  #notified(local: string, response: MgcpResponse | null, at: Moment): FaceOutput[] {
    const { endpoints, requests, restart } = this.#parts;
    const endpoint = endpoints.get(local);
    if (endpoint === undefined) return [];
    const code = response?.code ?? null;
    if (code === null) restart.lost(local, at.nowMs);
    const isRefused = code !== null && (code === 521 || (code >= 400 && code < 500));
    const isKept = isRefused && !endpoint.requests.current.quarantine.loop;
    const outcome = code === null ? "undelivered" : isKept ? "refused" : "answered";
    const outputs = this.react(endpoint, requests.notified(endpoint, outcome, at), at);
    if (outcome === "answered") return outputs;
    return [...outputs, { kind: "log", event: "notify-undelivered", fields: { endpoint: local, code } }];
  }

  /** Section 2.3.12: the answer may name another notified entity. */
  #told(subject: string, response: MgcpResponse | null, at: Moment): FaceOutput[] {
    const { restart } = this.#parts;
    const code = response?.code ?? null;
    const named = response?.parameters.notifiedEntity ?? "";
    const isNamed = named !== "" && code !== null && (code < 300 || code === 521);
    const concerned = this.#concerned(subject);
    if (isNamed) for (const { agent } of concerned) agent.set(named);
    if (!restart.ended(subject, code, isNamed, at.nowMs)) return this.#restarts(at);
    const outputs: FaceOutput[] = [{ kind: "log", event: "restart-told", fields: { subject } }];
    for (const endpoint of concerned) {
      const notification = this.#held.get(endpoint.local);
      this.#held.delete(endpoint.local);
      if (notification !== undefined) outputs.push(...this.#notify(endpoint, notification, at));
      outputs.push(...this.react(endpoint, this.#parts.requests.notified(endpoint, "reconnected", at), at));
    }
    return outputs;
  }

  #restartCommand({ subject, method, delaySeconds }: Notice): CommandToSend {
    const isLeaving = method === "forced" || method === "graceful";
    return this.#command("RSIP", subject, {
      restartMethod: method,
      ...(delaySeconds !== null && { restartDelaySeconds: delaySeconds }),
      ...(isLeaving && { reasonCode: outOfService }),
    });
  }

  #command(verb: CommandToSend["verb"], local: string, parameters: MgcpParameters): CommandToSend {
    return { verb, endpoint: { local, domain: this.#parts.domain }, parameters, session: null };
  }

  #concerned(subject: string): readonly Endpoint[] {
    return this.#parts.endpoints.matching(subject);
  }

  #endpointOf(subject: string): Endpoint | undefined {
    return this.#concerned(subject)[0];
  }

  #namesOf(subject: string): readonly string[] {
    return this.#endpointOf(subject)?.agent.names ?? [];
  }
}

/** Section 2.3.12: wildcards keep the commands few; `*`, else `aaln/*`, else one by one, wherever the agents differ. */
function subjectsOf(endpoints: readonly Endpoint[]): { readonly subject: string; readonly endpoint: Endpoint }[] {
  const [first] = endpoints;
  if (first === undefined) return [];
  if (haveOneAgent(endpoints)) return [{ subject: "*", endpoint: first }];
  const groups = new Map<string, Endpoint[]>();
  for (const endpoint of endpoints) {
    const prefix = endpoint.local.slice(0, endpoint.local.lastIndexOf("/") + 1);
    const group = groups.get(prefix);
    if (group === undefined) groups.set(prefix, [endpoint]);
    else group.push(endpoint);
  }
  return [...groups].flatMap(([prefix, group]) => {
    const [one] = group;
    if (one !== undefined && haveOneAgent(group)) return [{ subject: `${prefix}*`, endpoint: one }];
    return group.map((endpoint) => ({ subject: endpoint.local, endpoint }));
  });
}

function haveOneAgent(endpoints: readonly Endpoint[]): boolean {
  return new Set(endpoints.map(({ agent }) => agent.names.join(","))).size === 1;
}
