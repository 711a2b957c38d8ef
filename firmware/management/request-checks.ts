/**
 * NotificationRequest (RFC 3435 sections 2.3.3 and 4.4.2), by itself or within a connection command: everything that can
 * be wrong with it is found before any of it is done.
 */
import { readPersistentEvents } from "#protocol/mgcp/base-package.js";
import { readExtensions } from "#protocol/mgcp/extension-parameters.js";
import type {
  EmbeddedRequest,
  EventName,
  MgcpParameters,
  RequestedAction,
  RequestedEvent,
} from "#protocol/mgcp/message.js";
import { keyOf, pendingBriefMax, type RequestedSignal } from "./active-signals.js";
import type { ConnectionTable } from "./connection-table.js";
import { watchFault } from "./connection-watch.js";
import type { Endpoint } from "./endpoints.js";
import { type EventRequest, type LoadedDigitMap, loadDigitMap } from "./event-requests.js";
import type { LineStations } from "./line-stations.js";
import type { EventRefusal } from "./packages.js";

export interface CheckedRequest {
  readonly request: EventRequest;
  readonly signals: readonly RequestedSignal[];
}

export type RequestCheck =
  | { readonly ok: true; readonly value: CheckedRequest }
  | { readonly ok: false; readonly refusal: EventRefusal };

type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: EventRefusal };

/** Whether `$` may stand for the connection that the command around the request makes or changes. */
interface Surroundings {
  readonly endpoint: Endpoint;
  readonly isEncapsulated: boolean;
  readonly hasDigitMap: boolean;
  readonly loop: boolean;
}

/** The parameters that only a notification request brings (section 3.2.2). */
export function bringsRequest(parameters: MgcpParameters): boolean {
  const { requestIdentifier, requestedEvents, signals, digitMap, quarantine, detectEvents } = parameters;
  const given = [requestIdentifier, requestedEvents, signals, digitMap, quarantine, detectEvents];
  return given.some((one) => one !== undefined) || readExtensions(parameters, "B/PR").length > 0;
}

export class RequestChecks {
  readonly #stations: LineStations;
  readonly #table: ConnectionTable;

  constructor(stations: LineStations, table: ConnectionTable) {
    this.#stations = stations;
    this.#table = table;
  }

  check(endpoint: Endpoint, parameters: MgcpParameters, isEncapsulated: boolean): RequestCheck {
    const { requestIdentifier, requestedEvents = [], signals = [], quarantine, detectEvents } = parameters;
    if (requestIdentifier === undefined || requestIdentifier === "")
      return refused(510, "a notification request needs its identifier (X:)");
    const digitMap = checkDigitMap(parameters.digitMap);
    if (!digitMap.ok) return digitMap;
    const persistentEvents = readPersistentEvents(parameters);
    if (!persistentEvents.ok) return refused(persistentEvents.code, `B/PR: ${persistentEvents.reason}`);
    const loop = quarantine?.loop ?? false;
    const hasDigitMap = digitMap.value !== null || endpoint.requests.current.digitMap !== null;
    const surroundings = { endpoint, isEncapsulated, hasDigitMap, loop };
    const refusal =
      this.#events(requestedEvents, surroundings) ??
      this.#events(persistentEvents.value ?? endpoint.requests.current.persistentEvents ?? [], surroundings) ??
      this.#names(detectEvents ?? [], surroundings);
    if (refusal !== null) return { ok: false, refusal };
    const known = this.#signals(signals, endpoint);
    if (!known.ok) return known;
    const process = quarantine?.process ?? true;
    const unmet = this.#unmet(endpoint, requestedEvents, known.value, process);
    if (unmet !== null) return { ok: false, refusal: unmet };
    const request = {
      requestIdentifier,
      requestedEvents: requestedEvents.map((event) => ({ ...event, packageName: packageOf(endpoint, event) })),
      digitMap: digitMap.value,
      quarantine: { loop, process },
      detectEvents: detectEvents?.map((event) => ({ ...event, packageName: packageOf(endpoint, event) })) ?? null,
      persistentEvents: persistentEvents.value,
    };
    return { ok: true, value: { request, signals: known.value } };
  }

  /** What was found right when it was requested may not be possible any more when it becomes active: the code, or null. */
  embedded(endpoint: Endpoint, { requestedEvents, signals }: EmbeddedRequest): number | null {
    const known = this.signals(endpoint, signals);
    return this.#unmet(endpoint, requestedEvents, known, true)?.code ?? null;
  }

  /** Of a list that was checked. */
  signals(endpoint: Endpoint, signals: readonly EventName[]): RequestedSignal[] {
    const known = this.#signals(signals, endpoint);
    return known.ok ? known.value : [];
  }

