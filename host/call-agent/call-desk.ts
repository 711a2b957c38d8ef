/**
 * The call agent with its hands: its commands go out under each gateway's epoch, its records to the store, and what has
 * its record is acknowledged to the gateways' journals. Every step of the agent goes through `with`.
 */
import type { GatewayAudit } from "#protocol/active-connection.js";
import type { Address } from "#protocol/address.js";
import { billCall, type CallEvidence } from "../cdr/billing.js";
import { type CallDetailRecord, mergeRecords } from "../cdr/call-detail-record.js";
import { type AuditSpan, inferredInstant } from "../cdr/call-time.js";
import { endedCallEvidence } from "../cdr/ended-call.js";
import type { JournalBook } from "../cdr/journal-book.js";
import type { Moment } from "../moment.js";
import type { ConnectionRecords } from "../registry/connection-records.js";
import { type Gateways, learnGateway } from "../registry/gateways.js";
import type { KnownGateway } from "../registry/known-gateway.js";
import type { Outbox } from "../server-output.js";
import type { RecordSharing } from "../watch/record-sharing.js";
import type { AgentCommand } from "./agent-command.js";
import { type AgentTurn, emptyAgentTurn } from "./agent-turn.js";
import type { CallAgent } from "./call-agent.js";
import type { CommandChannel } from "./command-channel.js";
import { askCommand, fenced, type ServerPurpose, unfenced } from "./gateway-command.js";
import { LostCalls } from "./lost-calls.js";

/** Written records remembered, to tell an improved one from a repeated one. */
const recordsRememberedMax = 10_000;

export interface CallDeskParts {
  readonly agent: CallAgent;
  readonly book: JournalBook;
  readonly records: ConnectionRecords;
  readonly gateways: Gateways;
  readonly channel: CommandChannel<ServerPurpose>;
  readonly outbox: Outbox;
  /** Where this server takes MGCP. */
  readonly callAgent: Address;
  /** The records the peer gets. */
  readonly sharing: RecordSharing;
}

export class CallDesk {
  readonly agent: CallAgent;
  readonly #server: string;
  readonly #parts: CallDeskParts;
  readonly #written = new Map<string, CallDetailRecord>();
  readonly #lost = new LostCalls();
  /** Calls that are over, but without their record yet: their journal entries are needed still. */
  readonly #unbilled = new Set<string>();

  constructor(server: string, parts: CallDeskParts) {
    this.agent = parts.agent;
    this.#server = server;
    this.#parts = parts;
  }

