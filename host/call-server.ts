/**
 * The whole call server without I/O: datagrams, ended audits and time in; datagrams, audits to run, records to store and
 * events to tell out. The parts decide (server-role, call-agent, bring-up, peer-watch); this file joins them.
 */
import type { AuditProtocol, Epoch, GatewayAudit } from "#protocol/active-connection.js";
import type { Address } from "#protocol/address.js";
import { earliest } from "#protocol/deadlines.js";
import type { MgcpCommand, MgcpResponse } from "#protocol/mgcp/message.js";
import { readEpoch, recoveryCodes } from "#protocol/mgcp/recovery-package.js";
import { type ReplyHandle, transactionDefaults } from "#protocol/mgcp/transaction-options.js";
import { MgcpTransactions } from "#protocol/mgcp/transactions.js";
import { CallAgent } from "./call-agent/call-agent.js";
import { CallDesk } from "./call-agent/call-desk.js";
import { type ChannelAnswer, type ChannelTurn, CommandChannel } from "./call-agent/command-channel.js";
import { DialPlan } from "./call-agent/dial-plan.js";
import type { ServerPurpose } from "./call-agent/gateway-command.js";
import { noticeReply, takeRestart } from "./call-agent/gateway-notice.js";
import { claimedEntity } from "./call-agent/redirection.js";
import { JournalBook } from "./cdr/journal-book.js";
import { isRecordDatagram } from "./cdr/record-datagram.js";
import type { ExchangeParts } from "./cdr/record-exchange.js";
import { type CallServerConfig, gatewayPlaceOf, linesOf, peerWatchOptionsOf, roleOptionsOf } from "./config.js";
import { listCalls } from "./control/call-list.js";
import type { ControlRequest } from "./control/control-message.js";
import { Switchovers } from "./control/switchovers.js";
import type { Moment } from "./moment.js";
import type { AuditOutcome } from "./query/audit-query.js";
import { ConnectionRecords, type GatewayRecord } from "./registry/connection-records.js";
import { Gateways } from "./registry/gateways.js";
import type { KnownGateway } from "./registry/known-gateway.js";
import type { RecoveryFacts } from "./server-event.js";
import { Outbox, type ServerOutput } from "./server-output.js";
import { AuditsUnderWay, type AuditUnderWay } from "./watch/audits-under-way.js";
import { BringUp } from "./watch/bring-up.js";
import { GatewayInquiry, type InquiryPurpose } from "./watch/gateway-inquiry.js";
import type { HeartbeatRole } from "./watch/heartbeat.js";
import { PeerWatch, type WatchTurn } from "./watch/peer-watch.js";
import { Pings } from "./watch/pings.js";
import { nothingPolled, PollNews } from "./watch/poll-news.js";
import { Poller } from "./watch/poller.js";
import { type RecordSharing, recordSharingOf } from "./watch/record-sharing.js";
import type { RecoveryCause } from "./watch/recovery.js";
import { type RoleChange, ServerRole } from "./watch/server-role.js";

/** A server without a peer still wants to know its gateways alive. */
const pingMsAlone = 1_000;
const billWaitMs = 3_000;
const linkOptions = { stepMaxMs: 3_000, backoffFirstMs: 1_000, backoffMaxMs: 30_000, leapMax: 1_000 };

export interface CallServerParts extends ExchangeParts {
  /** Gateway records of the run before. */
  readonly kept: readonly GatewayRecord[];
}

export class CallServer {
  readonly #config: CallServerConfig;
  readonly #gateways: Gateways;
  readonly #channel: CommandChannel<ServerPurpose>;
  readonly #desk: CallDesk;
  readonly #bringUp: BringUp;
  readonly #records: ConnectionRecords;
  readonly #poller: Poller;
  readonly #pollNews = new PollNews();
  readonly #inquiry: GatewayInquiry;
  readonly #watch: PeerWatch | null;
  readonly #sharing: RecordSharing;
  readonly #pings: Pings;
  readonly #outbox = new Outbox();
  readonly #audits = new AuditsUnderWay(this.#outbox);
  readonly #switchovers: Switchovers;
  readonly #role: ServerRole;