  #events(requested: readonly RequestedEvent[], surroundings: Surroundings): EventRefusal | null {
    const wrong = this.#names(requested, surroundings);
    if (wrong !== null) return wrong;
    for (const { event, actions } of requested) {
      const refusal = this.#actions(event, actions, surroundings);
      if (refusal !== null) return refusal;
    }
    return null;
  }

  #names(wanted: readonly EventName[], { endpoint, isEncapsulated }: Surroundings): EventRefusal | null {
    const seen = new Set<string>();
    for (const event of wanted) {
      const refusal = endpoint.packages.checkEvent(event) ?? this.#connection(event, endpoint, isEncapsulated);
      if (refusal !== null) return refusal;
      const fault = endpoint.packages.canonical(event).packageName === "R" ? watchFault(event) : null;
      if (fault !== null) return { code: 538, reason: fault };
      const key = keyOf(endpoint.packages.canonical(event));
      if (seen.has(key)) return { code: 510, reason: `event ${event.event} is there twice` };
      seen.add(key);
    }
    return null;
  }

  #connection({ connectionId }: EventName, { local }: Endpoint, isEncapsulated: boolean): EventRefusal | null {
    if (connectionId === null || connectionId === "*") return null;
    if (connectionId === "$")
      return isEncapsulated ? null : { code: 515, reason: "there is no current connection ($) here" };
    const row = this.#table.get(connectionId.toUpperCase());
    return row?.endpoint === local ? null : { code: 515, reason: `no connection ${connectionId} on ${local}` };
  }

  /** The combinations that are illegal by themselves the parser has refused. */
  #actions(event: string, actions: readonly RequestedAction[], surroundings: Surroundings): EventRefusal | null {
    const kinds = actions.map(({ kind }) => kind);
    if (kinds.includes("swap")) return { code: 523, reason: "audio cannot be swapped: there is no second connection" };
    if (kinds.includes("extension")) return { code: 523, reason: `an action of ${event} is not supported` };
    if (kinds.includes("digits") && !surroundings.hasDigitMap)
      return { code: 519, reason: `${surroundings.endpoint.local} has no digit map` };
    for (const action of actions) {
      if (action.kind !== "embedded") continue;
      // Section 2.3.3: only where more than one Notify may follow.
      if (kinds.includes("notify") && !surroundings.loop)
        return { code: 523, reason: `${event}: N and E together need Q: loop` };
      const refusal = this.#embedded(action.request, surroundings);
      if (refusal !== null) return refusal;
    }
    return null;
  }

  #embedded(request: EmbeddedRequest, surroundings: Surroundings): EventRefusal | null {
    const digitMap = checkDigitMap(request.digitMap ?? undefined);
    if (!digitMap.ok) return digitMap.refusal;
    const hasDigitMap = surroundings.hasDigitMap || digitMap.value !== null;
    const refusal = this.#events(request.requestedEvents, { ...surroundings, hasDigitMap });
    if (refusal !== null) return refusal;
    const known = this.#signals(request.signals, surroundings.endpoint);
    return known.ok ? null : known.refusal;
  }

  #signals(signals: readonly EventName[], endpoint: Endpoint): Checked<RequestedSignal[]> {
    const found = new Map<string, RequestedSignal>();
    for (const signal of signals) {
      const known = endpoint.packages.signal(signal);
      if ("code" in known) return { ok: false, refusal: known };
      const name = { ...signal, packageName: packageOf(endpoint, signal) };
      const key = keyOf(name);
      if (found.has(key)) return refused(510, `signal ${signal.event} is there twice`);
      found.set(key, { name, known });
    }
    const all = [...found.values()];
    if (all.filter(({ known }) => known.row.kind === "BR").length > pendingBriefMax)
      return refused(403, `more than ${pendingBriefMax} brief signals`);
    return { ok: true, value: all };
  }

  /**
   * Section 4.4.2: asked to wait for what has happened already, the gateway says so, unless the event itself still waits
   * in the quarantine and will answer the request (`process`: it is not discarded), or the other transition is asked for
   * too: then none is missed.
   */
  #unmet(
    endpoint: Endpoint,
    requested: readonly RequestedEvent[],
    signals: readonly RequestedSignal[],
    process: boolean,
  ): EventRefusal | null {
    if (!endpoint.hasLine) return null;
    const { local } = endpoint;
    const isOffHook = this.#stations.hook(local) === "off-hook";
    const already = {
      code: isOffHook ? 401 : 402,
      reason: `the station on ${local} is ${isOffHook ? "off" : "on"} hook`,
    };
    const asksFor = (event: string) => requested.some((one) => asksForHook(endpoint, one, event, process));
    if (isOffHook ? asksFor("hd") && !asksFor("hu") : (asksFor("hu") || asksFor("hf")) && !asksFor("hd"))
      return already;
    const wrongHook = isOffHook ? "on-hook" : "off-hook";
    return signals.some(({ known }) => known.row.hook === wrongHook) ? already : null;
  }
}

function asksForHook(
  { packages, requests }: Endpoint,
  requested: RequestedEvent,
  event: string,
  process: boolean,
): boolean {
  const name = packages.canonical(requested);
  const isAsked = name.packageName === "L" && name.event === event;
  const willBeTold = process && requests.isQuarantined(name);
  return isAsked && requested.actions.every(({ kind }) => kind !== "ignore") && !willBeTold;
}

function packageOf({ packages }: Endpoint, { packageName }: EventName): string {
  return packageName ?? packages.list[0]?.name ?? "";
}

function checkDigitMap(text: string | undefined): Checked<LoadedDigitMap | null> {
  if (text === undefined) return { ok: true, value: null };
  if (text === "") return refused(539, "an empty digit map");
  const map = loadDigitMap(text);
  return map.ok ? map : refused(map.code, `digit map: ${map.reason}`);
}

function refused(code: number, reason: string): { readonly ok: false; readonly refusal: EventRefusal } {
  return { ok: false, refusal: { code, reason } };
}
