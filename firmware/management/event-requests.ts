/**
 * What one endpoint was asked to watch for, and what it has seen (RFC 3435 sections 2.3.3 and 4.4.1).
 *
 *                      ┌───────────────── loop: answered ───────────────────┐
 *                      ▼                                                    │
 *     request ──► processing ──event that asks for it──► notifying ──step: answered──► lockstep
 *                      ▲                (events wait in the quarantine buffer)            │
 *                      └────────────────────────────── request ───────────────────────────┘
 *
 * A request that comes while a Notify is unanswered is in force at once, but its events are looked at only when that one
 * is answered: what section 4.4.1 f) asks of gateways that do not repeat old Notifys in front of new ones. It decides;
 * sending, signalling and the station's hook are others' work: it returns steps, in the order they are to be done.
 */
import { earliest } from "#protocol/deadlines.js";
import type { NotificationState } from "#protocol/mgcp/base-package.js";
import { DigitCollector, type DigitTimers } from "#protocol/mgcp/digit-collector.js";
import { type DigitMap, parseDigitMap } from "#protocol/mgcp/digit-map.js";
import type { EmbeddedRequest, EventName, RequestedAction, RequestedEvent } from "#protocol/mgcp/message.js";
import type { ParameterResult } from "#protocol/mgcp/parameter-result.js";
import { asksForDigits, eventMatches, isDigit, isDigitTimer } from "./event-match.js";
import { Quarantine } from "./quarantine.js";

export interface LoadedDigitMap {
  /** As the call agent wrote it. */
  readonly text: string;
  readonly map: DigitMap;
}

export interface QuarantineHandling {
  readonly loop: boolean;
  readonly process: boolean;
}

export interface EventRequest {
  readonly requestIdentifier: string;
  readonly requestedEvents: readonly RequestedEvent[];
  /** Null keeps the map given before. */
  readonly digitMap: LoadedDigitMap | null;
  readonly quarantine: QuarantineHandling;
  /** Null keeps the list given before. */
  readonly detectEvents: readonly EventName[] | null;
  /** B/PR (Appendix B.2.1); null keeps the list given before. */
  readonly persistentEvents: readonly RequestedEvent[] | null;
}

export interface Notification {
  readonly requestIdentifier: string;
  readonly observedEvents: readonly EventName[];
}

export type RequestStep =
  | { readonly kind: "notify"; readonly notification: Notification }
  /** A requested event was detected: time-out signals stop. */
  | { readonly kind: "stop-signals" }
  /** An embedded request became active: its signals replace those that are on. */
  | { readonly kind: "apply-signals"; readonly signals: readonly EventName[] };

export interface EventRequestsOptions {
  /** Events that wait; beyond it the newest are lost, and one B/qbo stands for them. */
  readonly quarantineMax: number;
  /** Events of one Notify; beyond it they are lost, and one B/oef stands for them. */
  readonly observedMax: number;
  readonly digitTimers: DigitTimers;
}

type Phase =
  | { readonly name: "processing" }
  /** The Notify for these went out; renewed: a request came since; stale: one that discards what was before it. */
  | {
      readonly name: "notifying";
      readonly observedEvents: readonly EventName[];
      readonly isRenewed: boolean;
      readonly isStale: boolean;
    }
  /** It reached nobody; an agent that is there again, or a request, ends this. */
  | { readonly name: "stranded" }
  | { readonly name: "lockstep"; readonly sinceMs: number };

const noRequest: EventRequest = {
  requestIdentifier: "0",
  requestedEvents: [],
  digitMap: null,
  quarantine: { loop: false, process: true },
  detectEvents: [],
  persistentEvents: [],
};

const digitTimer = eventName("D", "T");
const quarantineOverflow = eventName("B", "qbo");
const observedFull = eventName("B", "oef");
const embeddedFailure = eventName("B", "enf");
const onHook = eventName("L", "hu");

