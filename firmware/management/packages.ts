/**
 * Events and signals looked up in the packages of an endpoint, with the return code (RFC 3435 section 2.4) where they
 * cannot be had: 518 no such package, 522 no such event or signal in it, 512 and 513 nothing here can detect or make it,
 * 514 no such announcement, 538 its parameters are wrong.
 */
import { numberParameter, timeOutMs } from "#protocol/mgcp/event-parameters.js";
import type { EventName } from "#protocol/mgcp/message.js";
import { type EventRow, type PackageRow, packageRows, type SignalRow } from "./package-table.js";

export interface EventRefusal {
  readonly code: number;
  readonly reason: string;
}

export interface KnownSignal {
  readonly row: SignalRow;
  /** How long this request of it lasts; null: until it is stopped. */
  readonly durationMs: number | null;
}

/** RFC 3660 section 2.4, ringing: two seconds on, four seconds off. */
const ringCycleMs = 6_000;

export class Packages {
  readonly #rows: readonly PackageRow[];

  constructor(rows: readonly PackageRow[]) {
    this.#rows = rows;
  }

  /** PackageList (section 3.2.2.13): the default package first. */
  get list(): readonly { readonly name: string; readonly version: number }[] {
    return this.#rows.map(({ name, version }) => ({ name, version }));
  }

  /** The name with its package, lower and upper case as everywhere here, so that it can be compared. */
  canonical(event: EventName): EventName {
    const packageName = event.packageName?.toUpperCase() ?? this.#rows[0]?.name ?? "";
    const connectionId = event.connectionId?.toUpperCase() ?? null;
    return { ...event, packageName, event: event.event.toLowerCase(), connectionId };
  }

