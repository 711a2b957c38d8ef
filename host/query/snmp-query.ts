/**
 * Asks a gateway over SNMP, v2c or v3: one GET for the scalars of HOLDOVER-MIB, then what changed since the record that is
 * there already, or everything, by its log of changes (snmp-changes.ts). An agent of an earlier version, which has no
 * such log, is asked for the columns of its tables: each answer carries the change counter, and if that moves, the audit
 * begins anew, up to `walksMax` times. Either way what it gives was true at one moment. An agent without HOLDOVER-MIB is
 * asked for RTP-MIB's sessions, and the answer says what these do not tell.
 */
import { type Address, formatAddress } from "#protocol/address.js";
import type { Random } from "#protocol/chance.js";
import {
  changeCounter,
  emptyScalars,
  type GatewayScalars,
  holdoverRoot,
  scalars,
  scalarsOid,
} from "#protocol/mib/holdover-mib.js";
import { type ParseResult, parsed, refused } from "#protocol/parse-result.js";
import { type Oid, startsWith } from "#protocol/snmp/oid.js";
import { errorStatusName, type PlainPdu, type VariableBinding } from "#protocol/snmp/pdu.js";
import type { AuditOutcome, AuditQuery, QueryTurn } from "./audit-query.js";
import { type PlainAgent, plainAgentIn, plainAgentNames, withoutTables } from "./plain-agent.js";
import { RtpSessionRows } from "./rtp-session-rows.js";
import {
  changesAnswer,
  columnsAnswer,
  type KnownGateway,
  type SnmpAnswer,
  sessionsAnswer,
  unchangedAnswer,
} from "./snmp-answer.js";
import { type ChangesAsk, SnmpChanges } from "./snmp-changes.js";
import { SnmpRequests, type SnmpRequestsOptions } from "./snmp-requests.js";
import { SnmpRows } from "./snmp-rows.js";
import { SnmpWalk } from "./snmp-walk.js";

export interface SnmpQueryOptions extends SnmpRequestsOptions {
  /** What to call the gateway when it does not answer. */
  readonly gateway: string;
  /** Where HOLDOVER-MIB stands there. */
  readonly root: Oid;
  /** The last of these walks is taken as it is, and the answer says so. */
  readonly walksMax: number;
  readonly columnsAtOnceMax: number;
  readonly repetitionsMax: number;
  readonly rowsMax: number;
  /** Requests under way at once over the log of changes. */
  readonly partsMax: number;
  /** False: by the columns, as from an agent that has no log of changes. */
  readonly asksChanges: boolean;
  /** What is known already: only what changed behind it is asked for, and nothing where nothing did. */
  readonly since?: { readonly bootId: string; readonly counter: number } | null;
}

/** All but who is asked, and by which community or user. */
export const snmpQueryDefaults = {
  root: holdoverRoot,
  firstTryMs: 250,
  triesMax: 4,
  walksMax: 4,
  columnsAtOnceMax: 12,
  repetitionsMax: 40,
  rowsMax: 100_000,
  partsMax: 8,
  asksChanges: true,
} as const satisfies Partial<SnmpQueryOptions>;

type Purpose =
  | { readonly kind: "scalars" }
  | { readonly kind: "rows"; readonly group: number }
  | { readonly kind: "changes"; readonly stretch: number };

type State =
  | { readonly name: "asking for scalars" }
  | {
      readonly name: "walking";
      readonly known: KnownGateway;
      readonly walk: SnmpWalk;
      readonly rows: SnmpRows | RtpSessionRows;
    }
  | {
      readonly name: "reading changes";
      readonly known: KnownGateway;
      /** Null: everything is told. */
      readonly since: number | null;
      readonly changes: SnmpChanges;
      readonly areRead: boolean;
      /** The call agents that were heard. */
      readonly walk: SnmpWalk;
      readonly rows: SnmpRows;
    }
  | { readonly name: "ended" };

export class SnmpQuery implements AuditQuery {
  readonly #options: SnmpQueryOptions;
  readonly #requests: SnmpRequests<Purpose>;
  #state: State = { name: "asking for scalars" };
  #agent: PlainAgent = plainAgentIn([]);
  #walks = 0;
  #hasMoved = false;

  constructor(options: SnmpQueryOptions, random: Random) {
    this.#options = options;
    this.#requests = new SnmpRequests(options, random);
  }

  start(nowMs: number): QueryTurn {
    this.#begin(nowMs);
    return this.#turn(null);
  }

  receive(bytes: Uint8Array, from: Address, nowMs: number): QueryTurn {
    const answer = this.#requests.take(bytes, from, nowMs);
    if (answer?.kind === "refused") return this.#turn(this.#failed(`the agent there ${answer.reason}`));
    return this.#turn(answer === null ? null : this.#take(answer.pdu, answer.purpose, nowMs));
  }

  tick(nowMs: number): QueryTurn {
    return this.#turn(this.#requests.sendAgain(nowMs) ? null : this.#failed(this.#silence()));
  }

