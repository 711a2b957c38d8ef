/**
 * Brings gateways into hand: does what their links ask for (ask, claim, audit), adopts the calls and lines an audit
 * shows, and reports when a round of it is over. The same for a start, a gateway's restart and a takeover.
 */
import type { AuditProtocol, Epoch } from "#protocol/active-connection.js";
import type { Address } from "#protocol/address.js";
import type { MgcpResponse } from "#protocol/mgcp/message.js";
import { recoveryCodes } from "#protocol/mgcp/recovery-package.js";
import type { AgentTurn } from "../call-agent/agent-turn.js";
import type { CallAgent } from "../call-agent/call-agent.js";
import type { CallDesk } from "../call-agent/call-desk.js";
import type { CommandChannel } from "../call-agent/command-channel.js";
import { claimCommand, question, type ServerPurpose } from "../call-agent/gateway-command.js";
import type { JournalBook } from "../cdr/journal-book.js";
import type { Moment } from "../moment.js";
import type { AuditOutcome } from "../query/audit-query.js";
import type { ConnectionRecords } from "../registry/connection-records.js";
import type { LinkStep } from "../registry/gateway-link.js";
import type { Gateways } from "../registry/gateways.js";
import type { KnownGateway } from "../registry/known-gateway.js";
import type { RecoveryFacts } from "../server-event.js";
import type { Outbox } from "../server-output.js";
import type { AuditUnderWay } from "./audits-under-way.js";
import { reconcileCall } from "./reconciliation.js";
import { Recovery, type RecoveryCause } from "./recovery.js";

export interface BringUpParts {
  readonly gateways: Gateways;
  readonly channel: CommandChannel<ServerPurpose>;
  readonly desk: CallDesk;
  readonly book: JournalBook;
  readonly records: ConnectionRecords;
  readonly outbox: Outbox;
  readonly audit: (gateway: KnownGateway, via: AuditProtocol, at: Moment) => void;
  /** Where this server takes MGCP. */
  readonly callAgent: Address;
  /** A round is over. */
  readonly recovered: (facts: RecoveryFacts) => void;
}

export class BringUp {
  readonly #parts: BringUpParts;
  #recovery: Recovery | null = null;

  constructor(parts: BringUpParts) {
    this.#parts = parts;
  }

  /** All gateways, at once. */
  beginAll(cause: RecoveryCause, via: readonly AuditProtocol[], at: Moment): void {
    this.#recovery = new Recovery(cause, at.nowMs);
    for (const gateway of this.#parts.gateways.all()) {
      gateway.lastHeardMs = at.nowMs;
      this.begin(gateway, via, at);
    }
  }

  begin(gateway: KnownGateway, via: readonly AuditProtocol[], at: Moment): void {
    const spoken = via.filter((protocol) => gateway.place.speaks.includes(protocol));
    const above = this.#parts.gateways.highestEpoch();
    this.follow(gateway, gateway.link.begin(spoken.length === 0 ? ["mgcp"] : spoken, above, at.nowMs), at);
  }

  /**
   * The gateway says that it has restarted, and may say so with every answer until it was heard (RFC 3435 section 4.4.6). One
   * round is enough for all of these: an audit that is still to come sees it, one under way is followed by another.
   */
  restarted(gateway: KnownGateway, at: Moment): void {
    const { name } = gateway.link.state;
    if (name === "auditing") gateway.isToBeAuditedAgain = true;
    else if (name !== "asking" && name !== "claiming") this.begin(gateway, ["mgcp"], at);
  }

  /** This server is no longer in charge. */
  abandon(): void {
    this.#recovery = null;
  }

  get isRecovering(): boolean {
    return this.#recovery !== null;
  }

