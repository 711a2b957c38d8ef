/**
 * Package BA, bulk audit (RFC 3624): what a call agent asks for in an AUEP, and the answer.
 *
 *   AUEP 1151 ds/ds3-1/*@gw1.net MGCP 1.0     200 1151 OK
 *   BA/F: BA/S(H,N),BA/C                      BA/EL: ds/ds3-1/ds1-6/[4-15]
 *   BA/SE: ds/ds3-1/ds1-6/4                   BA/C: 011000010001
 *   BA/NU: 12                                 BA/S: FFFTFFFFFFFO
 *                                             BA/NE: ds/ds3-1/ds1-6/16
 */
import { type ParseResult, parsed, refused } from "../parse-result.js";
import { type PackageResult, readExtensions } from "./extension-parameters.js";
import { splitGroups, splitList } from "./list-syntax.js";
import type { ExtensionParameter, MgcpParameters } from "./message.js";
import { compressNames, expandRangedNames, parseRangedNames, rangedNamesMax } from "./ranged-names.js";

/** Section 2.1.3. */
export const bulkAuditCodes = {
  invalidNext: 800,
  invalidStart: 801,
  invalidRequest: 802,
  invalidStateType: 803,
  typeNotSupported: 804,
  wrongRange: 805,
  startUnknown: 806,
} as const;

/** names: how endpoints are called; instantiated: those that are there; the others: what they are doing. */
export type BulkItem = "names" | "instantiated" | "counts" | "modes" | "states";

/** I in service, D disconnected, N notification state, L lockstep, S a signal is active, H not idle. */
export const stateTypes = ["I", "D", "N", "L", "S", "H"] as const;
export type StateType = (typeof stateTypes)[number];

export interface BulkAuditRequest {
  readonly items: readonly BulkItem[];
  /** Any of them makes an endpoint's state true; empty unless states are asked for. */
  readonly stateTypes: readonly StateType[];
  /** Local name to begin with; null: the first. */
  readonly start: string | null;
  /** Endpoints wanted at most; null: all. */
  readonly endpointsMax: number | null;
}

/** More than 15 are "Z" on the wire. */
export type ConnectionCount = number | "more";

/** Modes the package has a letter for; "other" for all the others. */
export type BulkMode = (typeof modeLetters)[number][1];

/** Null where there are more than the answer lists. */
export type EndpointModes = readonly BulkMode[] | null;

export type EndpointState = "true" | "false" | "out of service";

export interface BulkAuditAnswer {
  /** Ranged names, as they stand. */
  readonly names: readonly string[];
  readonly instantiated: readonly string[];
  /** Plain names of the endpoints that the following lists are about, in their order; null ones were not asked for. */
  readonly endpoints: readonly string[];
  readonly counts: readonly ConnectionCount[] | null;
  readonly modes: readonly EndpointModes[] | null;
  readonly states: readonly EndpointState[] | null;
  /** The local name with which the next request starts; null when this was all. */
  readonly next: string | null;
}

const itemCodes = [
  ["BA/Z", "names"],
  ["BA/X", "instantiated"],
  ["BA/C", "counts"],
  ["BA/M", "modes"],
  ["BA/S", "states"],
] as const;

const modeLetters = [
  ["I", "inactive"],
  ["S", "sendonly"],
  ["R", "recvonly"],
  ["B", "sendrecv"],
  ["C", "confrnce"],
  ["L", "loopback"],
  ["T", "conttest"],
  ["N", "netwloop"],
  ["U", "other"],
] as const;

const stateLetters = [
  ["T", "true"],
  ["F", "false"],
  ["O", "out of service"],
] as const;

/** Null where the command asks for nothing in bulk. */
export function readBulkAuditRequest(parameters: MgcpParameters): PackageResult<BulkAuditRequest | null> {
  const [requested, ...more] = readExtensions(parameters, "BA/F");
  if (requested === undefined) return { ok: true, value: null };
  if (more.length > 0) return wrong(bulkAuditCodes.invalidRequest, "BA/F is there more than once");
  const items = readItems(requested);
  if (!items.ok) return items;
  const [start = null] = readExtensions(parameters, "BA/SE");
  if (start !== null && !/^[\x21-\x3f\x41-\x7e]{1,255}$/.test(start))
    return wrong(bulkAuditCodes.invalidStart, "BA/SE is not a local endpoint name");
  const [count] = readExtensions(parameters, "BA/NU");
  const endpointsMax = count === undefined ? null : Number(/^\d{1,5}$/.test(count) ? count : 0);
  if (endpointsMax !== null && (endpointsMax < 1 || endpointsMax > rangedNamesMax))
    return wrong(bulkAuditCodes.wrongRange, `BA/NU is not 1..${rangedNamesMax}`);
  return { ok: true, value: { ...items.value, start, endpointsMax } };
}