  /** Does one step of the agent and everything it wants done. */
  with(at: Moment, step: (agent: CallAgent, turn: AgentTurn) => void): void {
    const turn = emptyAgentTurn();
    step(this.agent, turn);
    for (const event of turn.events) this.#parts.outbox.log(event);
    for (const record of turn.records) this.#write(record, at);
    const unsent = turn.commands.filter((command) => !this.#send(command, at));
    if (unsent.length === 0) return;
    this.with(at, (agent, next) => {
      for (const { purpose } of unsent) agent.answered(purpose, null, at.nowMs, at, next);
    });
  }

  /** Takes an audit into the records. True when the gateway has restarted since we last knew. */
  learn(gateway: KnownGateway, audit: GatewayAudit, askedAtMs: number, at: Moment): boolean {
    const { records, outbox } = this.#parts;
    const { hasRestarted, isNews } = learnGateway(gateway, audit);
    // What it cannot list may be there all the same.
    if (gateway.isPartial) return hasRestarted;
    // A gateway that cannot keep the tag of a call in hand has it kept here.
    const connections = audit.connections.map((connection) => {
      const tag = connection.tag === "" ? this.agent.tagOf(connection.callId) : "";
      return tag === "" ? connection : { ...connection, tag };
    });
    const times = { askedAtWallMs: at.wallMs - (at.nowMs - askedAtMs), heardAtWallMs: at.wallMs };
    const before = records.of(gateway.name);
    const record = records.learn({ ...audit, gateway: gateway.name, connections }, times);
    // It has no journal that would tell of what ended.
    if (before !== undefined && gateway.hasRecovery === false) this.#lost.note(before, record, at.nowMs);
    // A restart of ours needs only what changed; the disk is spared the rest.
    if (isNews) outbox.push({ kind: "store-gateway-record", record });
    return hasRestarted;
  }

  /** What a gateway's journal says; the whole of it only by our own protocol. */
  learnJournal(audit: GatewayAudit, span: AuditSpan): void {
    this.#parts.book.learn(audit, span, audit.via === "mgcp");
  }

  /** Holds a poll against the calls in hand; connections that belong to none go, once they are seen again. */
  compare(gateway: KnownGateway, audit: GatewayAudit, askedAtMs: number, at: Moment): void {
    this.with(at, (agent, turn) => {
      agent.audited(gateway.name, audit.connections, askedAtMs, at, turn);
      const waiting = new Set(gateway.found.map(({ connection }) => connection.connectionId));
      const strays = audit.connections.filter(
        ({ callId, connectionId, endpoint }) =>
          agent.isLine(gateway.name, endpoint) && !agent.isOpen(callId) && !waiting.has(connectionId),
      );
      // One may just be on its way out or in; what the next poll shows again belongs to nobody.
      for (const connection of strays) {
        if (gateway.strays.has(connection.connectionId)) agent.deleteStray(connection, turn);
      }
      gateway.strays = new Set(strays.map(({ connectionId }) => connectionId));
    });
  }

  /** Records for calls that were over before this server looked: those that are new. */
  billEnded(at: Moment): CallDetailRecord[] {
    const { book, records } = this.#parts;
    const found: CallDetailRecord[] = [];
    for (const evidence of this.#lost.take((callId) => this.#isOpen(callId), book, at)) {
      const record = this.#written.has(evidence.callId) ? null : billCall(evidence, this.#server, at);
      if (record === null) continue;
      found.push(record);
      this.#write(record, at);
    }
    this.#unbilled.clear();
    for (const callId of book.callIds()) {
      if (this.#isOpen(callId)) continue;
      const evidence = endedCallEvidence(callId, book, records.ofCall(callId), at);
      // A gateway that is away may yet tell when the call ended.
      if (!toldOfEnd(evidence) && !this.#knowsAll) {
        this.#unbilled.add(callId);
        continue;
      }
      const record = billCall(toldOfEnd(evidence) ? evidence : withInferredEnd(evidence, at), this.#server, at);
      if (record === null) continue;
      if (!this.#written.has(callId)) found.push(record);
      this.#write(record, at);
    }
    return found;
  }

  /**
   * Lets the gateways forget what has its record; while the peer lives, what has it there too. Outputs are done in order,
   * so the record is on disk by then. What is over and nobody has billed yet is billed first: a gateway that restarts in
   * between tells of such calls.
   */
  acknowledge(at: Moment): void {
    const { book, gateways, channel, sharing } = this.#parts;
    this.billEnded(at);
    const isNeeded = (callId: string) =>
      this.#isOpen(callId) || this.#unbilled.has(callId) || sharing.isAwaited(callId, at);
    for (const gateway of gateways.adopted()) {
      for (const ack of book.settle(gateway.name, isNeeded))
        channel.send(askCommand(gateway, ack), gateway, { kind: "acknowledge" }, at.nowMs);
    }
  }

  /** This server is no longer in charge: it forgets calls and journals without touching them. */
  stepDown(): void {
    this.agent.stepDown();
    this.#lost.forget();
    this.#parts.book.forget();
  }

  get #knowsAll(): boolean {
    return this.#parts.gateways.all().every(({ link }) => link.isAdopted);
  }

  /** In hand, about to be, or still there on a gateway that is. */
  #isOpen(callId: string): boolean {
    const { gateways, records } = this.#parts;
    if (this.agent.isOpen(callId) || gateways.hasFound(callId)) return true;
    return records.ofCall(callId).some(({ gateway }) => gateways.isUp(gateway));
  }

  #write(record: CallDetailRecord, at: Moment): void {
    const before = this.#written.get(record.callId);
    const merged = before === undefined ? record : mergeRecords(before, record);
    if (before !== undefined && JSON.stringify(before) === JSON.stringify(merged)) return;
    this.#written.set(record.callId, merged);
    const [oldest] = this.#written.keys();
    if (this.#written.size > recordsRememberedMax && oldest !== undefined) this.#written.delete(oldest);
    this.#parts.outbox.push({ kind: "store-cdr", record: merged });
    this.#parts.sharing.written(merged, at);
    this.#parts.outbox.log({ event: before === undefined ? "cdr" : "cdr-improved", cdr: merged });
  }

  #send({ gateway: name, endpoint, purpose, verb, parameters, session }: AgentCommand, at: Moment): boolean {
    const gateway = this.#parts.gateways.named(name);
    if (gateway === undefined) return false;
    const { granted } = gateway.link;
    const hasRecovery = gateway.hasRecovery === true || granted !== null;
    // Its journal is not to be had.
    if (verb === "AUEP" && !hasRecovery) return false;
    const carried = !hasRecovery
      ? unfenced(parameters, this.#parts.callAgent)
      : verb === "AUEP"
        ? parameters
        : fenced(parameters, granted);
    const command = { verb, endpoint: { local: endpoint, domain: gateway.name }, parameters: carried, session };
    return this.#parts.channel.send(command, gateway, purpose, at.nowMs);
  }
}

function toldOfEnd({ events, ends }: CallEvidence): boolean {
  return ends.length > 0 || events.some(({ kind }) => kind === "on-hook");
}

/** It ended between the last that was told of it and now, when no gateway has it any more. */
function withInferredEnd(evidence: CallEvidence, at: Moment): CallEvidence {
  const lastMs = Math.max(...evidence.events.map(({ instant }) => instant.atMs));
  return { ...evidence, witnessedEnd: inferredInstant(lastMs, at.nowMs) };
}
