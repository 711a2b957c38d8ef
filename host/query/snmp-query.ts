/**
 * Asks a gateway over SNMPv2c: one GET for the scalars of HOLDOVER-MIB, then GETBULK over the columns of its tables,
 * several requests in flight. Each answer carries the change counter: if that moves, the audit begins anew, up to
 * `walksMax` times, so that what it gives was true at one moment. Other agents' tables (RTP-MIB) are not read here.
 */
import type { GatewayAudit } from "#protocol/active-connection.js";
import { type Address, formatAddress, sameAddress } from "#protocol/address.js";
import type { Random } from "#protocol/chance.js";
import type { OutgoingDatagram } from "#protocol/datagram.js";
import { Deadlines } from "#protocol/deadlines.js";
import {
  changeCounter,
  emptyScalars,
  type GatewayScalars,
  heardAge,
  holdoverRoot,
  scalars,
  scalarsOid,
} from "#protocol/mib/holdover-mib.js";
import { sysNameOid } from "#protocol/mib/system-group.js";
import { text } from "#protocol/mib/textual-convention.js";
import { type ParseResult, parsed, refused } from "#protocol/parse-result.js";
import { parseMessage, writeMessage } from "#protocol/snmp/community-message.js";
import { formatOid, type Oid, startsWith } from "#protocol/snmp/oid.js";
import { errorStatusName, type Pdu, type PlainPdu, type VariableBinding } from "#protocol/snmp/pdu.js";
import type { SnmpValue } from "#protocol/snmp/value.js";
import type { AuditOutcome, AuditQuery, QueryTurn } from "./audit-query.js";
import { SnmpRows } from "./snmp-rows.js";
import { SnmpWalk } from "./snmp-walk.js";

export interface SnmpQueryOptions {
  /** What to call the gateway when it does not answer. */
  readonly gateway: string;
  readonly to: Address;
  readonly community: string;
  /** Where HOLDOVER-MIB stands there. */
  readonly root: Oid;
  /** A request is sent again after this, then after twice as long, and so on. */
  readonly firstTryMs: number;
  readonly triesMax: number;
  /** The last of these walks is taken as it is, and the answer says so. */
  readonly walksMax: number;
  readonly columnsAtOnceMax: number;
  readonly repetitions: number;
  readonly rowsMax: number;
}

/** All but who is asked, and by which community. */
export const snmpQueryDefaults = {
  root: holdoverRoot,
  firstTryMs: 250,
  triesMax: 4,
  walksMax: 4,
  columnsAtOnceMax: 12,
  repetitions: 40,
  rowsMax: 100_000,
} as const satisfies Partial<SnmpQueryOptions>;

interface Pending {
  readonly bytes: Uint8Array;
  readonly purpose: { readonly kind: "scalars" } | { readonly kind: "rows"; readonly group: number };
  readonly tries: number;
}

/** The scalars of a gateway that has HOLDOVER-MIB, and so a name. */
interface Known {
  readonly gateway: string;
  readonly values: GatewayScalars;
}

type State =
  | { readonly name: "asking for scalars" }
  | { readonly name: "walking"; readonly known: Known; readonly walk: SnmpWalk; readonly rows: SnmpRows }
  | { readonly name: "ended" };

const neverTold = ["tags (not over SNMP v2c)", "line events", "ended connections"];
const requestIdMax = 0x7fff_ffff;

export class SnmpQuery implements AuditQuery {
  readonly #options: SnmpQueryOptions;
  readonly #community: Uint8Array;
  readonly #random: Random;
  readonly #deadlines = new Deadlines<number>();
  readonly #pending = new Map<number, Pending>();
  #state: State = { name: "asking for scalars" };
  #requestId = 0;
  #walks = 0;
  #hasMoved = false;
  #sends: OutgoingDatagram[] = [];
  readonly #cost = { sent: 0, received: 0, octets: 0 };

