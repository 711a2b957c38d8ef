/**
 * hoChangedTable and hoGoneTable read from a value of the change counter on: which names to ask for next, and what the
 * answers add up to. It knows neither messages nor time; snmp-query.ts asks for it.
 *
 *     since |--- part ---|--- part ---|--- part ---| counter at the start |--- tail ---> end
 *
 * What stood there at the start is read in parts, several at once, and for each that has ended the longest is halved. A
 * connection that changes meanwhile moves behind that counter, so that the tail, read after all parts, finds it: at the
 * tail's end the rows are those of one moment, and nothing had to begin anew.
 */
import type { ActiveConnection } from "#protocol/active-connection.js";
import {
  changedEntryOid,
  changedRecord,
  counterIndex,
  counterOf,
  goneConnId,
  goneEntryOid,
  readRecord,
} from "#protocol/mib/change-log.js";
import { emptyScalars, type GatewayScalars, momentScalars, scalarsOid } from "#protocol/mib/holdover-mib.js";
import { text } from "#protocol/mib/textual-convention.js";
import { compareOids, formatOid, type Oid, startsWith } from "#protocol/snmp/oid.js";
import type { VariableBinding } from "#protocol/snmp/pdu.js";

export interface SnmpChangesOptions {
  readonly gateway: string;
  readonly root: Oid;
  readonly rowsMax: number;
  /** Requests under way at once. */
  readonly partsMax: number;
  readonly repetitionsMax: number;
}

/** A GETBULK that is to be made; its answer is given back with `stretch`. */
export interface ChangesAsk {
  readonly stretch: number;
  readonly nonRepeaters: number;
  readonly maxRepetitions: number;
  readonly names: readonly Oid[];
}

export type ChangesTurn =
  /** None: others are under way still. */
  | { readonly kind: "asks"; readonly asks: readonly ChangesAsk[] }
  | { readonly kind: "done" }
  /** The gateway was started again, or remembers less than was asked for: all of it is to be asked anew. */
  | { readonly kind: "lost" }
  /** A record does not fit into what the agent sends. */
  | { readonly kind: "too long" }
  | { readonly kind: "fault"; readonly reason: string };

/** Rows of one table behind `at` and up to `upTo`; a tail has no end of its own. */
interface Stretch {
  readonly table: "changed" | "gone";
  at: number;
  upTo: number;
  isOpen: boolean;
}

/** Stretches of the counter that are not worth a request of their own. */
const stretchLeast = 64;
/** One that changed meanwhile, and the end. */
const tailRepetitions = 2;
const noEnd = Number.POSITIVE_INFINITY;

export class SnmpChanges {
  readonly #options: SnmpChangesOptions;
  readonly #columns: Readonly<Record<Stretch["table"], Oid>>;
  readonly #headings: readonly Oid[];
  readonly #goneSince: number;
  readonly #stretches: Stretch[] = [];
  readonly #changedTail: Stretch;
  readonly #goneTail: Stretch;
  readonly #rows = new Map<string, { readonly counter: number; readonly connection: ActiveConnection }>();
  readonly #gone: { readonly counter: number; readonly id: string }[] = [];
  /** As the gateway stood at the changed tail's last answer; before it, when the audit began. */
  #values: GatewayScalars;
  /** All that ended up to this value of the counter was heard of. */
  #goneUpTo = 0;
  #isTailAsked: boolean;

