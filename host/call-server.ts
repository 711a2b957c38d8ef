/**
 * The whole call server without I/O: datagrams, ended audits and time in; datagrams, audits to run, records to store and
 * events to tell out. The parts decide (call-agent, gateway-link, peer-watch, reconciliation); this file joins them.
 *
 *   starting ──nobody else is in charge──► active ◄──peer gone, witnesses agree── standby
 *       └──────────the peer is────────────► standby ◄──a higher epoch than ours── active
 */
import type { GatewayAudit } from "#protocol/active-connection.js";
import type { Address } from "#protocol/address.js";
import type { Random } from "#protocol/chance.js";
import type { OutgoingDatagram } from "#protocol/datagram.js";
import { earliest } from "#protocol/deadlines.js";
import type { MgcpCommand, MgcpParameters, MgcpResponse } from "#protocol/mgcp/message.js";
import { readEpoch, recoveryCodes } from "#protocol/mgcp/recovery-package.js";
import { readAuditPage } from "#protocol/mgcp/recovery-page.js";
import { MgcpTransactions, type ReplyHandle, transactionDefaults } from "#protocol/mgcp/transactions.js";
import type { AgentCommand } from "./call-agent/agent-command.js";
import { type AgentTurn, CallAgent } from "./call-agent/call-agent.js";
import { type ChannelAnswer, type ChannelTurn, CommandChannel } from "./call-agent/command-channel.js";
import { DialPlan } from "./call-agent/dial-plan.js";
import { billCall } from "./cdr/billing.js";
import { type CallDetailRecord, mergeRecords } from "./cdr/call-detail-record.js";
import type { AuditSpan } from "./cdr/call-time.js";
import { endedCallEvidence } from "./cdr/ended-call.js";
import { JournalBook } from "./cdr/journal-book.js";
import { type CallServerConfig, linesOf } from "./config.js";
import type { Moment } from "./moment.js";
import type { AuditOutcome } from "./query/audit-query.js";
import { ConnectionRecords, type GatewayRecord } from "./registry/connection-records.js";
import {
  askCommand,
  claimCommand,
  fenced,
  notifiedEntity,
  pingCommand,
  type ServerPurpose,
} from "./registry/gateway-command.js";
import { GatewayLink, type LinkStep } from "./registry/gateway-link.js";
import { type KnownGateway, knownGateway } from "./registry/known-gateway.js";
import type { ServerEvent } from "./server-event.js";
import type { ServerOutput } from "./server-output.js";
import type { HeartbeatRole } from "./watch/heartbeat.js";
import { PeerWatch, type WatchTurn } from "./watch/peer-watch.js";
import { Poller } from "./watch/poller.js";
import { reconcileCall } from "./watch/reconciliation.js";
import { Recovery, type RecoveryCause } from "./watch/recovery.js";

/** Commands sent only to be heard that may wait for one gateway; it is not pinged beyond. */
const pingsWaitingMax = 16;
/** A server without a peer still wants to know its gateways alive. */
const pingMsAlone = 1_000;
/** Written records remembered to tell an improved one from a repeated one. */
const recordsRememberedMax = 10_000;

interface PendingAudit {
  readonly gateway: KnownGateway;
  readonly via: GatewayAudit["via"];
  readonly isPoll: boolean;
  readonly askedAtMs: number;
}

export class CallServer {
  readonly #config: CallServerConfig;
  readonly #gateways = new Map<string, KnownGateway>();
  readonly #byAddress = new Map<string, KnownGateway>();
  readonly #channel: CommandChannel<ServerPurpose>;
  readonly #transactions: MgcpTransactions;
  readonly #agent: CallAgent;
  readonly #book = new JournalBook();
  readonly #records: ConnectionRecords;
  readonly #poller: Poller;
  readonly #watch: PeerWatch | null;
  readonly #audits = new Map<number, PendingAudit>();
  readonly #written = new Map<string, CallDetailRecord>();
  readonly #started: Moment;
  #auditId = 0;
  #role: HeartbeatRole = "starting";
  #recovery: Recovery | null = null;
  #pingAtMs: number;
  #outputs: ServerOutput[] = [];