export class EventRequests {
  readonly #options: EventRequestsOptions;
  /** The code for which an embedded request cannot be carried out now, or null. */
  readonly #refuses: (request: EmbeddedRequest) => number | null;
  readonly #quarantine: Quarantine;
  #phase: Phase = { name: "processing" };
  #request: EventRequest = noRequest;
  #digitMap: LoadedDigitMap | null = null;
  #detectEvents: readonly EventName[] = [];
  #persistentEvents: readonly RequestedEvent[] = [];
  #collector: DigitCollector | null = null;
  /** Timer T requested for itself, not with the digit map (RFC 3660 section 2.2). */
  #digitTimerAtMs: number | null = null;
  #observed: EventName[] = [];
  /** A number that the station sent all at once: it is dialled when digits are asked for. */
  #toBeDialled: EventName[] = [];

  constructor(options: EventRequestsOptions, refuses: (request: EmbeddedRequest) => number | null) {
    this.#options = options;
    this.#refuses = refuses;
    this.#quarantine = new Quarantine(options.quarantineMax);
  }

  /** What is in force, an embedded request in the place of the one around it. */
  get current(): EventRequest {
    const detectEvents = this.#detectEvents;
    return { ...this.#request, digitMap: this.#digitMap, detectEvents, persistentEvents: this.#persistentEvents };
  }

  /** Events that found no room in the quarantine. */
  get dropped(): number {
    return this.#quarantine.lost;
  }

  /** Events that are accumulated, or part of a Notify that was not answered. */
  get observed(): readonly EventName[] {
    return this.#phase.name === "notifying" ? this.#phase.observedEvents : this.#observed;
  }

  get notificationState(): NotificationState {
    if (this.#phase.name === "processing") return "other";
    return this.#phase.name === "lockstep" ? "lockstep" : "notification";
  }

  /** Since when a request has been waited for; null when it has not. */
  get lockstepSinceMs(): number | null {
    return this.#phase.name === "lockstep" ? this.#phase.sinceMs : null;
  }

  /** Is this event waiting to be looked at by the next request? */
  isQuarantined(event: EventName): boolean {
    return this.#quarantine.some((waiting) => eventMatches(event, waiting));
  }

  /** Replaces what is watched for; looks at the events that wait at once, unless a Notify is unanswered. */
  request(request: EventRequest, nowMs: number): RequestStep[] {
    if (request.digitMap !== null) this.#digitMap = request.digitMap;
    if (request.detectEvents !== null) this.#detectEvents = request.detectEvents;
    if (request.persistentEvents !== null) this.#persistentEvents = request.persistentEvents;
    this.#request = request;
    this.#watch(nowMs);
    // A number sent all at once is not discarded: nobody will dial it again.
    if (request.quarantine.process) this.#quarantine.putBack(this.#observed);
    else this.#quarantine.clear();
    this.#observed = [];
    if (this.#phase.name === "notifying") {
      const isStale = this.#phase.isStale || !request.quarantine.process;
      this.#phase = { ...this.#phase, isRenewed: true, isStale };
    } else this.#phase = { name: "processing" };
    return this.#process(nowMs);
  }

  /** An event happened. */
  observe(event: EventName, nowMs: number): RequestStep[] {
    if (eventMatches(onHook, event)) this.#toBeDialled = [];
    if (!this.#isDetected(event)) return [];
    this.#quarantine.put(event, this.#isDetected(quarantineOverflow) ? quarantineOverflow : null);
    return this.#process(nowMs);
  }

  /** The station sent a number all at once: digits, and the timer that has run out behind them. */
  dialled(events: readonly EventName[], nowMs: number): RequestStep[] {
    this.#toBeDialled = events.slice(0, this.#options.observedMax);
    return this.#process(nowMs);
  }

  /** The Notify was answered, with whatever code. */
  answered(nowMs: number): RequestStep[] {
    return this.#phase.name === "notifying" ? this.#leaveNotification(this.#phase.isRenewed, nowMs) : [];
  }

  /** The disconnected procedure is complete: a Notify that got lost is waited for no longer (section 4.4.1). */
  reconnected(nowMs: number): RequestStep[] {
    return this.#phase.name === "stranded" ? this.#leaveNotification(false, nowMs) : [];
  }

  /**
   * The Notify reached nobody. Section 4.4.1 calls it lost; here its events wait, before all later ones, for whoever asks
   * next; unless a request that came meanwhile discards what was before it.
   */
  undelivered(nowMs: number): RequestStep[] {
    const phase = this.#phase;
    if (phase.name !== "notifying") return [];
    if (!phase.isStale) this.#quarantine.putBack(phase.observedEvents);
    this.#phase = { name: phase.isRenewed ? "processing" : "stranded" };
    return this.#process(nowMs);
  }

  /** Whoever was being notified is not in charge: its events wait for the request of the one that is. */
  refused(nowMs: number): RequestStep[] {
    const steps = this.undelivered(nowMs);
    if (this.#phase.name === "stranded") this.#phase = { name: "lockstep", sinceMs: nowMs };
    return steps;
  }

  /** A digit timer runs out. */
  tick(nowMs: number): RequestStep[] {
    if (this.#digitTimerAtMs !== null && this.#digitTimerAtMs <= nowMs) {
      this.#digitTimerAtMs = null;
      return this.observe(digitTimer, nowMs);
    }
    const dueMs = this.#collectorNext();
    return dueMs !== null && dueMs <= nowMs ? this.#take(digitTimer, nowMs) : [];
  }

  next(): number | null {
    return earliest(this.#digitTimerAtMs, this.#collectorNext());
  }

  /** The clean default state (RFC 3991 section 2.4). */
  reset(): void {
    this.#phase = { name: "processing" };
    this.#request = noRequest;
    this.#digitMap = null;
    this.#detectEvents = [];
    this.#persistentEvents = [];
    this.#collector = null;
    this.#digitTimerAtMs = null;
    this.#observed = [];
    this.#quarantine.clear();
    this.#toBeDialled = [];
  }

  #leaveNotification(isRenewed: boolean, nowMs: number): RequestStep[] {
    if (!isRenewed) this.#collector = this.#newCollector();
    const goesOn = isRenewed || this.#request.quarantine.loop;
    this.#phase = goesOn ? { name: "processing" } : { name: "lockstep", sinceMs: nowMs };
    return this.#process(nowMs);
  }

  #collectorNext(): number | null {
    return this.#phase.name === "processing" ? (this.#collector?.next() ?? null) : null;
  }

  /** A new list is watched for: the dial string is empty, and timer T begins where it stands for itself. */
  #watch(nowMs: number): void {
    this.#collector = this.#newCollector();
    const timer = this.#timer();
    const isOwn = timer !== undefined && !has(timer, "digits");
    this.#digitTimerAtMs = isOwn ? nowMs + this.#options.digitTimers.criticalMs : null;
  }

  #newCollector(): DigitCollector | null {
    const timer = this.#timer();
    const timers = timer !== undefined && has(timer, "digits") ? this.#options.digitTimers : null;
    return this.#digitMap === null ? null : new DigitCollector(this.#digitMap.map, timers);
  }

  #timer(): RequestedEvent | undefined {
    return this.#request.requestedEvents.find((requested) => eventMatches(requested, digitTimer));
  }