  constructor(config: CallServerConfig, parts: CallServerParts, at: Moment) {
    const { server, address, mgcpPort, poll, calls } = config;
    const { random } = parts;
    const outbox = this.#outbox;
    this.#config = config;
    this.#role = new ServerRole(roleOptionsOf(config), at.nowMs);
    this.#gateways = new Gateways(config.gateways.map(gatewayPlaceOf), { server, ...linkOptions }, at.nowMs);
    const callAgent = { address, port: mgcpPort };
    this.#channel = new CommandChannel(
      new MgcpTransactions(transactionDefaults, random),
      outbox,
      (verb, response, nowMs) => claimedEntity(verb, response, callAgent, this.#peerAgent(nowMs)),
    );
    const pingMs = config.heartbeat === undefined ? pingMsAlone : config.heartbeat.everyMs / 2;
    this.#pings = new Pings(pingMs, this.#channel, at.nowMs);
    this.#inquiry = new GatewayInquiry(this.#channel, config.peer?.address ?? null);
    this.#records = new ConnectionRecords(parts.kept);
    const names = config.gateways.map(({ domain }) => domain);
    this.#poller = new Poller(names, poll, at.nowMs);
    const watched = peerWatchOptionsOf(config);
    this.#watch = watched === null ? null : new PeerWatch(watched, at);
    const sharing = recordSharingOf(watched, parts, outbox);
    this.#sharing = sharing;
    const [gateways, channel, records, book] = [this.#gateways, this.#channel, this.#records, new JournalBook()];
    const { encodings, ptimeMs, dscp, noAnswerMs, digitsMs, max: callsMax } = calls;
    const agent = new CallAgent(
      { server, policy: { encodings, ptimeMs, dscp }, noAnswerMs, digitsMs, billWaitMs, callsMax },
      { plan: new DialPlan(config.gateways.flatMap(linesOf)), gateways, book, random },
    );
    const desk = new CallDesk(server, { agent, book, records, gateways, channel, outbox, callAgent, sharing });
    this.#desk = desk;
    const audit = (gateway: KnownGateway, via: AuditProtocol, when: Moment) => this.#audits.begin(gateway, via, when);
    const switchovers = new Switchovers(server, outbox);
    this.#switchovers = switchovers;
    const recovered = (facts: RecoveryFacts) => switchovers.done(facts);
    const common = { gateways, channel, desk, book, records, outbox, callAgent };
    this.#bringUp = new BringUp({ ...common, audit, recovered });
  }

  get role(): HeartbeatRole {
    return this.#role.name;
  }

  /** The records of active connections, as last told. */
  get records(): ConnectionRecords {
    return this.#records;
  }

  start(at: Moment): ServerOutput[] {
    if (this.#config.role === "backup") this.#become({ to: "standby", reason: "configured as backup" }, at);
    else for (const gateway of this.#gateways.all()) this.#inquiry.ask(gateway, "ask", at);
    return this.tick(at);
  }

  /** Datagrams of strangers are dropped. */
  receiveMgcp(bytes: Uint8Array, from: Address, at: Moment): ServerOutput[] {
    const gateway = this.#gateways.at(from.address);
    if (gateway === undefined) return [];
    gateway.lastHeardMs = at.nowMs;
    this.#takeChannel(this.#channel.receive(bytes, from, at.nowMs), at);
    return this.#outbox.take();
  }

  /** A heartbeat, or a record. */
  receivePeer(bytes: Uint8Array, from: Address, at: Moment): ServerOutput[] {
    if (isRecordDatagram(bytes)) {
      const isNewlyShared = this.#sharing.receive(bytes, from, at);
      if (isNewlyShared && this.#role.isActive && !this.#bringUp.isRecovering) this.#desk.acknowledge(at);
      return this.#outbox.take();
    }
    if (this.#watch !== null) this.#takeWatch(this.#watch.receive(bytes, from, this.#standing(), at), at);
    this.#insist(at);
    this.#weighPeer(at);
    return this.#outbox.take();
  }

  auditEnded(auditId: number, outcome: AuditOutcome, at: Moment): ServerOutput[] {
    const pending = this.#audits.ended(auditId);
    if (pending?.isPoll) this.#pollEnded(pending, outcome, at);
    else if (pending !== undefined && this.#role.isActive) this.#bringUp.auditEnded(pending, outcome, at);
    return this.#outbox.take();
  }

  /** The operator's word; answered by a `control-reply` of the same id, always. */
  control(controlId: number, request: ControlRequest, at: Moment): ServerOutput[] {
    const { server } = this.#config;
    if (request.command === "switchover") this.#switchOver(controlId, request.resetEpoch, at);
    else {
      const { role, epoch } = this.#standing();
      const calls = listCalls(this.#desk.agent.calls, this.#records.all());
      this.#outbox.push({ kind: "control-reply", controlId, reply: { ok: true, server, role, epoch, calls } });
    }
    return this.#outbox.take();
  }

  tick(at: Moment): ServerOutput[] {
    this.#takeChannel(this.#channel.tick(at.nowMs), at);
    if (this.#watch !== null) this.#takeWatch(this.#watch.tick(this.#standing(), at), at);
    this.#weighPeer(at);
    this.#sharing.tick(this.#watch !== null && this.#watch.heardPeer(at.nowMs) !== null, at);
    if (this.#role.isActive) {
      this.#ping(at);
      this.#bringUp.tick(at);
      this.#desk.with(at, (agent, turn) => agent.tick(at, turn));
    }
    for (const name of this.#poller.takeDue(at.nowMs)) {
      const gateway = this.#gateways.named(name);
      if (gateway !== undefined) this.#poll(gateway, at);
    }
    return this.#outbox.take();
  }

  next(): number | null {
    const { isActive } = this.#role;
    return earliest(
      this.#channel.next(),
      this.#watch?.next(this.#standing()) ?? null,
      this.#poller.next(),
      this.#sharing.next(),
      isActive ? this.#pings.next() : null,
      isActive ? this.#desk.agent.next() : null,
      this.#role.next(),
      ...(isActive ? this.#gateways.all().map(({ link }) => link.next()) : []),
    );
  }

  // The role.

  /** Nothing is changed unless some gateway can be had, and every call that is up goes on as in any takeover. */
  #switchOver(controlId: number, resetEpoch: boolean, at: Moment): void {
    const gateways = this.#gateways.all();
    const silentMaxMs = 2 * this.#config.poll.everyMs + linkOptions.stepMaxMs;
    if (this.#role.isActive && !(resetEpoch && gateways.some(({ link }) => link.isStuck))) {
      this.#switchovers.needless(controlId);
      return;
    }
    if (!gateways.some(({ lastHeardMs }) => at.nowMs - lastHeardMs < silentMaxMs)) {
      this.#switchovers.refused(controlId, `no gateway has answered this server for ${silentMaxMs} ms`);
      return;
    }
    this.#switchovers.begun(controlId);
    if (resetEpoch) for (const { link } of gateways) link.allowReset();
    this.#role.insist(at.nowMs);
    const from = this.#config.peer?.server ?? null;
    this.#activate({ from, detectMs: 0 }, "by the operator's word", at);
    this.#insist(at);
  }

  /** A peer that says it is in charge is told to yield, for a while; then the epochs decide. */
  #insist(at: Moment): void {
    if (this.#watch === null || !this.#role.isOpposed(this.#watch.heardPeer(at.nowMs), at.nowMs)) return;
    this.#takeWatch(this.#watch.pushAside(this.#standing(), at), at);
  }

  #become({ to, reason }: RoleChange, at: Moment): void {
    this.#role.become(to, at.nowMs);
    this.#outbox.log({ event: "role", role: to, reason });
  }

  #standing() {
    return { role: this.#role.name, epoch: this.#gateways.highestGranted() };
  }

  #peerAgent(nowMs: number): { readonly callAgent: Address; readonly isInCharge: boolean } | null {
    const { peer } = this.#config;
    if (peer === undefined) return null;
    const isInCharge = this.#watch?.heardPeer(nowMs)?.role === "active";
    return { callAgent: { address: peer.address, port: peer.mgcpPort }, isInCharge };
  }

  /** Whether what is known of the peer changes the role. */
  #weighPeer(at: Moment): void {
    const own = { epoch: this.#gateways.highestGranted(), gateways: this.#gateways.all() };
    const change = this.#role.weigh(this.#watch?.heardPeer(at.nowMs) ?? null, own, at.nowMs);
    if (change === null) return;
    if (change.to === "active") this.#activate({ from: null, detectMs: 0 }, change.reason, at);
    else if (this.#role.isActive) this.#stepDown(change.reason, at);
    else this.#become(change, at);
  }

  #activate(cause: RecoveryCause, reason: string, at: Moment): void {
    this.#become({ to: "active", reason }, at);
    this.#watch?.announce(at.nowMs);
    this.#pings.hurry(at.nowMs);
    this.#bringUp.beginAll(cause, cause.from === null ? ["mgcp"] : this.#config.audit.via, at);
  }

  #stepDown(reason: string, at: Moment): void {
    if (!this.#role.isActive) return;
    this.#become({ to: "standby", reason }, at);
    this.#switchovers.failed(reason);
    this.#watch?.announce(at.nowMs);
    this.#bringUp.abandon();
    this.#desk.stepDown();
    this.#channel.forget(() => true, at.nowMs);
    this.#gateways.release();
  }

  /** Another server owns the gateway with a higher epoch: this one is no longer in charge. */
  #isSuperseded(gateway: KnownGateway, owner: Epoch | null, at: Moment): boolean {
    const { granted } = gateway.link;
    if (!this.#role.isActive || owner === null || granted === null) return false;
    if (owner.server === this.#config.server || owner.number <= granted.number) return false;
    this.#stepDown(`${gateway.name} obeys ${owner.server} with epoch ${owner.number}`, at);
    return true;
  }

  #takeWatch(turn: WatchTurn, at: Moment): void {
    for (const event of turn.events) this.#outbox.log(event);
    for (const datagram of turn.sends) this.#outbox.push({ kind: "send-peer", datagram });
    for (const name of turn.ask) {
      const gateway = this.#gateways.named(name);
      if (gateway !== undefined) this.#inquiry.askWitness(gateway, at);
    }
    if (turn.isToYield) this.#stepDown(`the operator has put ${this.#config.peer?.server} in charge`, at);
    if (turn.gone === null || this.#role.name !== "standby") return;
    const from = this.#config.peer?.server ?? "";
    const [detectMs, silentMs] = [Math.round(turn.gone.detectMs), Math.round(turn.gone.silentMs)];
    this.#outbox.log({ event: "takeover-begin", from, detectMs, silentMs });
    this.#activate({ from, detectMs }, `${from} is silent, and no gateway hears it`, at);
  }

  // Watching gateways.

  #ping(at: Moment): void {
    if (!this.#pings.tick(this.#gateways.all(), at)) return;
    const silentMaxMs = 2 * (this.#config.heartbeat?.deadAfterMs ?? 2 * pingMsAlone);
    for (const gateway of this.#gateways.adopted()) {
      const silentMs = at.nowMs - gateway.lastHeardMs;
      if (silentMs <= silentMaxMs) continue;
      this.#bringUp.follow(gateway, gateway.link.fail(`silent for ${Math.round(silentMs)} ms`, at.nowMs), at);
    }
  }

  #poll(gateway: KnownGateway, at: Moment): void {
    const since = gateway.isPartial ? null : this.#records.since(gateway.name, gateway.place.poll);
    this.#audits.beginPoll(gateway, since, at);
  }

  #pollEnded({ gateway, via, askedAtMs }: AuditUnderWay, outcome: AuditOutcome, at: Moment): void {
    const { name, link } = gateway;
    this.#poller.ended(name);
    const ms = Math.round(at.nowMs - askedAtMs);
    const audit = outcome.ok ? this.#records.completed({ ...outcome.audit, gateway: name }) : null;
    const reason = outcome.ok ? (audit === null ? "overtaken by another audit" : null) : outcome.reason;
    const news = audit === null ? nothingPolled : this.#pollNews.of(audit, outcome.ok && outcome.isPartial === true);
    this.#outbox.log({ event: "poll", gateway: name, via, ok: audit !== null, reason, ms, ...news });
    if (!outcome.ok || audit === null) return;
    gateway.lastHeardMs = at.nowMs;
    gateway.isPartial = outcome.isPartial === true;
    const hasRestarted = this.#desk.learn(gateway, audit, askedAtMs, at);
    if (!this.#role.isActive || this.#isSuperseded(gateway, audit.epoch, at)) return;
    if (hasRestarted && link.state.name === "up") this.#bringUp.begin(gateway, ["mgcp"], at);
    else if (link.isAdopted) this.#compare(gateway, audit, askedAtMs, at);
  }

  /** Holds a poll against the calls in hand, and writes and acknowledges what is over. */
  #compare(gateway: KnownGateway, audit: GatewayAudit, askedAtMs: number, at: Moment): void {
    this.#desk.learnJournal(audit, { askedAtMs, answeredAtMs: at.nowMs });
    this.#desk.with(at, (agent, turn) => agent.askAgain(gateway.name, turn));
    if (gateway.isPartial) return;
    this.#desk.compare(gateway, audit, askedAtMs, at);
    if (this.#bringUp.isRecovering) return;
    this.#desk.acknowledge(at);
  }

  // Commands and answers.

  #takeChannel(turn: ChannelTurn<ServerPurpose>, at: Moment): void {
    for (const { command, from, reply } of turn.commands) this.#serve(command, from, reply, at);
    for (const answer of turn.answers) this.#answered(answer, at);
  }

  /** The three commands a gateway gives (RFC 3435 sections 2.3.4, 2.3.8 and 2.3.12). */
  #serve(command: MgcpCommand, from: Address, reply: ReplyHandle, at: Moment): void {
    const gateway = this.#gateways.at(from.address);
    if (gateway === undefined) return;
    const { code, comment, parameters } = noticeReply(command, this.#role.name, this.#config.peer ?? null);
    this.#channel.respond(reply, { code, comment, parameters, sessions: [] }, at.nowMs);
    if (code !== 200) return;
    if (command.verb === "RSIP") this.#restarted(gateway, command, at);
    else if (command.verb === "DLCX")
      this.#desk.with(at, (agent, turn) => agent.deletedByGateway(gateway.name, command, at, turn));
    else this.#desk.with(at, (agent, turn) => agent.notify(gateway.name, command, at, turn));
  }

  /** What a restart or a forced end really left is asked before it is believed: some say so while calls are up. */
  #restarted(gateway: KnownGateway, command: MgcpCommand, at: Moment): void {
    const { isToBeAudited, reason } = takeRestart(gateway, command);
    this.#outbox.log({ event: "gateway-restart", gateway: gateway.name, reason });
    if (isToBeAudited) this.#bringUp.restarted(gateway, at);
  }

  #answered({ gateway: name, purpose, response, askedAtMs }: ChannelAnswer<ServerPurpose>, at: Moment): void {
    const gateway = this.#gateways.named(name);
    if (gateway === undefined) return;
    const told = response === null ? null : readEpoch(response.parameters);
    const owner = told?.ok ? told.value : null;
    gateway.link.told(owner);
    if (response?.code === recoveryCodes.staleEpoch && this.#isSuperseded(gateway, owner, at)) return;
    switch (purpose.kind) {
      case "ping":
        gateway.pingsWaiting = Math.max(0, gateway.pingsWaiting - 1);
        if (response !== null && this.#role.isActive) {
          this.#bringUp.follow(gateway, gateway.link.heard(at.nowMs), at);
        }
        break;
      case "capabilities":
      case "ask":
      case "witness":
        if (response !== null) this.#gatewayTold(gateway, purpose, response, at);
        break;
      case "claim":
        this.#claimAnswered(gateway, response, at);
        break;
      case "acknowledge":
        break;
      default:
        this.#desk.with(at, (agent, turn) => agent.answered(purpose, response, askedAtMs, at, turn));
        if (!this.#bringUp.isRecovering && purpose.kind === "bill") this.#desk.acknowledge(at);
    }
  }

  #gatewayTold(gateway: KnownGateway, purpose: InquiryPurpose, response: MgcpResponse, at: Moment): void {
    const told = this.#inquiry.told(gateway, purpose, response, at);
    if (told === null) return;
    if (told.kind === "witness" && told.isFenced && this.#watch !== null) {
      this.#watch.testified(gateway.name, gateway.peerHeardAgeMs, at.nowMs);
      this.#takeWatch(this.#watch.tick(this.#standing(), at), at);
    }
    if (told.kind === "ask") this.#bringUp.asked(gateway, told.isFenced, at);
    this.#weighPeer(at);
  }

  #claimAnswered(gateway: KnownGateway, response: MgcpResponse | null, at: Moment): void {
    const peer = this.#watch?.heardPeer(at.nowMs) ?? null;
    const activeOwner = peer?.role === "active" ? peer.server : null;
    const outcome = this.#bringUp.claimAnswered(gateway, response, activeOwner, at);
    if (outcome === "superseded") this.#stepDown(`${gateway.name} obeys ${activeOwner}`, at);
  }
}