  /** `kept`: gateway records of the run before. */
  constructor(config: CallServerConfig, parts: { random: Random; kept: readonly GatewayRecord[] }, at: Moment) {
    this.#config = config;
    this.#started = at;
    this.#pingAtMs = at.nowMs;
    const linkOptions = { server: config.server, ...linkLimits };
    for (const gateway of config.gateways) {
      const known = knownGateway(gateway, new GatewayLink(gateway.domain, linkOptions), at.nowMs);
      this.#gateways.set(gateway.domain.toLowerCase(), known);
      this.#byAddress.set(gateway.address, known);
    }
    this.#transactions = new MgcpTransactions(transactionDefaults, parts.random);
    this.#channel = new CommandChannel(this.#transactions);
    this.#records = new ConnectionRecords(parts.kept);
    this.#poller = new Poller(
      config.gateways.map(({ domain }) => domain),
      config.poll,
      at.nowMs,
    );
    this.#watch = peerWatchOf(config, at);
    const { encodings, ptimeMs, dscp, noAnswerMs, digitsMs, max } = config.calls;
    this.#agent = new CallAgent(
      {
        server: config.server,
        policy: { encodings, ptimeMs, dscp },
        noAnswerMs,
        digitsMs,
        billWaitMs: 3_000,
        callsMax: max,
      },
      {
        plan: new DialPlan(config.gateways.flatMap(linesOf)),
        gateways: {
          isUp: (name) => this.#gateway(name)?.link.isAdopted ?? false,
          bootIdOf: (name) => this.#gateway(name)?.bootId ?? "",
        },
        book: this.#book,
        random: parts.random,
      },
    );
  }

  get role(): HeartbeatRole {
    return this.#role;
  }

  /** The records of active connections, as last told. */
  get records(): ConnectionRecords {
    return this.#records;
  }

  start(at: Moment): ServerOutput[] {
    if (this.#config.role === "backup") this.#setRole("standby", "configured as backup");
    else
      for (const gateway of this.#gateways.values())
        this.#send(gateway, askCommand(gateway, null), { kind: "ask" }, at);
    return this.tick(at);
  }

  receiveMgcp(bytes: Uint8Array, from: Address, at: Moment): ServerOutput[] {
    const gateway = this.#byAddress.get(from.address);
    if (gateway === undefined) return [];
    gateway.lastHeardMs = at.nowMs;
    this.#takeChannel(this.#channel.receive(bytes, from, at.nowMs), at);
    return this.#flush();
  }

  receiveHeartbeat(bytes: Uint8Array, from: Address, at: Moment): ServerOutput[] {
    if (this.#watch !== null) this.#takeWatch(this.#watch.receive(bytes, from, this.#standing(), at), at);
    this.#weighPeer(at);
    return this.#flush();
  }

  auditEnded(auditId: number, outcome: AuditOutcome, at: Moment): ServerOutput[] {
    const pending = this.#audits.get(auditId);
    if (pending === undefined) return [];
    this.#audits.delete(auditId);
    if (pending.isPoll) this.#pollEnded(pending, outcome, at);
    else this.#bringUpAuditEnded(pending, outcome, at);
    return this.#flush();
  }

  tick(at: Moment): ServerOutput[] {
    this.#takeChannel(this.#channel.tick(at.nowMs), at);
    if (this.#watch !== null) this.#takeWatch(this.#watch.tick(this.#standing(), at), at);
    this.#weighPeer(at);
    if (this.#role === "active") {
      this.#ping(at);
      for (const gateway of this.#gateways.values()) this.#takeLink(gateway, gateway.link.tick(at.nowMs), at);
      this.#withAgent(at, (turn) => this.#agent.tick(at, turn));
    }
    for (const name of this.#poller.takeDue(at.nowMs)) {
      const gateway = this.#gateway(name);
      if (gateway !== undefined) this.#audit(gateway, gateway.config.poll, true, at);
    }
    return this.#flush();
  }

  next(): number | null {
    const isActive = this.#role === "active";
    return earliest(
      this.#channel.next(),
      this.#watch?.next(this.#standing()) ?? null,
      this.#poller.next(),
      isActive ? this.#pingAtMs : null,
      isActive ? this.#agent.next() : null,
      this.#role === "starting" ? this.#startDecisionMs() : null,
      ...(isActive ? [...this.#gateways.values()].map(({ link }) => link.next()) : []),
    );
  }

  // What role this server is in.

  #setRole(role: HeartbeatRole, reason: string): void {
    this.#role = role;
    this.#log({ event: "role", role, reason });
  }

  #standing() {
    return { role: this.#role, epoch: this.#highestEpoch() };
  }

  #highestEpoch(): number {
    let highest = 0;
    for (const { link } of this.#gateways.values()) highest = Math.max(highest, link.epoch?.number ?? 0);
    return highest;
  }

  #startDecisionMs(): number {
    const { heartbeat } = this.#config;
    return this.#started.nowMs + (heartbeat?.deadAfterMs ?? pingMsAlone);
  }

  /** Looks at what is known of the peer, and of the owners the gateways name, and decides whether to change roles. */
  #weighPeer(at: Moment): void {
    const peer = this.#watch?.heardPeer(at.nowMs) ?? null;
    if (this.#role === "starting") this.#decideStart(peer?.role === "active", at);
    else if (this.#role === "standby" && this.#config.role === "primary" && peer?.role === "standby") {
      this.#activate({ from: null, detectMs: 0 }, "the peer is a standby too", at);
    } else if (this.#role === "active" && peer?.role === "active" && this.#config.peer !== undefined) {
      const own = this.#highestGranted();
      const isLower = own < peer.epoch || (own === peer.epoch && this.#config.server > this.#config.peer.server);
      if (isLower) this.#stepDown(`${this.#config.peer.server} is in charge with epoch ${peer.epoch}`, at);
    }
  }

  #decideStart(peerIsActive: boolean, at: Moment): void {
    const { heartbeat, peer } = this.#config;
    if (peerIsActive) {
      this.#setRole("standby", `${peer?.server} is in charge`);
      return;
    }
    const waitedMs = at.nowMs - this.#started.nowMs;
    const gateways = [...this.#gateways.values()];
    const isTimeOver = at.nowMs >= this.#startDecisionMs();
    if (!isTimeOver && !gateways.every(({ hasAnswered }) => hasAnswered)) return;
    if (heartbeat !== undefined && waitedMs < heartbeat.everyMs) return;
    const held = gateways.find(
      ({ link, peerHeardAgeMs }) =>
        link.epoch?.server === peer?.server &&
        peerHeardAgeMs !== null &&
        peerHeardAgeMs < (heartbeat?.deadAfterMs ?? 0),
    );
    if (held !== undefined) this.#setRole("standby", `${held.config.domain} obeys ${peer?.server} and hears it`);
    else this.#activate({ from: null, detectMs: 0 }, "nobody else is in charge", at);
  }

  #activate(cause: RecoveryCause, reason: string, at: Moment): void {
    this.#setRole("active", reason);
    this.#watch?.announce(at.nowMs);
    this.#pingAtMs = at.nowMs;
    this.#recovery = new Recovery(cause, at.nowMs);
    const above = this.#highestEpoch();
    for (const gateway of this.#gateways.values()) {
      gateway.lastHeardMs = at.nowMs;
      const via = cause.from === null ? ["mgcp" as const] : this.#config.audit.via;
      this.#takeLink(
        gateway,
        gateway.link.begin(
          via.filter((protocol) => speaks(gateway, protocol)),
          above,
          at.nowMs,
        ),
        at,
      );
    }
  }

  #stepDown(reason: string, at: Moment): void {
    if (this.#role !== "active") return;
    this.#setRole("standby", reason);
    this.#watch?.announce(at.nowMs);
    this.#recovery = null;
    this.#agent.stepDown();
    this.#channel.forget(() => true);
    for (const gateway of this.#gateways.values()) {
      gateway.link.release();
      gateway.found = [];
      gateway.pingsWaiting = 0;
    }
  }

  #highestGranted(): number {
    return Math.max(0, ...[...this.#gateways.values()].map(({ link }) => link.granted?.number ?? 0));
  }

  #takeWatch(turn: WatchTurn, at: Moment): void {
    for (const event of turn.events) this.#log(event);
    for (const datagram of turn.sends) this.#outputs.push({ kind: "send-heartbeat", datagram });
    for (const name of turn.ask) {
      const gateway = this.#gateway(name);
      if (gateway === undefined) continue;
      this.#channel.forget((purpose, asked) => purpose.kind === "witness" && asked === gateway.config.domain);
      this.#send(gateway, askCommand(gateway, null), { kind: "witness" }, at);
    }
    if (turn.gone === null || this.#role !== "standby") return;
    const from = this.#config.peer?.server ?? "";
    const { detectMs, silentMs } = turn.gone;
    this.#log({ event: "takeover-begin", from, detectMs: Math.round(detectMs), silentMs: Math.round(silentMs) });
    this.#activate({ from, detectMs }, `${from} is silent, and no gateway hears it`, at);
  }

  // Gateways under control.

  #takeLink(gateway: KnownGateway, steps: readonly LinkStep[], at: Moment): void {
    for (const step of steps) {
      switch (step.kind) {
        case "ask":
          this.#send(gateway, askCommand(gateway, null), { kind: "ask" }, at);
          break;
        case "claim":
          this.#send(gateway, claimCommand(gateway, step.claim, this.#mgcpAddress()), { kind: "claim" }, at);
          break;
        case "audit":
          for (const via of step.via) this.#audit(gateway, via, false, at);
          break;
        case "down":
          this.#log({
            event: "gateway-down",
            gateway: gateway.config.domain,
            reason: step.reason,
            retryMs: step.retryMs,
          });
          this.#channel.forget(
            ({ kind }, name) => name === gateway.config.domain && (kind === "ask" || kind === "claim"),
          );
          this.#withAgent(at, (turn) => this.#reconcile(null, at, turn));
          break;
        case "up":
          break;
      }
    }
    this.#endRecovery(at);
  }

  #mgcpAddress(): Address {
    return { address: this.#config.address, port: this.#config.mgcpPort };
  }

  #ping(at: Moment): void {
    if (at.nowMs < this.#pingAtMs) return;
    const { heartbeat } = this.#config;
    this.#pingAtMs = at.nowMs + (heartbeat === undefined ? pingMsAlone : heartbeat.everyMs / 2);
    const silentMaxMs = 2 * (heartbeat?.deadAfterMs ?? 2 * pingMsAlone);
    for (const gateway of this.#gateways.values()) {
      if (gateway.pingsWaiting < pingsWaitingMax && this.#send(gateway, pingCommand(gateway), { kind: "ping" }, at)) {
        gateway.pingsWaiting += 1;
      }
      const silentMs = at.nowMs - gateway.lastHeardMs;
      if (gateway.link.isAdopted && silentMs > silentMaxMs) {
        this.#takeLink(gateway, gateway.link.fail(`silent for ${Math.round(silentMs)} ms`, at.nowMs), at);
      }
    }
  }

  #audit(gateway: KnownGateway, via: GatewayAudit["via"], isPoll: boolean, at: Moment): void {
    this.#auditId += 1;
    this.#audits.set(this.#auditId, { gateway, via, isPoll, askedAtMs: at.nowMs });
    this.#outputs.push({ kind: "audit", auditId: this.#auditId, gateway: gateway.config.domain, via });
  }

  #pollEnded({ gateway, via, askedAtMs }: PendingAudit, outcome: AuditOutcome, at: Moment): void {
    const { domain } = gateway.config;
    this.#poller.ended(domain);
    const ms = Math.round(at.nowMs - askedAtMs);
    const connections = outcome.ok ? outcome.audit.connections : [];
    const reason = outcome.ok ? null : outcome.reason;
    this.#log({ event: "poll", gateway: domain, via, ok: outcome.ok, reason, ms, connections });
    if (!outcome.ok) return;
    gateway.lastHeardMs = at.nowMs;
    const hasRestarted = this.#learn(gateway, outcome.audit, at);
    if (this.#role !== "active" || this.#isSuperseded(gateway, outcome.audit.epoch, at)) return;
    if (hasRestarted && gateway.link.state.name === "up") {
      this.#takeLink(gateway, gateway.link.begin(["mgcp"], this.#highestEpoch(), at.nowMs), at);
    } else if (gateway.link.isAdopted) {
      this.#withAgent(at, (turn) => {
        this.#learnJournal(outcome.audit, { askedAtMs, answeredAtMs: at.nowMs });
        this.#agent.audited(domain, outcome.audit.connections, askedAtMs, at, turn);
        this.#deleteStrays(gateway, outcome.audit, turn);
        if (this.#recovery === null) this.#billEnded(at, turn);
      });
      this.#acknowledge(at);
    }
  }

  #bringUpAuditEnded({ gateway, via, askedAtMs }: PendingAudit, outcome: AuditOutcome, at: Moment): void {
    if (this.#role !== "active") return;
    const { domain } = gateway.config;
    const ms = Math.round(at.nowMs - askedAtMs);
    const connections = outcome.ok ? outcome.audit.connections : [];
    const notTold = outcome.ok ? outcome.notTold : [];
    const reason = outcome.ok ? null : outcome.reason;
    this.#log({ event: "audit", gateway: domain, via, ok: outcome.ok, reason, ms, notTold, connections });
    this.#recovery?.audited(domain, via, ms, outcome);
    const { isFirst, steps } = gateway.link.audited(via, outcome.ok, at.nowMs);
    if (outcome.ok) {
      gateway.lastHeardMs = at.nowMs;
      this.#learn(gateway, outcome.audit, at);
      this.#learnJournal(outcome.audit, { askedAtMs, answeredAtMs: at.nowMs });
      if (isFirst) this.#adopt(gateway, outcome.audit, askedAtMs, at);
    }
    this.#takeLink(gateway, steps, at);
  }

  /** Takes the calls and lines of an audited gateway into hand. */
  #adopt(gateway: KnownGateway, audit: GatewayAudit, askedAtMs: number, at: Moment): void {
    const { domain } = gateway.config;
    const { via } = audit;
    const connections = this.#records.connections(domain);
    gateway.found = connections
      .filter(({ callId }) => !this.#agent.isOpen(callId))
      .map((connection) => ({ connection, via }));
    this.#log({ event: "gateway-up", gateway: domain, epoch: gateway.link.granted, connections: connections.length });
    this.#withAgent(at, (turn) => {
      this.#agent.audited(domain, connections, askedAtMs, at, turn);
      this.#reconcile(gateway, at, turn);
      const waiting = new Set(gateway.found.map(({ connection }) => connection.endpoint));
      this.#agent.takeLines(domain, (endpoint) => !waiting.has(endpoint), at, turn);
    });
  }

  /** Pairs what has been found so far. `current`: the gateway whose lines get their requests afterwards anyway. */
  #reconcile(current: KnownGateway | null, at: Moment, turn: AgentTurn): void {
    const adopted = [...this.#gateways.values()].filter(({ link }) => link.isAdopted);
    const rows = adopted.flatMap(({ found }) => found);
    for (const callId of new Set(rows.map(({ connection }) => connection.callId))) {
      const found = {
        callId,
        rows: rows.filter((row) => row.connection.callId === callId),
        events: this.#book.eventsOf(callId),
      };
      const finding = reconcileCall(found, (name) => this.#knowledgeOf(name));
      if (finding.kind === "waiting") continue;
      this.#recovery?.found(finding);
      this.#agent.adopt(finding, at, turn);
      for (const gateway of adopted) {
        const mine = gateway.found.filter(({ connection }) => connection.callId === callId);
        gateway.found = gateway.found.filter(({ connection }) => connection.callId !== callId);
        const endpoints = new Set(mine.map(({ connection }) => connection.endpoint));
        if (gateway !== current) this.#agent.takeLines(gateway.config.domain, (name) => endpoints.has(name), at, turn);
      }
    }
  }

  #knowledgeOf(name: string): "up" | "unreachable" | "pending" | null {
    const gateway = this.#gateway(name);
    if (gateway === undefined) return null;
    if (gateway.link.isAdopted) return "up";
    return gateway.link.state.name === "down" ? "unreachable" : "pending";
  }

  #endRecovery(at: Moment): void {
    const gateways = [...this.#gateways.values()];
    if (this.#recovery === null || !gateways.every(({ link }) => link.isSettled)) return;
    const recovery = this.#recovery;
    this.#withAgent(at, (turn) => this.#billEnded(at, turn));
    this.#recovery = null;
    const unreachable = gateways.flatMap(({ config, link: { state } }) =>
      state.name === "down" ? [{ gateway: config.domain, reason: state.reason }] : [],
    );
    this.#log(recovery.report(unreachable, at.nowMs));
    this.#acknowledge(at);
  }

  /** A connection whose call nobody knows may just be on its way: it is deleted when the next poll shows it again. */
  #deleteStrays(gateway: KnownGateway, audit: GatewayAudit, turn: AgentTurn): void {
    const waiting = new Set(gateway.found.map(({ connection }) => connection.connectionId));
    const strays = audit.connections.filter(
      ({ callId, connectionId }) => !this.#agent.isOpen(callId) && !waiting.has(connectionId),
    );
    for (const connection of strays) {
      if (gateway.strays.has(connection.connectionId)) this.#agent.deleteOrphan({ connection, via: audit.via }, turn);
    }
    gateway.strays = new Set(strays.map(({ connectionId }) => connectionId));
  }

  // Records and journals.

  /** True when the gateway has restarted since we last knew. */
  #learn(gateway: KnownGateway, audit: GatewayAudit, at: Moment): boolean {
    const hasRestarted = audit.bootId !== null && gateway.bootId !== null && audit.bootId !== gateway.bootId;
    const isNews = audit.counter === null || audit.counter !== gateway.counter || audit.bootId !== gateway.bootId;
    gateway.bootId = audit.bootId ?? gateway.bootId;
    gateway.counter = audit.counter ?? gateway.counter;
    gateway.link.told(audit.epoch);
    const record = this.#records.learn({ ...audit, gateway: gateway.config.domain }, at.wallMs);
    // What a restart of ours needs is what changed; the disk is spared the rest.
    if (isNews) this.#outputs.push({ kind: "store-gateway-record", record });
    return hasRestarted;
  }

  #learnJournal(audit: GatewayAudit, span: AuditSpan): void {
    this.#book.learn(audit, span, audit.via === "mgcp");
  }

  /** Records for calls that were over before this server looked. */
  #billEnded(at: Moment, turn: AgentTurn): void {
    for (const callId of this.#book.callIds()) {
      if (this.#isOpen(callId)) continue;
      const evidence = endedCallEvidence(callId, this.#book, this.#records.ofCall(callId), at);
      const record = billCall(evidence, this.#config.server, at);
      if (record === null) continue;
      if (!this.#written.has(callId)) this.#recovery?.ended(callId);
      turn.records.push(record);
    }
  }

  #isOpen(callId: string): boolean {
    if (this.#agent.isOpen(callId)) return true;
    return [...this.#gateways.values()].some(({ found }) =>
      found.some(({ connection }) => connection.callId === callId),
    );
  }

  /** Lets the gateways forget what has its record. Outputs are done in order, so the record is on disk by then. */
  #acknowledge(at: Moment): void {
    if (this.#recovery !== null) return;
    for (const gateway of this.#gateways.values()) {
      if (!gateway.link.isAdopted) continue;
      const mark = this.#book.settle(gateway.config.domain, (callId) => this.#isOpen(callId));
      if (mark !== null) this.#send(gateway, askCommand(gateway, mark), { kind: "acknowledge" }, at);
    }
  }

  #write(record: CallDetailRecord): void {
    const before = this.#written.get(record.callId);
    const merged = before === undefined ? record : mergeRecords(before, record);
    if (before !== undefined && JSON.stringify(before) === JSON.stringify(merged)) return;
    this.#written.set(record.callId, merged);
    const [oldest] = this.#written.keys();
    if (this.#written.size > recordsRememberedMax && oldest !== undefined) this.#written.delete(oldest);
    this.#outputs.push({ kind: "store-cdr", record: merged });
    this.#log({ event: before === undefined ? "cdr" : "cdr-improved", cdr: merged });
  }

  // Commands and answers.

  #withAgent(at: Moment, work: (turn: AgentTurn) => void): void {
    const turn: AgentTurn = { commands: [], records: [], events: [] };
    work(turn);
    for (const event of turn.events) this.#log(event);
    for (const record of turn.records) this.#write(record);
    const unsent = turn.commands.filter((command) => !this.#command(command, at));
    if (unsent.length > 0) {
      this.#withAgent(at, (next) => {
        for (const { purpose } of unsent) this.#agent.answered(purpose, null, at.nowMs, at, next);
      });
    }
    if (turn.records.length > 0) this.#acknowledge(at);
  }

  #command({ gateway: name, endpoint, purpose, verb, parameters, session }: AgentCommand, at: Moment): boolean {
    const gateway = this.#gateway(name);
    if (gateway === undefined) return false;
    const carried = verb === "AUEP" ? parameters : fenced(parameters, gateway.link.granted);
    const command = {
      verb,
      endpoint: { local: endpoint, domain: gateway.config.domain },
      parameters: carried,
      session,
    };
    return this.#send(gateway, command, purpose, at);
  }

  #send(
    gateway: KnownGateway,
    command: Parameters<CommandChannel<ServerPurpose>["send"]>[0],
    purpose: ServerPurpose,
    at: Moment,
  ): boolean {
    const turn: ChannelTurn<ServerPurpose> = { sends: [], answers: [], commands: [] };
    const to = { gateway: gateway.config.domain, address: gateway.mgcp };
    const isSent = this.#channel.send(command, to, purpose, at.nowMs, turn);
    this.#sendMgcp(turn.sends);
    return isSent;
  }

  #takeChannel(turn: ChannelTurn<ServerPurpose>, at: Moment): void {
    this.#sendMgcp(turn.sends);
    for (const { command, from, reply } of turn.commands) this.#serve(command, from, reply, at);
    for (const answer of turn.answers) this.#answered(answer, at);
  }

  /** NTFY and RSIP, the two commands a gateway gives (RFC 3435 sections 2.3.4 and 2.3.12). */
  #serve(command: MgcpCommand, from: Address, reply: ReplyHandle, at: Moment): void {
    const gateway = this.#byAddress.get(from.address);
    if (gateway === undefined) return;
    const { code, comment, parameters } = this.#replyTo(command);
    this.#sendMgcp(this.#transactions.respond(reply, { code, comment, parameters, sessions: [] }, at.nowMs));
    if (code !== 200) return;
    if (command.verb === "RSIP") this.#restarted(gateway, command, at);
    else {
      const { observedEvents = [] } = command.parameters;
      this.#withAgent(at, (turn) => {
        this.#agent.notify(gateway.config.domain, command.endpoint.local, observedEvents, at, turn);
      });
    }
  }

  /** One that is not in charge sends the gateway to the one that should be (RFC 3435 section 2.4, code 521). */
  #replyTo({ verb }: MgcpCommand): { code: number; comment: string; parameters: MgcpParameters } {
    if (verb !== "NTFY" && verb !== "RSIP") return { code: 504, comment: "only NTFY and RSIP here", parameters: {} };
    if (this.#role === "active") return { code: 200, comment: "OK", parameters: {} };
    const { peer } = this.#config;
    if (peer === undefined) return { code: 400, comment: "not yet in charge", parameters: {} };
    const callAgent = { address: peer.address, port: peer.mgcpPort };
    const comment = `${peer.server} is in charge`;
    return { code: 521, comment, parameters: { notifiedEntity: notifiedEntity(callAgent) } };
  }

  /** What a restart really left is asked before it is believed: some gateways say so while calls are up. */
  #restarted(gateway: KnownGateway, { parameters }: MgcpCommand, at: Moment): void {
    const method = (parameters.restartMethod ?? "").toLowerCase();
    if (method !== "restart" && method !== "disconnected") return;
    this.#takeLink(gateway, gateway.link.begin(["mgcp"], this.#highestEpoch(), at.nowMs), at);
  }

  #answered({ gateway: name, purpose, response, askedAtMs }: ChannelAnswer<ServerPurpose>, at: Moment): void {
    const gateway = this.#gateway(name);
    if (gateway === undefined) return;
    const told = response === null ? null : readEpoch(response.parameters);
    const owner = told?.ok ? told.value : null;
    gateway.link.told(owner);
    if (response?.code === recoveryCodes.staleEpoch && this.#isSuperseded(gateway, owner, at)) return;
    switch (purpose.kind) {
      case "ping":
        gateway.pingsWaiting = Math.max(0, gateway.pingsWaiting - 1);
        if (response !== null && this.#role === "active") this.#takeLink(gateway, gateway.link.heard(at.nowMs), at);
        break;
      case "ask":
      case "witness":
        this.#gatewayTold(gateway, response, purpose.kind, at);
        break;
      case "claim":
        this.#claimAnswered(gateway, response, at);
        break;
      case "acknowledge":
        break;
      default:
        this.#withAgent(at, (turn) => this.#agent.answered(purpose, response, askedAtMs, at, turn));
    }
  }

  #gatewayTold(gateway: KnownGateway, response: MgcpResponse | null, kind: "ask" | "witness", at: Moment): void {
    if (response === null) return;
    gateway.hasAnswered = true;
    const { domain } = gateway.config;
    const page = readAuditPage(domain, response.parameters);
    if (page.ok) {
      gateway.link.told(page.value.epoch);
      const { peer } = this.#config;
      gateway.peerHeardAgeMs = page.value.heard.find(({ address }) => address === peer?.address)?.ageMs ?? null;
      if (kind === "witness" && this.#watch !== null) {
        this.#watch.testified(domain, gateway.peerHeardAgeMs, at.nowMs);
        this.#takeWatch(this.#watch.tick(this.#standing(), at), at);
      }
    }
    if (kind === "ask") this.#takeLink(gateway, gateway.link.asked(page.ok, this.#highestEpoch(), at.nowMs), at);
  }

  #claimAnswered(gateway: KnownGateway, response: MgcpResponse | null, at: Moment): void {
    const { link } = gateway;
    const reason = response === null ? "no answer to the claim" : `claim refused: ${response.code} ${response.comment}`;
    if (response !== null && response.code >= 200 && response.code <= 299) {
      this.#takeLink(gateway, link.claimed(at.nowMs), at);
    } else if (response?.code === recoveryCodes.claimRefused) {
      const peer = this.#watch?.heardPeer(at.nowMs);
      if (peer?.role === "active" && link.epoch?.server === peer.server) {
        this.#stepDown(`${gateway.config.domain} obeys ${peer.server}`, at);
      } else this.#takeLink(gateway, link.refused(reason, at.nowMs), at);
    } else this.#takeLink(gateway, link.fail(reason, at.nowMs), at);
  }

  /** Another server owns the gateway with a higher epoch: this one is no longer in charge. */
  #isSuperseded(gateway: KnownGateway, owner: GatewayAudit["epoch"], at: Moment): boolean {
    const { granted } = gateway.link;
    if (this.#role !== "active" || owner === null || granted === null) return false;
    if (owner.server === this.#config.server || owner.number <= granted.number) return false;
    this.#stepDown(`${gateway.config.domain} obeys ${owner.server} with epoch ${owner.number}`, at);
    return true;
  }

  #gateway(name: string): KnownGateway | undefined {
    return this.#gateways.get(name.toLowerCase());
  }

  #sendMgcp(datagrams: readonly OutgoingDatagram[]): void {
    for (const datagram of datagrams) this.#outputs.push({ kind: "send-mgcp", datagram });
  }

  #log(event: ServerEvent): void {
    this.#outputs.push({ kind: "log", event });
  }

  #flush(): ServerOutput[] {
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs;
  }
}

const linkLimits = { stepMaxMs: 3_000, backoffFirstMs: 1_000, backoffMaxMs: 30_000, leapMax: 1_000 };

function speaks({ config }: KnownGateway, protocol: GatewayAudit["via"]): boolean {
  return protocol === "mgcp" || config[protocol] !== undefined;
}

function peerWatchOf(config: CallServerConfig, at: Moment): PeerWatch | null {
  const { server, peer, heartbeat, gateways } = config;
  if (peer === undefined || heartbeat === undefined) return null;
  return new PeerWatch(
    {
      server,
      peer: { server: peer.server, heartbeat: { address: peer.address, port: peer.heartbeatPort } },
      secret: heartbeat.secret,
      heartbeatMs: heartbeat.everyMs,
      deadAfterMs: heartbeat.deadAfterMs,
      startGraceMs: heartbeat.startGraceMs,
      gateways: gateways.map(({ domain }) => domain),
    },
    at,
  );
}
