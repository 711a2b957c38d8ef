/**
 * What one endpoint was asked to watch for, and what it has seen (RFC 3435 sections 2.3.3 and 4.4.1).
 *
 *     request ──► watching ──event that asks for Notify──► notifying ──request──► watching …
 *                                                          (events wait in the quarantine buffer)
 *
 * Quarantine handling is the default, "process" and "step": one Notify per request, and what happened since is looked at
 * again under the next request. It decides; sending the Notify is mgcp-face's work.
 */
import { matchDigitMap } from "#protocol/mgcp/digit-map.js";
import type { EventName, RequestedEvent } from "#protocol/mgcp/message.js";

export interface EventRequest {
  readonly requestIdentifier: string;
  readonly requestedEvents: readonly RequestedEvent[];
  /** Null keeps the map given before. */
  readonly digitMap: string | null;
}

export interface Notification {
  readonly requestIdentifier: string;
  readonly observedEvents: readonly EventName[];
}

export interface EventRequestsOptions {
  /** Events that wait while a Notify is unanswered by a request; beyond it the newest are dropped and counted. */
  readonly quarantineMax: number;
}

type Phase =
  | { readonly name: "watching" }
  /** The Notify for these went out; the next request ends this (section 4.4.1, notification state). */
  | { readonly name: "notifying"; readonly observedEvents: readonly EventName[] };

export class EventRequests {
  readonly #options: EventRequestsOptions;
  #phase: Phase = { name: "watching" };
  #request: EventRequest = { requestIdentifier: "0", requestedEvents: [], digitMap: null };
  #digitMap: string | null = null;
  #accumulated: EventName[] = [];
  #dialled = "";
  #quarantine: EventName[] = [];
  #dropped = 0;

  constructor(options: EventRequestsOptions) {
    this.#options = options;
  }

  get current(): EventRequest {
    return { ...this.#request, digitMap: this.#digitMap };
  }

  get dropped(): number {
    return this.#dropped;
  }

  /** Events seen and not yet part of a Notify that was answered. */
  get observed(): readonly EventName[] {
    return this.#phase.name === "notifying" ? this.#phase.observedEvents : this.#accumulated;
  }

  /** Is this event waiting to be looked at by the next request? */
  isQuarantined(packageName: string, event: string): boolean {
    return this.#quarantine.some((waiting) => waiting.packageName === packageName && waiting.event === event);
  }

  /** Replaces what is watched for; looks at the quarantined events at once. */
  request(request: EventRequest): Notification | null {
    this.#request = request;
    if (request.digitMap !== null) this.#digitMap = request.digitMap;
    this.#phase = { name: "watching" };
    this.#accumulated = [];
    this.#dialled = "";
    const waiting = this.#quarantine;
    this.#quarantine = [];
    for (const [index, event] of waiting.entries()) {
      const notification = this.#look(event);
      if (notification !== null) {
        this.#quarantine = waiting.slice(index + 1);
        return notification;
      }
    }
    return null;
  }

  /** An event happened; a notification is returned when one has to go out now. */
  observe(event: EventName): Notification | null {
    if (this.#phase.name === "watching") return this.#look(event);
    if (this.#quarantine.length < this.#options.quarantineMax) this.#quarantine.push(event);
    else this.#dropped += 1;
    return null;
  }

  /** The Notify reached nobody: its events wait for whoever asks next, before all later ones. */
  undelivered(): void {
    if (this.#phase.name !== "notifying") return;
    this.#quarantine = [...this.#phase.observedEvents, ...this.#quarantine].slice(0, this.#options.quarantineMax);
    this.#phase = { name: "notifying", observedEvents: [] };
  }

  #look(event: EventName): Notification | null {
    const requested = this.#request.requestedEvents.find((candidate) => eventMatches(candidate, event));
    if (requested === undefined) return null;
    const actions = requested.actions.map((action) => action.kind);
    if (actions.includes("ignore")) return null;
    if (actions.includes("accumulate")) {
      this.#accumulated.push(event);
      return null;
    }
    this.#accumulated.push(event);
    if (actions.includes("digits")) {
      this.#dialled += event.event;
      // Neither a match nor the hope of one is reported too: the call agent decides what to play (section 2.1.5).
      if (this.#digitMap !== null && matchDigitMap(this.#digitMap, this.#dialled) === "partial match") return null;
    }
    return this.#notify();
  }

  #notify(): Notification {
    const observedEvents = this.#accumulated;
    this.#phase = { name: "notifying", observedEvents };
    this.#accumulated = [];
    this.#dialled = "";
    return { requestIdentifier: this.#request.requestIdentifier, observedEvents };
  }
}

/** `D/[0-9#*T]` asks for `D/7`, `L/*` and `L/all` for any event of L (RFC 3435 section 3.2.2.4). */
export function eventMatches(requested: EventName, observed: EventName): boolean {
  if (requested.packageName !== "*" && requested.packageName !== observed.packageName) return false;
  if (requested.event === "*" || requested.event === "all" || requested.event === observed.event) return true;
  const range = /^\[(.+)\]$/.exec(requested.event);
  return range?.[1] !== undefined && observed.event.length === 1 && inRange(range[1], observed.event);
}

function inRange(range: string, letter: string): boolean {
  const expanded = range.replace(/([0-9A-D])-([0-9A-D])/gi, (_match, first: string, last: string) => {
    let letters = "";
    for (let code = first.charCodeAt(0); code <= last.charCodeAt(0); code += 1) letters += String.fromCharCode(code);
    return letters;
  });
  return expanded.toUpperCase().includes(letter.toUpperCase());
}