export function writeBulkAuditRequest(request: BulkAuditRequest): ExtensionParameter[] {
  const codes = request.items.map((item) => {
    const code = itemCodes.find(([, known]) => known === item)?.[0] ?? "";
    return item === "states" ? `${code}(${request.stateTypes.join(",")})` : code;
  });
  const lines = [{ name: "BA/F", value: codes.join(",") }];
  if (request.start !== null) lines.push({ name: "BA/SE", value: request.start });
  if (request.endpointsMax !== null) lines.push({ name: "BA/NU", value: String(request.endpointsMax) });
  return lines;
}

/** Refused where the lists do not fit the endpoints they are about. */
export function readBulkAuditAnswer(parameters: MgcpParameters): ParseResult<BulkAuditAnswer> {
  const names = readNames(parameters, "BA/Z");
  const instantiated = readNames(parameters, "BA/X");
  const listed = readNames(parameters, "BA/EL");
  if (!names.ok) return names;
  if (!instantiated.ok) return instantiated;
  if (!listed.ok) return listed;
  const endpoints = expandRangedNames(listed.value);
  if (!endpoints.ok) return endpoints;
  const counts = readLetters(parameters, "BA/C", readCounts);
  const modes = readLetters(parameters, "BA/M", readModes);
  const states = readLetters(parameters, "BA/S", readStates);
  if (!counts.ok) return counts;
  if (!modes.ok) return modes;
  if (!states.ok) return states;
  for (const list of [counts.value, modes.value, states.value]) {
    if (list !== null && list.length !== endpoints.value.length)
      return refused(`${endpoints.value.length} endpoints, ${list.length} letters`);
  }
  const [next = null] = readExtensions(parameters, "BA/NE");
  return parsed({
    names: names.value,
    instantiated: instantiated.value,
    endpoints: endpoints.value,
    counts: counts.value,
    modes: modes.value,
    states: states.value,
    next,
  });
}

/** Names are written as they stand, endpoints in ranges. The list of endpoints comes first (section 2.1.1.8). */
export function writeBulkAuditAnswer(answer: BulkAuditAnswer): ExtensionParameter[] {
  const lines: ExtensionParameter[] = [];
  for (const value of answer.names) lines.push({ name: "BA/Z", value });
  for (const value of answer.instantiated) lines.push({ name: "BA/X", value });
  for (const value of compressNames(answer.endpoints)) lines.push({ name: "BA/EL", value });
  if (answer.counts !== null) lines.push({ name: "BA/C", value: answer.counts.map(writeCount).join("") });
  if (answer.modes !== null) lines.push({ name: "BA/M", value: answer.modes.map(writeModes).join("") });
  if (answer.states !== null) {
    const letters = answer.states.map((state) => stateLetters.find(([, known]) => known === state)?.[0] ?? "O");
    lines.push({ name: "BA/S", value: letters.join("") });
  }
  if (answer.next !== null) lines.push({ name: "BA/NE", value: answer.next });
  return lines;
}

/** Lists of names and lists of what endpoints do are not asked for at once (section 2.1.1.8). */
function readItems(text: string): PackageResult<Pick<BulkAuditRequest, "items" | "stateTypes">> {
  const elements = splitList(text);
  if (!elements.ok) return wrong(bulkAuditCodes.invalidRequest, elements.reason);
  const items: BulkItem[] = [];
  let types: readonly StateType[] = [];
  for (const element of elements.value) {
    const split = splitGroups(element);
    const item = split.ok ? itemCodes.find(([code]) => code === split.value.name.toUpperCase())?.[1] : undefined;
    const groups = split.ok ? split.value.groups : [];
    if (item === undefined || items.includes(item) || groups.length !== (item === "states" ? 1 : 0))
      return wrong(bulkAuditCodes.invalidRequest, `BA/F with "${element.slice(0, 40)}"`);
    items.push(item);
    if (item !== "states") continue;
    const read = readStateTypes(groups[0] ?? "");
    if (!read.ok) return read;
    types = read.value;
  }
  const namesOnly = items.some((item) => item === "names" || item === "instantiated");
  if (items.length === 0 || (namesOnly && items.some((item) => item !== "names" && item !== "instantiated")))
    return wrong(bulkAuditCodes.invalidRequest, "BA/F asks for names and for what endpoints do");
  return { ok: true, value: { items, stateTypes: types } };
}