  tick(at: Moment): void {
    for (const gateway of this.#parts.gateways.all()) this.follow(gateway, gateway.link.tick(at.nowMs), at);
  }

  /** Does what a link asks for. */
  follow(gateway: KnownGateway, steps: readonly LinkStep[], at: Moment): void {
    for (const step of steps) this.#step(gateway, step, at);
    this.#endRecovery(at);
  }

  asked(gateway: KnownGateway, isFenced: boolean, at: Moment): void {
    this.follow(gateway, gateway.link.asked(isFenced, this.#parts.gateways.highestEpoch(), at.nowMs), at);
  }

  /** `activeOwner`: the peer, where it is known to be in charge. It gets the name of the one that keeps the gateway. */
  claimAnswered(
    gateway: KnownGateway,
    response: MgcpResponse | null,
    activeOwner: string | null,
    at: Moment,
  ): "went on" | "superseded" {
    const { link } = gateway;
    if (response !== null && response.code >= 200 && response.code <= 299) {
      gateway.hasRecovery = true;
      this.follow(gateway, link.claimed(at.nowMs), at);
      return "went on";
    }
    const reason = response === null ? "no answer to the claim" : `claim refused: ${response.code} ${response.comment}`;
    const isRefused = response?.code === recoveryCodes.claimRefused;
    if (isRefused && activeOwner !== null && link.epoch?.server === activeOwner) return "superseded";
    this.follow(gateway, isRefused ? link.refused(reason, at.nowMs) : link.fail(reason, at.nowMs), at);
    return "went on";
  }

  auditEnded({ gateway, via, askedAtMs }: AuditUnderWay, outcome: AuditOutcome, at: Moment): void {
    const { name, link } = gateway;
    const ms = Math.round(at.nowMs - askedAtMs);
    const connections = outcome.ok ? outcome.audit.connections : [];
    const notTold = outcome.ok ? outcome.notTold : [];
    const reason = outcome.ok ? null : outcome.reason;
    this.#parts.outbox.log({ event: "audit", gateway: name, via, ok: outcome.ok, reason, ms, notTold, connections });
    this.#recovery?.audited(name, via, ms, outcome);
    const { adopt, steps } = link.audited(via, outcome.ok, at.nowMs);
    if (outcome.ok) {
      gateway.isPartial = outcome.isPartial === true;
      gateway.lastHeardMs = at.nowMs;
      this.#parts.desk.learn(gateway, outcome.audit, askedAtMs, at);
      this.#parts.desk.learnJournal(outcome.audit, { askedAtMs, answeredAtMs: at.nowMs });
    }
    if (adopt !== null) this.#adopt(gateway, adopt, askedAtMs, at);
    this.follow(gateway, steps, at);
  }

  #step(gateway: KnownGateway, step: LinkStep, at: Moment): void {
    const { channel, outbox, desk, callAgent, audit } = this.#parts;
    const asked = question(gateway, "ask");
    switch (step.kind) {
      case "ask":
        channel.send(asked.command, gateway, asked.purpose, at.nowMs);
        break;
      case "claim":
        channel.send(claimCommand(gateway, step.claim, step.resets, callAgent), gateway, { kind: "claim" }, at.nowMs);
        break;
      case "audit":
        gateway.isToBeAuditedAgain = false;
        for (const via of step.via) audit(gateway, via, at);
        break;
      case "down":
        outbox.log({ event: "gateway-down", gateway: gateway.name, reason: step.reason, retryMs: step.retryMs });
        channel.forget(
          ({ kind }, name) => name === gateway.name && ["capabilities", "ask", "claim"].includes(kind),
          at.nowMs,
        );
        desk.with(at, (agent, turn) => this.#reconcile(null, agent, at, turn));
        break;
      case "up":
        if (gateway.isToBeAuditedAgain) this.begin(gateway, ["mgcp"], at);
        break;
    }
  }

  /** Takes the calls and lines of an audited gateway into hand. */
  #adopt(gateway: KnownGateway, via: AuditProtocol, askedAtMs: number, at: Moment): void {
    const { desk, records, outbox } = this.#parts;
    const { name } = gateway;
    const connections = records.connections(name);
    const unknown = connections.filter(
      ({ callId, endpoint }) => desk.agent.isLine(name, endpoint) && !desk.agent.isOpen(callId),
    );
    gateway.found = unknown.map((connection) => ({ connection, via }));
    const epoch: Epoch | null = gateway.link.granted;
    outbox.log({ event: "gateway-up", gateway: name, epoch, connections: connections.length });
    desk.with(at, (agent, turn) => {
      if (!gateway.isPartial) agent.audited(name, connections, askedAtMs, at, turn);
      this.#reconcile(gateway, agent, at, turn);
      const waiting = new Set(gateway.found.map(({ connection }) => connection.endpoint));
      agent.takeLines(name, (endpoint) => !waiting.has(endpoint), at, turn);
    });
  }

  /** Pairs what has been found so far. `current`: the gateway whose lines get their requests afterwards anyway. */
  #reconcile(current: KnownGateway | null, agent: CallAgent, at: Moment, turn: AgentTurn): void {
    const { gateways, book, records } = this.#parts;
    const adopted = gateways.adopted();
    const rows = adopted.flatMap(({ found }) => found);
    for (const callId of new Set(rows.map(({ connection }) => connection.callId))) {
      const mine = rows.filter(({ connection }) => connection.callId === callId);
      const events = book.eventsOf(callId);
      const finding = reconcileCall({ callId, rows: mine, events }, (name) => gateways.knowledgeOf(name));
      if (finding.kind === "waiting") continue;
      this.#recovery?.found(finding);
      agent.adopt(finding, (connection) => records.sightingOf(connection), at, turn);
      for (const gateway of adopted) {
        gateway.found = gateway.found.filter(({ connection }) => connection.callId !== callId);
        const here = mine.filter(({ connection }) => connection.gateway === gateway.name);
        const endpoints = new Set(here.map(({ connection }) => connection.endpoint));
        if (gateway !== current) agent.takeLines(gateway.name, (endpoint) => endpoints.has(endpoint), at, turn);
      }
    }
  }

  #endRecovery(at: Moment): void {
    const gateways = this.#parts.gateways.all();
    const recovery = this.#recovery;
    if (recovery === null || !gateways.every(({ link }) => link.isSettled)) return;
    this.#recovery = null;
    for (const record of this.#parts.desk.billEnded(at)) recovery.billed(record);
    const unreachable = gateways.flatMap(({ name, link: { state } }) =>
      state.name === "down" ? [{ gateway: name, reason: state.reason }] : [],
    );
    const event = recovery.report(unreachable, at.nowMs);
    this.#parts.outbox.log(event);
    this.#parts.recovered(event);
    this.#parts.desk.acknowledge(at);
  }
}