  /** Looks at what waits until something is notified. */
  #process(nowMs: number): RequestStep[] {
    const steps: RequestStep[] = [];
    while (this.#phase.name === "processing") {
      const event = this.#quarantine.take() ?? this.#nextDialled();
      if (event === undefined) break;
      steps.push(...this.#take(event, nowMs));
    }
    return steps;
  }

  /** Without a digit before it the timer has nothing to end. */
  #nextDialled(): EventName | undefined {
    if (!this.#request.requestedEvents.some(asksForDigits)) return undefined;
    const event = this.#toBeDialled.shift();
    const isIdle = event !== undefined && isDigitTimer(event) && (this.#collector?.dialled ?? "") === "";
    return isIdle ? this.#toBeDialled.shift() : event;
  }

  /** Section 4.4.1: what is requested, detected or persistent is quarantined, whatever its action. */
  #isDetected(event: EventName): boolean {
    const wanted = [...this.#request.requestedEvents, ...this.#detectEvents, ...this.#persistentEvents];
    return wanted.some((candidate) => eventMatches(candidate, event));
  }

  /** One event under the request in force; a requested action stands before the persistent one. */
  #take(event: EventName, nowMs: number, more: readonly RequestedEvent[] = []): RequestStep[] {
    const candidates = [...more, ...this.#request.requestedEvents, ...this.#persistentEvents];
    const requested = candidates.find((candidate) => eventMatches(candidate, event));
    if (requested === undefined) return [];
    const steps: RequestStep[] = has(requested, "keep") ? [] : [{ kind: "stop-signals" }];
    if (isDigit(event)) this.#digitTimerAtMs = null;
    if (has(requested, "ignore")) return steps;
    if (has(requested, "digits")) return [...steps, ...this.#collect(event, nowMs)];
    if (has(requested, "accumulate") || has(requested, "notify")) steps.push(...this.#accumulate(event));
    for (const action of requested.actions)
      if (action.kind === "embedded") steps.push(...this.#activate(action.request, nowMs));
    return has(requested, "notify") ? [...steps, ...this.#notify()] : steps;
  }

  /** Neither a match nor the hope of one is notified too: the call agent decides what to play (section 2.1.5). */
  #collect(event: EventName, nowMs: number): RequestStep[] {
    const verdict = this.#collector?.push(event.event, nowMs) ?? "no match";
    const steps = this.#accumulate(event);
    return verdict === "partial match" ? steps : [...steps, ...this.#notify()];
  }

  /** The list keeps one place for saying that it is full; what comes after is lost (section 2.3.4). */
  #accumulate(event: EventName): RequestStep[] {
    const { observedMax } = this.#options;
    if (this.#observed.length >= observedMax) return [];
    this.#observed.push(event);
    const candidates = [...this.#request.requestedEvents, ...this.#persistentEvents];
    const full = candidates.find((candidate) => eventMatches(candidate, observedFull));
    if (this.#observed.length < observedMax || full === undefined || has(full, "ignore")) return [];
    this.#observed.push(observedFull);
    return has(full, "notify") ? this.#notify() : [];
  }

  /** As if a request with the same identifier, quarantine handling and detected events had come (section 2.3.3). */
  #activate(embedded: EmbeddedRequest, nowMs: number): RequestStep[] {
    const digitMap = embedded.digitMap === null ? null : loadDigitMap(embedded.digitMap);
    const code = digitMap?.ok === false ? digitMap.code : this.#refuses(embedded);
    if (code !== null) {
      const failure = { ...embeddedFailure, parameters: [String(code)] };
      return this.#take(failure, nowMs, embedded.requestedEvents);
    }
    this.#request = { ...this.#request, requestedEvents: embedded.requestedEvents };
    if (digitMap?.ok === true) this.#digitMap = digitMap.value;
    this.#watch(nowMs);
    return [{ kind: "apply-signals", signals: embedded.signals }];
  }

  #notify(): RequestStep[] {
    // The list was full a moment ago and went out.
    if (this.#phase.name === "notifying") return [];
    const observedEvents = this.#observed;
    this.#observed = [];
    this.#phase = { name: "notifying", observedEvents, isRenewed: false, isStale: false };
    const { requestIdentifier } = this.#request;
    return [{ kind: "notify", notification: { requestIdentifier, observedEvents } }];
  }
}

/** The letter P of package DM1 (RFC 3660 section 2.7) may end an alternative. */
export function loadDigitMap(text: string): ParameterResult<LoadedDigitMap> {
  const map = parseDigitMap(text, "P");
  return map.ok ? { ok: true, value: { text, map: map.value } } : map;
}

function has(requested: RequestedEvent, kind: RequestedAction["kind"]): boolean {
  return requested.actions.some((action) => action.kind === kind);
}

function eventName(packageName: string, event: string): EventName {
  return { packageName, event, connectionId: null, parameters: [] };
}