  /** An event, or a group of them (section 2.1.7), that is to be detected. Null: it can be. */
  checkEvent(wanted: EventName): EventRefusal | null {
    const { packageName, event } = this.canonical(wanted);
    if (packageName === "*") return this.#anywhere(event);
    const found = this.#find(packageName ?? "");
    if ("code" in found) return found;
    if (event === "all" || event === "*") return null;
    if (/^\[[0-9a-dx*#t-]+\]$/.test(event) && found.name === "D") return null;
    const row = found.events.get(event);
    if (row === undefined) return { code: 522, reason: `package ${found.name} has no event ${event}` };
    return checkEventRow(row, wanted);
  }

  /** The row of an event that was checked, null for a group. */
  eventRow(wanted: EventName): EventRow | null {
    const { packageName, event } = this.canonical(wanted);
    return this.#rows.find(({ name }) => name === packageName)?.events.get(event) ?? null;
  }

  signal(wanted: EventName): KnownSignal | EventRefusal {
    const { packageName, event, parameters } = this.canonical(wanted);
    const found = this.#find(packageName ?? "");
    if ("code" in found) return found;
    const row = found.signals.get(event);
    if (row === undefined) return { code: 522, reason: `package ${found.name} has no signal ${event}` };
    const refusal = checkSignalRow(found, row, wanted);
    if (refusal !== null) return refusal;
    if (found.name === "SL") return this.#signalList(row, parameters);
    const repetitions = row.effect === "ring" ? numberParameter(parameters, "rep") : null;
    const asked = timeOutMs(parameters);
    if (repetitions !== null) return { row, durationMs: repetitions * ringCycleMs };
    if (row.kind !== "TO" || asked === null) return { row, durationMs: row.durationMs };
    // Section 3.2.2.4: zero is for ever.
    return { row, durationMs: asked === 0 ? null : asked };
  }

  /** RFC 3660 section 2.8: brief and time-out signals with their packages, no list within the list; else 538. */
  #signalList(row: SignalRow, members: readonly string[]): KnownSignal | EventRefusal {
    let totalMs: number | null = 0;
    for (const member of members) {
      const match = /^([a-z0-9-]+)\/([a-z0-9*#-]+)(?:\((.*)\))?$/i.exec(member);
      const [, packageName = "", event = "", parameterText] = match ?? [];
      const parameters = parameterText === undefined ? [] : parameterText.split(",").map((text) => text.trim());
      const known = this.signal({ packageName, event, connectionId: null, parameters });
      const isList = packageName.toUpperCase() === "SL";
      if (match === null || isList || "code" in known || known.row.kind === "OO")
        return { code: 538, reason: `${member.slice(0, 40)} cannot be part of a signal list` };
      totalMs = totalMs === null || known.durationMs === null ? null : totalMs + known.durationMs;
    }
    return members.length === 0 ? { code: 538, reason: "an empty signal list" } : { row, durationMs: totalMs };
  }

  /** `*\/hd`: the event in whatever package has it. */
  #anywhere(event: string): EventRefusal | null {
    if (event === "all" || event === "*") return null;
    const rows = this.#rows.flatMap(({ events }) => events.get(event) ?? []);
    if (rows.length === 0) return { code: 522, reason: `no package has an event ${event}` };
    return rows.some(({ place }) => place !== null) ? null : { code: 512, reason: `${event} cannot be detected here` };
  }

  #find(name: string): PackageRow | EventRefusal {
    const row = this.#rows.find((candidate) => candidate.name === name);
    return row ?? { code: 518, reason: `package ${name} is not supported` };
  }
}

export const linePackages = new Packages(packageRows);
export const relayPackages = new Packages(packageRows.filter(({ needsLine }) => !needsLine));

function checkEventRow(row: EventRow, { event, parameters, connectionId }: EventName): EventRefusal | null {
  if (row.place === null) return { code: 512, reason: `event ${event} cannot be detected here` };
  if (row.place === "endpoint" && connectionId !== null)
    return { code: 522, reason: `event ${event} is not detected on connections` };
  if (parameters.length > 0 && !row.takesParameters) return { code: 538, reason: `event ${event} has no parameters` };
  return null;
}

/** Sections 2.1.7 and 3.2.2.4: `+` and `-` are for on/off, `to` is for time-out signals of versions above zero. */
function checkSignalRow(
  { name, version }: PackageRow,
  row: SignalRow,
  { event, parameters, connectionId }: EventName,
): EventRefusal | null {
  const wrong = (reason: string) => ({ code: 538, reason: `signal ${event} ${reason}` });
  if (row.refusal !== null) return { code: row.refusal, reason: `signal ${name}/${event} cannot be made here` };
  if (connectionId !== null) return { code: 513, reason: `signal ${event} cannot be put on a connection` };
  const isSwitch = (text: string) => text === "+" || text === "-";
  const isTimeOut = (text: string) => /^to[ \t]*[=(]/i.test(text);
  if (row.kind !== "OO" && parameters.some(isSwitch)) return wrong("is not switched on and off");
  if (parameters.filter(isSwitch).length > 1) return wrong("is switched twice");
  if (parameters.some(isTimeOut) && (row.kind !== "TO" || version === 0)) return wrong("has no time-out parameter");
  if (parameters.some(isTimeOut) && timeOutMs(parameters) === null) return wrong("has a time-out that is no number");
  const own = parameters.filter((text) => !isSwitch(text) && !isTimeOut(text));
  if (own.length > 0 && !row.takesParameters) return wrong("has no such parameter");
  if (name === "D" && event.toLowerCase() === "do" && !own.some((text) => /^dg=[0-9a-d*#]$/i.test(text)))
    return wrong("needs the tone (dg=)");
  return row.effect === "ring" ? checkRepetitions(parameters, wrong) : null;
}

function checkRepetitions(parameters: readonly string[], wrong: (reason: string) => EventRefusal): EventRefusal | null {
  if (!parameters.some((text) => /^rep[ \t]*[=(]/i.test(text))) return null;
  const repetitions = numberParameter(parameters, "rep");
  return repetitions !== null && repetitions >= 1 && repetitions <= 255 ? null : wrong("repeats 1 to 255 times");
}