  /** `since`: what is known; null: nothing. `known`: what the gateway said of itself when the audit began. */
  constructor(options: SnmpChangesOptions, since: number | null, known: GatewayScalars) {
    const { root } = options;
    this.#options = options;
    this.#headings = momentScalars.map(({ number }): Oid => [...scalarsOid(root), number]);
    this.#columns = {
      changed: [...changedEntryOid(root), changedRecord.number],
      gone: [...goneEntryOid(root), goneConnId.number],
    };
    this.#values = known;
    const counter = known.counter ?? 0;
    const from = since ?? 0;
    const isShort = counter - from < stretchLeast;
    // Who knows nothing needs not hear of what ended before.
    this.#goneSince = since ?? counter;
    this.#goneTail = { table: "gone", at: this.#goneSince, upTo: noEnd, isOpen: true };
    this.#changedTail = { table: "changed", at: isShort ? from : counter, upTo: noEnd, isOpen: isShort };
    this.#isTailAsked = isShort;
    this.#stretches.push(this.#goneTail, this.#changedTail);
    if (!isShort) this.#stretches.push({ table: "changed", at: from, upTo: counter, isOpen: true });
  }

  /** What the gateway says of itself at the moment at which what was read is true. */
  get values(): GatewayScalars {
    return this.#values;
  }

  /** In the order of their ids. What ended after that moment is there still. */
  connections(): ActiveConnection[] {
    const gone = this.#goneThen();
    const there = [...this.#rows].filter(([id, { counter }]) => counter > (gone.get(id) ?? 0));
    return there.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, { connection }]) => connection);
  }

  gone(): string[] {
    return [...this.#goneThen().keys()];
  }

  #goneThen(): ReadonlyMap<string, number> {
    const counter = this.#values.counter ?? 0;
    return new Map(this.#gone.filter((gone) => gone.counter <= counter).map((gone) => [gone.id, gone.counter]));
  }

  start(): readonly ChangesAsk[] {
    const asks = this.#stretches.flatMap((stretch, place) => (stretch.isOpen ? [this.#ask(place, stretch)] : []));
    return [...asks, ...this.#halve()];
  }

  take(place: number, bindings: readonly VariableBinding[]): ChangesTurn {
    const stretch = this.#stretches[place];
    if (stretch === undefined) return { kind: "fault", reason: "an answer to nothing" };
    const values = emptyScalars();
    const isTail = stretch.upTo === noEnd;
    if (isTail) {
      const fault = this.#readHeadings(bindings, values);
      if (fault !== null) return { kind: "fault", reason: fault };
      if (!this.#isStillTold(values)) return { kind: "lost" };
    }
    const rows = bindings.slice(isTail ? momentScalars.length : 0);
    if (rows.length === 0) return { kind: "too long" };
    const fault = this.#step(stretch, rows);
    if (fault !== null) return { kind: "fault", reason: fault };
    if (stretch.isOpen) return { kind: "asks", asks: [this.#ask(place, stretch)] };
    if (stretch === this.#goneTail) this.#goneUpTo = values.counter ?? 0;
    if (stretch === this.#changedTail) this.#values = { ...this.#values, ...toldIn(values) };
    return this.#next();
  }

  /** A scalar that has no value is followed by another's. */
  #readHeadings(bindings: readonly VariableBinding[], values: GatewayScalars): string | null {
    for (const [place, { read }] of momentScalars.entries()) {
      const binding = bindings[place];
      const asked = [...(this.#headings[place] ?? []), 0];
      if (binding === undefined) return "an answer without what was asked";
      const fault = compareOids(binding.name, asked) === 0 ? read(binding.value, values) : null;
      if (fault !== null) return fault;
    }
    return null;
  }

  #isStillTold({ bootId: boot, counter, goneForgotten: forgotten }: GatewayScalars): boolean {
    const before = this.#values;
    if (boot !== before.bootId || counter === null || forgotten === null) return false;
    return counter >= (before.counter ?? 0) && forgotten <= this.#goneSince;
  }

  /** Takes an answer's rows, and closes the stretch where they have come to its end. */
  #step(stretch: Stretch, bindings: readonly VariableBinding[]): string | null {
    const column = this.#columns[stretch.table];
    for (const { name, value } of bindings) {
      const isRow = startsWith(name, column) && value.type === "octets";
      const counter = isRow ? counterOf(name.slice(column.length)) : noEnd;
      if (counter === null || counter <= stretch.at) return `${formatOid(name)} does not come after ${stretch.at}`;
      stretch.isOpen = counter < stretch.upTo;
      if (counter > stretch.upTo || counter === noEnd) return null;
      const fault = stretch.table === "gone" ? this.#keepGone(counter, value) : this.#keepRow(counter, value);
      if (fault !== null) return fault;
      stretch.at = counter;
      if (!stretch.isOpen) return null;
    }
    return null;
  }

  #keepRow(counter: number, value: VariableBinding["value"]): string | null {
    const record = readRecord(this.#options.gateway, value);
    if (!record.ok) return `${changedRecord.name}.${counter}: ${record.reason}`;
    const connection = record.value;
    const before = this.#rows.get(connection.connectionId);
    if (before === undefined && this.#rows.size >= this.#options.rowsMax)
      return `more than ${this.#options.rowsMax} connections`;
    if ((before?.counter ?? 0) < counter) this.#rows.set(connection.connectionId, { counter, connection });
    return null;
  }

  #keepGone(counter: number, value: VariableBinding["value"]): string | null {
    const id = text.read(value);
    if (!id.ok) return `${goneConnId.name}.${counter}: ${id.reason}`;
    if (this.#gone.length >= this.#options.rowsMax) return `more than ${this.#options.rowsMax} connections that ended`;
    this.#gone.push({ counter, id: id.value });
    return null;
  }

  /** After a stretch has ended: others in its place, then the tail, then what ended up to the tail's end. */
  #next(): ChangesTurn {
    const tail = this.#changedTail;
    const asks = this.#halve();
    const isReading = this.#stretches.some(({ table, isOpen }) => table === "changed" && isOpen);
    if (isReading) return { kind: "asks", asks };
    if (!this.#isTailAsked) {
      this.#isTailAsked = true;
      tail.isOpen = true;
      return { kind: "asks", asks: [this.#ask(this.#stretches.indexOf(tail), tail)] };
    }
    if (this.#goneTail.isOpen) return { kind: "asks", asks: [] };
    if (this.#goneUpTo >= (this.#values.counter ?? 0)) return { kind: "done" };
    this.#goneTail.isOpen = true;
    return { kind: "asks", asks: [this.#ask(this.#stretches.indexOf(this.#goneTail), this.#goneTail)] };
  }

  /** Requests for halves of what is longest, up to as many as may be under way. */
  #halve(): ChangesAsk[] {
    const asks: ChangesAsk[] = [];
    const { partsMax } = this.#options;
    for (let open = this.#stretches.filter(({ isOpen }) => isOpen).length; open < partsMax; open += 1) {
      const longest = this.#stretches.reduce((a, b) => (leftOf(b) > leftOf(a) ? b : a));
      if (leftOf(longest) < 2 * stretchLeast) break;
      const middle = longest.at + Math.floor(leftOf(longest) / 2);
      const half: Stretch = { table: "changed", at: middle, upTo: longest.upTo, isOpen: true };
      longest.upTo = middle;
      asks.push(this.#ask(this.#stretches.push(half) - 1, half));
    }
    return asks;
  }

  #ask(stretch: number, { table, at, upTo }: Stretch): ChangesAsk {
    const headings = upTo === noEnd ? this.#headings : [];
    // What stands behind the counter that was told is not many, and what is behind the table is read for nothing.
    const rowsMost = upTo === noEnd ? Math.max(0, (this.#values.counter ?? 0) - at) + tailRepetitions : upTo - at;
    const maxRepetitions = Math.min(this.#options.repetitionsMax, rowsMost);
    const names = [...headings, [...this.#columns[table], ...counterIndex(at)]];
    return { stretch, nonRepeaters: headings.length, maxRepetitions, names };
  }
}

/** momentScalars only: the others were told when the audit began. */
function toldIn({ bootId, counter, epochNumber, epochServer, goneForgotten }: GatewayScalars) {
  return { bootId, counter, epochNumber, epochServer, goneForgotten };
}

/** Of the counter, that can be halved; nothing of a tail. */
function leftOf({ at, upTo, isOpen }: Stretch): number {
  return isOpen && upTo !== noEnd ? upTo - at : 0;
}