function readStateTypes(text: string): PackageResult<StateType[]> {
  const elements = splitList(text);
  const types: StateType[] = [];
  for (const element of elements.ok ? elements.value : []) {
    const type = stateTypes.find((known) => known === element.toUpperCase());
    if (type === undefined) return wrong(bulkAuditCodes.invalidStateType, `unknown state type ${element.slice(0, 40)}`);
    types.push(type);
  }
  if (types.length === 0) return wrong(bulkAuditCodes.invalidStateType, "BA/S without a state type");
  return { ok: true, value: types };
}

/** An element may repeat the line's own name, as an example of section 2.1.2 has it. */
function readNames(parameters: MgcpParameters, name: string): ParseResult<string[]> {
  const names: string[] = [];
  for (const value of readExtensions(parameters, name)) {
    const read = parseRangedNames(value.replaceAll(/ba\/[a-z]{1,2}:[ \t]*/gi, ""));
    if (!read.ok) return refused(`${name}: ${read.reason}`);
    names.push(...read.value);
  }
  return parsed(names);
}

/** All lines of this name as one; null where there is none. */
function readLetters<T>(
  parameters: MgcpParameters,
  name: string,
  read: (letters: string) => T[] | null,
): ParseResult<T[] | null> {
  const values = readExtensions(parameters, name);
  if (values.length === 0) return parsed(null);
  const list = read(values.join("").toUpperCase());
  return list === null ? refused(`${name} holds an unknown letter`) : parsed(list);
}

function readCounts(letters: string): ConnectionCount[] | null {
  if (!/^[0-9A-FZ]*$/.test(letters)) return null;
  return [...letters].map((letter) => (letter === "Z" ? "more" : Number.parseInt(letter, 16)));
}

function writeCount(count: ConnectionCount): string {
  return count === "more" || count > 15 ? "Z" : count.toString(16).toUpperCase();
}

/**
 * No connection "0", one its mode's letter, two to fifteen their number and the letters. B and C are modes and numbers:
 * in the first place they are read as modes, and eleven or twelve connections are written as "Z".
 */
function readModes(letters: string): EndpointModes[] | null {
  const endpoints: EndpointModes[] = [];
  for (let index = 0; index < letters.length; ) {
    const first = letters.charAt(index);
    const only = modeOf(first);
    const count = only === null ? Number.parseInt(first, 16) : 1;
    const start = only === null ? index + 1 : index;
    if (first !== "Z" && Number.isNaN(count)) return null;
    const modes = first === "Z" ? null : [...letters.slice(start, start + count)].map(modeOf);
    const known = modes?.filter((mode) => mode !== null) ?? null;
    if (modes !== null && (modes.length !== count || known?.length !== count)) return null;
    endpoints.push(known);
    index = first === "Z" ? index + 1 : start + count;
  }
  return endpoints;
}

function writeModes(modes: EndpointModes): string {
  if (modes === null || modes.length > 15 || modes.length === 11 || modes.length === 12) return "Z";
  const letters = modes.map((mode) => modeLetters.find(([, known]) => known === mode)?.[0] ?? "U").join("");
  return modes.length === 1 ? letters : modes.length.toString(16).toUpperCase() + letters;
}

function modeOf(letter: string): BulkMode | null {
  return modeLetters.find(([known]) => known === letter)?.[1] ?? null;
}

function readStates(letters: string): EndpointState[] | null {
  const states = [...letters].map((letter) => stateLetters.find(([known]) => known === letter)?.[1]);
  const known = states.filter((state) => state !== undefined);
  return known.length === letters.length ? known : null;
}

function wrong(code: number, reason: string): { ok: false; code: number; reason: string } {
  return { ok: false, code, reason };
}