  constructor(options: SnmpQueryOptions, random: Random) {
    this.#options = options;
    this.#community = new TextEncoder().encode(options.community);
    this.#random = random;
  }

  start(nowMs: number): QueryTurn {
    this.#requestId = Math.floor(this.#random() * requestIdMax);
    this.#begin(nowMs);
    return this.#turn(null);
  }

  receive(bytes: Uint8Array, from: Address, nowMs: number): QueryTurn {
    if (this.#state.name === "ended" || !sameAddress(from, this.#options.to)) return this.#turn(null);
    const parsed = parseMessage(bytes);
    if (!parsed.ok || parsed.value.kind !== "v2c" || parsed.value.message.pdu.kind !== "response")
      return this.#turn(null);
    const { pdu } = parsed.value.message;
    const pending = this.#pending.get(pdu.requestId);
    if (pending === undefined) return this.#turn(null);
    this.#forget(pdu.requestId);
    this.#cost.received += 1;
    this.#cost.octets += bytes.length;
    return this.#turn(this.#take(pdu, pending, nowMs));
  }

  tick(nowMs: number): QueryTurn {
    for (const requestId of this.#deadlines.takeDue(nowMs)) {
      const pending = this.#pending.get(requestId);
      if (pending === undefined) continue;
      if (pending.tries >= this.#options.triesMax) return this.#turn(this.#failed(this.#silence()));
      this.#send(requestId, { ...pending, tries: pending.tries + 1 }, nowMs);
    }
    return this.#turn(null);
  }

  next(): number | null {
    return this.#deadlines.next();
  }

  #begin(nowMs: number): void {
    this.#forgetAll();
    this.#walks += 1;
    this.#hasMoved = false;
    this.#state = { name: "asking for scalars" };
    const base = scalarsOid(this.#options.root);
    const names = [...scalars.map(({ number }): Oid => [...base, number, 0]), sysNameOid];
    const pdu = { kind: "get", errorStatus: 0, errorIndex: 0, bindings: names.map(unspecified) } as const;
    this.#request({ ...pdu, requestId: this.#nextRequestId() }, { kind: "scalars" }, nowMs);
  }

  #take(pdu: PlainPdu, pending: Pending, nowMs: number): AuditOutcome | null {
    const state = this.#state;
    if (pdu.errorStatus !== 0) return this.#failed(`answers ${errorStatusName(pdu.errorStatus)}`);
    if (state.name === "asking for scalars") return this.#takeScalars(pdu, nowMs);
    if (state.name === "ended" || pending.purpose.kind === "scalars") return null;
    const counter = this.#counterIn(pdu.bindings[0]);
    if (!counter.ok) return this.#failed(counter.reason);
    if (counter.value !== state.known.values.counter) {
      this.#hasMoved = true;
      if (this.#walks < this.#options.walksMax) {
        this.#begin(nowMs);
        return null;
      }
    }
    const fault = state.walk.take(pending.purpose.group, pdu.bindings.slice(nonRepeaters));
    if (fault !== null) return this.#failed(fault);
    if (state.walk.isDone) return this.#ended(state.known, state.walk, state.rows);
    this.#askRows(state.walk, pending.purpose.group, nowMs);
    return null;
  }

  #takeScalars(pdu: PlainPdu, nowMs: number): AuditOutcome | null {
    const values = emptyScalars();
    for (const [place, { read }] of scalars.entries()) {
      const fault = read(pdu.bindings[place]?.value ?? { type: "noSuchInstance" }, values);
      if (fault !== null) return this.#failed(fault);
    }
    const gateway = values.gateway;
    if (gateway === null) return this.#failed(this.#withoutMib(pdu.bindings[scalars.length]?.value));
    const rows = new SnmpRows(this.#options.rowsMax);
    const walk = new SnmpWalk(rows.columns(this.#options.root), this.#options.columnsAtOnceMax);
    this.#state = { name: "walking", known: { gateway, values }, walk, rows };
    for (let group = 0; group < walk.groupCount; group += 1) this.#askRows(walk, group, nowMs);
    return null;
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

  #askRows(walk: SnmpWalk, group: number, nowMs: number): void {
    const names = walk.names(group);
    if (names.length === 0) return;
    const bindings = [this.#counterOid(), ...names].map(unspecified);
    const requestId = this.#nextRequestId();
    const maxRepetitions = this.#options.repetitions;
    this.#request(
      { kind: "get-bulk", requestId, nonRepeaters, maxRepetitions, bindings },
      { kind: "rows", group },
      nowMs,
    );
  }

  #request(pdu: Pdu, purpose: Pending["purpose"], nowMs: number): void {
    const bytes = writeMessage({ community: this.#community, pdu });
    this.#send(pdu.requestId, { bytes, purpose, tries: 1 }, nowMs);
  }

  #send(requestId: number, pending: Pending, nowMs: number): void {
    this.#pending.set(requestId, pending);
    this.#deadlines.set(requestId, nowMs + this.#options.firstTryMs * 2 ** (pending.tries - 1));
    this.#sends.push({ bytes: pending.bytes, to: this.#options.to });
    this.#cost.sent += 1;
    this.#cost.octets += pending.bytes.length;
  }

  #nextRequestId(): number {
    this.#requestId = this.#requestId >= requestIdMax ? 1 : this.#requestId + 1;
    return this.#requestId;
  }

  #forget(requestId: number): void {
    this.#pending.delete(requestId);
    this.#deadlines.clear(requestId);
  }

  #forgetAll(): void {
    for (const requestId of [...this.#pending.keys()]) this.#forget(requestId);
  }

  #ended({ gateway, values }: Known, walk: SnmpWalk, rows: SnmpRows): AuditOutcome {
    const missing = walk.emptyColumns.filter((name) => name !== heardAge.name);
    const connections = rows.connections(gateway, rows.connectionCells - missing.length);
    const notTold = [...neverTold];
    if (connections.length > 0) notTold.push(...missing.map((name) => `the column ${name}`));
    if (values.counter === null) notTold.push("whether the table changed while it was read");
    if (this.#hasMoved) notTold.push(`a table of one moment: it changed during each of ${this.#walks} walks`);
    const { bootId, counter, upMs, epochNumber, epochServer } = values;
    const epoch = epochNumber === null || epochServer === null ? null : { number: epochNumber, server: epochServer };
    const facts = { gateway, via: "snmp", bootId, counter, upMs, epoch } as const;
    const audit: GatewayAudit = { ...facts, heard: rows.heard, connections, lineEvents: [], ended: [] };
    return this.#close({ ok: true, audit, notTold, cost: { ...this.#cost } });
  }

  #failed(reason: string): AuditOutcome {
    return this.#close({
      ok: false,
      reason: `${this.#options.gateway} (${formatAddress(this.#options.to)}): ${reason}`,
    });
  }

  #close(outcome: AuditOutcome): AuditOutcome {
    this.#forgetAll();
    this.#sends = [];
    this.#state = { name: "ended" };
    return outcome;
  }

  #silence(): string {
    return `no answer by SNMP to ${this.#options.triesMax} tries (not there, another community, or we are not a listed asker)`;
  }

  #withoutMib(sysName: SnmpValue | undefined): string {
    const name = text.read(sysName ?? { type: "null" });
    const called = name.ok && name.value !== "" ? ` calls itself "${name.value}" and` : "";
    return `the agent there${called} has no HOLDOVER-MIB under ${formatOid(this.#options.root)}: it cannot tell its connections`;
  }

  #turn(outcome: AuditOutcome | null): QueryTurn {
    const sends = this.#sends;
    this.#sends = [];
    return { sends, outcome };
  }
}

/** The change counter, once in each GETBULK. */
const nonRepeaters = 1;

function unspecified(name: Oid): VariableBinding {
  return { name, value: { type: "null" } };
}
