/**
 * The gateway's answers by SNMP (RFC 3416 section 4.2): a request PDU in, a response PDU out. It reads and never writes.
 * Not the message around the PDU, nor who may ask: that is snmp-agent.ts for v2c, and v3's affair later.
 */
import type { Oid } from "#protocol/snmp/oid.js";
import {
  type BulkPdu,
  bindingOctets,
  errorStatus,
  type Pdu,
  type PlainPdu,
  pduOctets,
  type VariableBinding,
} from "#protocol/snmp/pdu.js";
import type { SnmpMoment, SnmpSource } from "./snmp-source.js";
import { gatewayColumns } from "./snmp-tables.js";
import { SnmpView } from "./snmp-view.js";

export interface SnmpFaceOptions {
  /** Where HOLDOVER-MIB stands, as in its file; at most rootSubIdentifiersMax long. */
  readonly root: Oid;
  /** A moment is answered from for this long while nothing changes but statistics: their age, and the price of a walk. */
  readonly viewKeptMs: number;
  /** More repetitions of a GETBULK are not given: the asker goes on where the answer ended. */
  readonly repetitionsMax: number;
}

/** Who asks under authPriv sees more than others of the same moment. */
interface KeptMoment {
  readonly moment: SnmpMoment;
  readonly counter: number;
  readonly atMs: number;
  readonly views: { open: SnmpView | null; private: SnmpView | null };
}

export class SnmpFace {
  readonly #options: SnmpFaceOptions;
  readonly #source: SnmpSource;
  #kept: KeptMoment | null = null;

  constructor(options: SnmpFaceOptions, source: SnmpSource) {
    this.#options = options;
    this.#source = source;
  }

  /** isPrivate: asked under authPriv. Null: not a request, or no answer fits into pduOctetsMax. */
  answer(request: Pdu, pduOctetsMax: number, nowMs: number, isPrivate = false): PlainPdu | null {
    switch (request.kind) {
      case "get": {
        const view = this.#view(nowMs, isPrivate);
        return fitted(request, pduOctetsMax, ({ name }) => ({ name, value: view.get(name) }));
      }
      case "get-next": {
        const view = this.#view(nowMs, isPrivate);
        return fitted(request, pduOctetsMax, ({ name }) => following(view, name));
      }
      case "get-bulk":
        return this.#bulk(request, pduOctetsMax, this.#view(nowMs, isPrivate));
      case "set":
        return refusedSet(request, pduOctetsMax);
      default:
        return null;
    }
  }

  /** Section 4.2.3: non-repeaters once, the others row by row, as much of it as fits. */
  #bulk(request: BulkPdu, pduOctetsMax: number, view: SnmpView): PlainPdu | null {
    const empty = response(request.requestId, []);
    const room = new Room(pduOctetsMax - pduOctets(empty) - listLengthOctetsMax);
    if (room.left < 0) return null;
    const repeaterAt = Math.min(Math.max(0, request.nonRepeaters), request.bindings.length);
    const repetitions = Math.min(Math.max(0, request.maxRepetitions), this.#options.repetitionsMax);
    for (const { name } of request.bindings.slice(0, repeaterAt)) {
      if (!room.take(following(view, name))) return response(request.requestId, room.bindings);
    }
    let names = request.bindings.slice(repeaterAt).map(({ name }) => name);
    for (let repetition = 0; repetition < repetitions && names.length > 0; repetition += 1) {
      const row = names.map((name) => following(view, name));
      if (!row.every((binding) => room.take(binding))) break;
      if (row.every(({ value }) => value.type === "endOfMibView")) break;
      names = row.map(({ name }) => name);
    }
    return response(request.requestId, room.bindings);
  }

  #view(nowMs: number, isPrivate: boolean): SnmpView {
    const { moment, views } = this.#moment(nowMs);
    const kind = isPrivate ? "private" : "open";
    views[kind] ??= new SnmpView(gatewayColumns(this.#options.root, moment, isPrivate));
    return views[kind];
  }

  #moment(nowMs: number): KeptMoment {
    const counter = this.#source.counter();
    const kept = this.#kept;
    if (kept !== null && kept.counter === counter && nowMs - kept.atMs < this.#options.viewKeptMs) return kept;
    const moment = this.#source.moment(nowMs);
    this.#kept = { moment, counter, atMs: nowMs, views: { open: null, private: null } };
    return this.#kept;
  }
}

/** A list longer than 127 octets has two to four more octets of length, and so has the PDU around it. */
const listLengthOctetsMax = 8;

/** Bindings of an answer, up to a number of octets. */
class Room {
  readonly bindings: VariableBinding[] = [];
  #left: number;

  constructor(octets: number) {
    this.#left = octets;
  }

  get left(): number {
    return this.#left;
  }

  take(binding: VariableBinding): boolean {
    this.#left -= bindingOctets(binding);
    if (this.#left < 0) return false;
    this.bindings.push(binding);
    return true;
  }
}

function following(view: SnmpView, name: Oid): VariableBinding {
  return view.next(name) ?? { name, value: { type: "endOfMibView" } };
}

/** Sections 4.2.1 and 4.2.2: one binding for one, or tooBig with none. Stops reading where it no longer fits. */
function fitted(
  request: PlainPdu,
  pduOctetsMax: number,
  answer: (asked: VariableBinding) => VariableBinding,
): PlainPdu | null {
  const room = new Room(pduOctetsMax - pduOctets(response(request.requestId, [])) - listLengthOctetsMax);
  const fits = request.bindings.every((asked) => room.take(answer(asked)));
  if (fits && room.left >= 0) return response(request.requestId, room.bindings);
  return orNothing(response(request.requestId, [], "tooBig"), pduOctetsMax);
}

/** Section 4.2.5: no variable may be written by anyone, so the first one asked for is not accessible. */
function refusedSet(request: PlainPdu, pduOctetsMax: number): PlainPdu | null {
  const isEmpty = request.bindings.length === 0;
  const refusal: PlainPdu = isEmpty
    ? response(request.requestId, [])
    : { ...response(request.requestId, request.bindings, "noAccess"), errorIndex: 1 };
  if (pduOctets(refusal) <= pduOctetsMax) return refusal;
  return orNothing(response(request.requestId, [], "tooBig"), pduOctetsMax);
}

function orNothing(answer: PlainPdu, pduOctetsMax: number): PlainPdu | null {
  return pduOctets(answer) <= pduOctetsMax ? answer : null;
}

function response(
  requestId: number,
  bindings: readonly VariableBinding[],
  status: "noError" | "tooBig" | "noAccess" = "noError",
): PlainPdu {
  return { kind: "response", requestId, errorStatus: errorStatus(status), errorIndex: 0, bindings };
}