  next(): number | null {
    return this.#requests.next();
  }

  #begin(nowMs: number): void {
    this.#requests.forgetAll();
    this.#walks += 1;
    this.#hasMoved = false;
    this.#state = { name: "asking for scalars" };
    const base = scalarsOid(this.#options.root);
    const names = [...scalars.map(({ number }): Oid => [...base, number, 0]), ...plainAgentNames];
    const bindings = names.map(unspecified);
    this.#requests.ask({ kind: "scalars" }, nowMs, (requestId) => {
      return { kind: "get", requestId, errorStatus: 0, errorIndex: 0, bindings };
    });
  }

  #take(pdu: PlainPdu, purpose: Purpose, nowMs: number): AuditOutcome | null {
    const state = this.#state;
    if (pdu.errorStatus !== 0) return this.#failed(`answers ${errorStatusName(pdu.errorStatus)}`);
    if (state.name === "asking for scalars") return this.#takeScalars(pdu, nowMs);
    if (state.name === "ended" || purpose.kind === "scalars") return null;
    if (state.name === "reading changes") return this.#takeChanges(state, purpose, pdu.bindings, nowMs);
    if (purpose.kind === "changes") return null;
    const counter = this.#counterIn(pdu.bindings[0]);
    if (!counter.ok) return this.#failed(counter.reason);
    if (counter.value !== state.known.values.counter) {
      this.#hasMoved = true;
      if (this.#walks < this.#options.walksMax) {
        this.#begin(nowMs);
        return null;
      }
    }
    const fault = state.walk.take(purpose.group, pdu.bindings.slice(nonRepeaters));
    if (fault !== null) return this.#failed(fault);
    if (state.walk.isDone) {
      const { known, walk, rows } = state;
      if (!(rows instanceof SnmpRows)) return this.#sessionsEnded(known, rows);
      return this.#told(columnsAnswer(known, walk, rows, this.#hasMoved ? this.#walks : 0, this.#isPrivate));
    }
    this.#askRows(state.walk, state.known, purpose.group, nowMs);
    return null;
  }

  #takeScalars(pdu: PlainPdu, nowMs: number): AuditOutcome | null {
    const values = emptyScalars();
    for (const [place, { read }] of scalars.entries()) {
      const fault = read(pdu.bindings[place]?.value ?? { type: "noSuchInstance" }, values);
      if (fault !== null) return this.#failed(fault);
    }
    const gateway = values.gateway;
    if (gateway === null) return this.#walkSessions(plainAgentIn(pdu.bindings.slice(scalars.length)), nowMs);
    const known = { gateway, values };
    if (this.#isUnchanged(values)) return this.#told(unchangedAnswer(known, this.#isPrivate));
    const hasLog = this.#options.asksChanges && values.goneForgotten !== null && values.counter !== null;
    return hasLog ? this.#readChanges(known, nowMs) : this.#walkColumns(known, nowMs);
  }

  #walkColumns(known: KnownGateway, nowMs: number): null {
    const { rowsMax, root, columnsAtOnceMax } = this.#options;
    const rows = new SnmpRows(rowsMax, this.#isPrivate);
    return this.#walk(known, new SnmpWalk(rows.columns(root), columnsAtOnceMax), rows, nowMs);
  }

  #readChanges(known: KnownGateway, nowMs: number): null {
    const { rowsMax, root, since = null } = this.#options;
    const { bootId, counter, goneForgotten } = known.values;
    const isKnown = since !== null && since.bootId === bootId && since.counter <= (counter ?? 0);
    const from = isKnown && since.counter >= (goneForgotten ?? 0) ? since.counter : null;
    const changes = new SnmpChanges({ ...this.#options, gateway: known.gateway }, from, known.values);
    const rows = new SnmpRows(rowsMax, this.#isPrivate);
    const walk = new SnmpWalk([rows.heardColumn(root)], 1);
    this.#state = { name: "reading changes", known, since: from, changes, areRead: false, walk, rows };
    this.#askRows(walk, known, 0, nowMs);
    this.#askChanges(changes.start(), nowMs);
    return null;
  }

  #takeChanges(
    state: Extract<State, { name: "reading changes" }>,
    purpose: Exclude<Purpose, { kind: "scalars" }>,
    bindings: readonly VariableBinding[],
    nowMs: number,
  ): AuditOutcome | null {
    const { known, changes, walk } = state;
    if (purpose.kind === "rows") {
      const fault = walk.take(purpose.group, bindings.slice(nonRepeaters));
      if (fault !== null) return this.#failed(fault);
      if (!walk.isDone) this.#askRows(walk, known, purpose.group, nowMs);
      return this.#changesEnded(state);
    }
    const turn = changes.take(purpose.stretch, bindings);
    switch (turn.kind) {
      case "asks":
        this.#askChanges(turn.asks, nowMs);
        return null;
      case "fault":
        return this.#failed(turn.reason);
      case "too long":
        this.#requests.forgetAll();
        return this.#walkColumns(known, nowMs);
      case "lost":
        if (this.#walks >= this.#options.walksMax) return this.#failed("is started again and again");
        this.#begin(nowMs);
        return null;
      case "done": {
        const read = { ...state, areRead: true };
        this.#state = read;
        return this.#changesEnded(read);
      }
    }
  }

  /** Null: something is under way still. */
  #changesEnded(state: Extract<State, { name: "reading changes" }>): AuditOutcome | null {
    const { known, since, changes, areRead, walk, rows } = state;
    if (!areRead || !walk.isDone) return null;
    return this.#told(changesAnswer(known, since, changes, rows, this.#isPrivate));
  }

  get #isPrivate(): boolean {
    return this.#options.envelope.isPrivate;
  }

  #askChanges(asks: readonly ChangesAsk[], nowMs: number): void {
    for (const { stretch, names, ...numbers } of asks) {
      const bindings = names.map(unspecified);
      this.#requests.ask({ kind: "changes", stretch }, nowMs, (requestId) => {
        return { kind: "get-bulk", requestId, ...numbers, bindings };
      });
    }
  }

  /** All that is known of an agent that is not ours. */
  #walkSessions(agent: PlainAgent, nowMs: number): null {
    this.#agent = agent;
    const known = {
      gateway: agent.name ?? this.#options.gateway,
      values: { ...emptyScalars(), upMs: agent.upMs },
    };
    const rows = new RtpSessionRows(this.#options.rowsMax);
    return this.#walk(known, new SnmpWalk(rows.columns(), this.#options.columnsAtOnceMax), rows, nowMs);
  }

  #walk(known: KnownGateway, walk: SnmpWalk, rows: SnmpRows | RtpSessionRows, nowMs: number): null {
    this.#state = { name: "walking", known, walk, rows };
    for (let group = 0; group < walk.groupCount; group += 1) this.#askRows(walk, known, group, nowMs);
    return null;
  }

  #isUnchanged({ bootId, counter }: GatewayScalars): boolean {
    const { since = null } = this.#options;
    return since !== null && bootId === since.bootId && counter === since.counter;
  }

  /** Null where the agent has none, and the binding is of some later variable. */
  #counterIn(binding: VariableBinding | undefined): ParseResult<number | null> {
    const values = emptyScalars();
    const isIt = binding !== undefined && startsWith(binding.name, this.#counterOid());
    const fault = isIt ? changeCounter.read(binding.value, values) : null;
    return fault === null ? parsed(values.counter) : refused(fault);
  }

  #counterOid(): Oid {
    return [...scalarsOid(this.#options.root), changeCounter.number];
  }

  /** One repetition more than there are rows shows the end of a column; more would be read for nothing. */
  #askRows(walk: SnmpWalk, known: KnownGateway, group: number, nowMs: number): void {
    const names = walk.names(group);
    if (names.length === 0) return;
    const bindings = [this.#counterOid(), ...names].map(unspecified);
    const connections = this.#state.name === "walking" ? known.values.connectionCount : heardAgentsUsual;
    const rowsToldOf = Math.max(connections ?? this.#options.repetitionsMax, heardAgentsUsual);
    const maxRepetitions = Math.min(this.#options.repetitionsMax, rowsToldOf + 1);
    this.#requests.ask({ kind: "rows", group }, nowMs, (requestId) => {
      return { kind: "get-bulk", requestId, nonRepeaters, maxRepetitions, bindings };
    });
  }

  /** No session may mean that the agent has no RTP-MIB: it says nothing of connections then. */
  #sessionsEnded(known: KnownGateway, rows: RtpSessionRows): AuditOutcome {
    const { gateway, root } = this.#options;
    if (rows.size === 0) return this.#failed(withoutTables(this.#agent, gateway, root));
    return this.#close({ ok: true, ...sessionsAnswer(known, rows), isPartial: true, cost: this.#requests.cost });
  }

  #told(answer: SnmpAnswer): AuditOutcome {
    return this.#close({ ok: true, ...answer, cost: this.#requests.cost });
  }

  #failed(reason: string): AuditOutcome {
    return this.#close({
      ok: false,
      reason: `${this.#options.gateway} (${formatAddress(this.#options.to)}): ${reason}`,
    });
  }

  #close(outcome: AuditOutcome): AuditOutcome {
    this.#requests.forgetAll();
    this.#state = { name: "ended" };
    return outcome;
  }

  #silence(): string {
    return `no answer by SNMP to ${this.#options.triesMax} tries (not there, another community or version, or we are not a listed asker)`;
  }

  #turn(outcome: AuditOutcome | null): QueryTurn {
    return { sends: this.#requests.takeSends(), outcome };
  }
}

/** A primary and a backup call server. */
const heardAgentsUsual = 2;

/** The change counter, once in each GETBULK. */
const nonRepeaters = 1;

function unspecified(name: Oid): VariableBinding {
  return { name, value: { type: "null" } };
}
