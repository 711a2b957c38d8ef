/**
 * Asks a gateway over SNMP, v2c or v3: one GET for the scalars of HOLDOVER-MIB, then GETBULK over the columns of its tables,
 * several requests in flight. Each answer carries the change counter: if that moves, the audit begins anew, up to
 * `walksMax` times, so that what it gives was true at one moment. An agent without HOLDOVER-MIB is asked for RTP-MIB's
 * sessions, and the answer says what these do not tell.
 */
import type { GatewayAudit } from "#protocol/active-connection.js";
import { type Address, formatAddress } from "#protocol/address.js";
import type { Random } from "#protocol/chance.js";
import {
  changeCounter,
  emptyScalars,
  type GatewayScalars,
  heardAge,
  holdoverRoot,
  scalars,
  scalarsOid,
} from "#protocol/mib/holdover-mib.js";
import { sysNameOid, sysUpTimeOid } from "#protocol/mib/system-group.js";
import { text } from "#protocol/mib/textual-convention.js";
import { type ParseResult, parsed, refused } from "#protocol/parse-result.js";
import { formatOid, type Oid, startsWith } from "#protocol/snmp/oid.js";
import { errorStatusName, type PlainPdu, type VariableBinding } from "#protocol/snmp/pdu.js";
import type { AuditOutcome, AuditQuery, QueryTurn } from "./audit-query.js";
import { notInRtpMib, RtpSessionRows } from "./rtp-session-rows.js";
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
  /** What is known already: a gateway whose change counter stands there still is not walked. */
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
} as const satisfies Partial<SnmpQueryOptions>;

type Purpose = { readonly kind: "scalars" } | { readonly kind: "rows"; readonly group: number };

/** The scalars of a gateway that has HOLDOVER-MIB, and so a name. */
interface Known {
  readonly gateway: string;
  readonly values: GatewayScalars;
}

type State =
  | { readonly name: "asking for scalars" }
  | {
      readonly name: "walking";
      readonly known: Known;
      readonly walk: SnmpWalk;
      readonly rows: SnmpRows | RtpSessionRows;
    }
  | { readonly name: "ended" };

const neverTold = ["tags (not by SNMP)", "line events", "ended connections"];

export class SnmpQuery implements AuditQuery {
  readonly #options: SnmpQueryOptions;
  readonly #requests: SnmpRequests<Purpose>;
  #state: State = { name: "asking for scalars" };
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
    const names = [...scalars.map(({ number }): Oid => [...base, number, 0]), sysNameOid, sysUpTimeOid];
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
      return rows instanceof SnmpRows ? this.#ended(known, walk, rows) : this.#sessionsEnded(known, rows);
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
    if (gateway === null) return this.#walkSessions(pdu.bindings.slice(scalars.length), nowMs);
    const rows = new SnmpRows(this.#options.rowsMax);
    const walk = new SnmpWalk(rows.columns(this.#options.root), this.#options.columnsAtOnceMax);
    const known = { gateway, values };
    return this.#isUnchanged(values) ? this.#ended(known, walk, rows) : this.#walk(known, walk, rows, nowMs);
  }

  /** system: sysName and sysUpTime, all that is known of an agent that is not ours. */
  #walkSessions(system: readonly VariableBinding[], nowMs: number): AuditOutcome | null {
    const [name, upTime] = system.map(({ value }) => value);
    const called = text.read(name ?? { type: "null" });
    const gateway = called.ok && called.value !== "" ? called.value : this.#options.gateway;
    const values = { ...emptyScalars(), upMs: upTime?.type === "ticks" ? upTime.value * 10 : null };
    const rows = new RtpSessionRows(this.#options.rowsMax);
    return this.#walk({ gateway, values }, new SnmpWalk(rows.columns(), this.#options.columnsAtOnceMax), rows, nowMs);
  }

  #walk(known: Known, walk: SnmpWalk, rows: SnmpRows | RtpSessionRows, nowMs: number): null {
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
  #askRows(walk: SnmpWalk, known: Known, group: number, nowMs: number): void {
    const names = walk.names(group);
    if (names.length === 0) return;
    const bindings = [this.#counterOid(), ...names].map(unspecified);
    const rowsToldOf = Math.max(known.values.connectionCount ?? this.#options.repetitionsMax, heardAgentsUsual);
    const maxRepetitions = Math.min(this.#options.repetitionsMax, rowsToldOf + 1);
    this.#requests.ask({ kind: "rows", group }, nowMs, (requestId) => {
      return { kind: "get-bulk", requestId, nonRepeaters, maxRepetitions, bindings };
    });
  }

  #ended({ gateway, values }: Known, walk: SnmpWalk, rows: SnmpRows): AuditOutcome {
    const isUnchanged = this.#isUnchanged(values);
    const missing = isUnchanged ? [] : walk.emptyColumns.filter((name) => name !== heardAge.name);
    const connections = rows.connections(gateway, rows.connectionCells - missing.length);
    const notTold = [...neverTold];
    if (connections.length > 0) notTold.push(...missing.map((name) => `the column ${name}`));
    if (values.counter === null) notTold.push("whether the table changed while it was read");
    if (this.#hasMoved) notTold.push(`a table of one moment: it changed during each of ${this.#walks} walks`);
    const { bootId, counter, upMs, epochNumber, epochServer } = values;
    const epoch = epochNumber === null || epochServer === null ? null : { number: epochNumber, server: epochServer };
    const facts = { gateway, via: "snmp", bootId, counter, upMs, epoch } as const;
    const unchanged = isUnchanged && counter !== null ? { since: counter, gone: [] } : {};
    const audit: GatewayAudit = { ...facts, heard: rows.heard, connections, lineEvents: [], ended: [], ...unchanged };
    return this.#close({ ok: true, audit, notTold, cost: this.#requests.cost });
  }

  /** No session may mean that the agent has no RTP-MIB: it says nothing of connections then. */
  #sessionsEnded({ gateway, values: { upMs } }: Known, rows: RtpSessionRows): AuditOutcome {
    if (rows.size === 0) return this.#failed(this.#withoutMib(gateway));
    const connections = rows.connections(gateway, upMs === null ? null : upMs / 10);
    const nothing = { bootId: null, counter: null, epoch: null, heard: [], lineEvents: [], ended: [] };
    const audit: GatewayAudit = { gateway, via: "snmp", upMs, ...nothing, connections };
    const notTold = [...notInRtpMib, ...neverTold];
    return this.#close({ ok: true, audit, notTold, isPartial: true, cost: this.#requests.cost });
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

  #withoutMib(name: string): string {
    const called = name === this.#options.gateway ? "" : ` calls itself "${name}" and`;
    const root = formatOid(this.#options.root);
    return `the agent there${called} has no HOLDOVER-MIB under ${root} and no session in RTP-MIB: it cannot tell its connections`;
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
