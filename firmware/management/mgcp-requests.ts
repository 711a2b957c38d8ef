/**
 * What an endpoint watches for and plays (RFC 3435 sections 2.3.3 and 4.4.1), carried out: requests are committed once
 * request-checks found them right, event-requests decides what an event leads to, active-signals keeps what is on, and
 * line-stations is told what of it a telephone can do.
 */
import { Deadlines, earliest } from "#protocol/deadlines.js";
import type { EventName, RequestedEvent } from "#protocol/mgcp/message.js";
import type { RequestedSignal, SignalChange } from "./active-signals.js";
import type { Moment } from "./call-control.js";
import type { WatchedConnection } from "./connection-watch.js";
import type { Endpoint, Endpoints } from "./endpoints.js";
import type { Notification, RequestStep } from "./event-requests.js";
import type { LineStations } from "./line-stations.js";
import type { FaceOutput } from "./mgcp-answer.js";
import type { CheckedRequest, RequestChecks } from "./request-checks.js";

/** What is to be done on the line, and the Notifys to be sent then. */
export interface Reaction {
  readonly outputs: FaceOutput[];
  readonly notifications: Notification[];
  /** The endpoint has waited for a request for as long as it was asked to tell (RFC 3992). */
  isLockstep: boolean;
}

export interface MgcpRequestsParts {
  readonly endpoints: Endpoints;
  readonly checks: RequestChecks;
  readonly stations: LineStations;
  /** What a rung station is shown where no caller-id signal says more: from the tag of the connection on the line. */
  readonly callerNumber: (local: string) => string;
  /** The connections of an endpoint as the media engine counts them. */
  readonly connections: (local: string, nowMs: number) => WatchedConnection[];
}

export class MgcpRequests {
  readonly #parts: MgcpRequestsParts;
  readonly #due = new Deadlines<string>();

  constructor(parts: MgcpRequestsParts) {
    this.#parts = parts;
  }

  /** current: the connection that `$` stands for. */
  commit(endpoint: Endpoint, { request, signals }: CheckedRequest, current: string | null, at: Moment): Reaction {
    const reaction = emptyReaction();
    const withCurrent = <Name extends EventName>(event: Name): Name =>
      event.connectionId === "$" ? { ...event, connectionId: current } : event;
    const { requestedEvents, detectEvents, persistentEvents } = request;
    this.#signal(endpoint, signals, at, reaction);
    const steps = endpoint.requests.request(
      {
        ...request,
        requestedEvents: requestedEvents.map(withCurrent<RequestedEvent>),
        detectEvents: detectEvents?.map(withCurrent) ?? null,
        persistentEvents: persistentEvents?.map(withCurrent<RequestedEvent>) ?? null,
      },
      at.nowMs,
    );
    this.#watch(endpoint, at);
    const { local } = endpoint;
    const names = { signals: signals.map(({ name }) => name.event), events: requestedEvents.map(({ event }) => event) };
    reaction.outputs.push({ kind: "log", event: "request", fields: { endpoint: local, ...names } });
    return this.#perform(endpoint, steps, at, reaction);
  }

  observe(endpoint: Endpoint, event: EventName, at: Moment): Reaction {
    return this.#perform(endpoint, endpoint.requests.observe(event, at.nowMs), at);
  }

  /** A number that the station sent all at once. */
  dialled(endpoint: Endpoint, digits: readonly EventName[], at: Moment): Reaction {
    return this.#perform(endpoint, endpoint.requests.dialled(digits, at.nowMs), at);
  }

  /** What became of the Notify, or of the agent that did not answer it (event-requests). */
  notified(endpoint: Endpoint, outcome: "answered" | "undelivered" | "refused" | "reconnected", at: Moment): Reaction {
    return this.#perform(endpoint, endpoint.requests[outcome](at.nowMs), at);
  }

  /** The station on the line could not be rung: signals that wanted it fail (`of`). */
  trouble(endpoint: Endpoint, at: Moment): Reaction {
    const reaction = emptyReaction();
    for (const name of endpoint.signals.fail("ring")) this.#operation("of", name, endpoint, at, reaction);
    return reaction;
  }

  /** LCK/LST. */
  watchLockstep(endpoint: Endpoint, seconds: number, at: Moment): void {
    endpoint.lockstep.set(seconds, at.nowMs);
    this.#arm(endpoint);
  }

  /** The clean default state (RFC 3991 section 2.4). */
  reset(endpoint: Endpoint, at: Moment): Reaction {
    const reaction = emptyReaction();
    endpoint.requests.reset();
    endpoint.watch.watch([], [], at.nowMs);
    this.#change(endpoint, endpoint.signals.clear(), "", at, reaction);
    return this.#perform(endpoint, [], at, reaction);
  }

  /** What came due, by endpoint. */
  tick(at: Moment): { readonly endpoint: Endpoint; readonly reaction: Reaction }[] {
    return this.#due.takeDue(at.nowMs).flatMap((local) => {
      const endpoint = this.#parts.endpoints.get(local);
      return endpoint === undefined ? [] : [{ endpoint, reaction: this.#tickOne(endpoint, at) }];
    });
  }

  next(): number | null {
    return this.#due.next();
  }

  #tickOne(endpoint: Endpoint, at: Moment): Reaction {
    const reaction = this.#perform(endpoint, endpoint.requests.tick(at.nowMs), at);
    const { changes, completed } = endpoint.signals.tick(at.nowMs);
    this.#change(endpoint, changes, "", at, reaction);
    for (const event of this.#happened(endpoint, at))
      this.#perform(endpoint, endpoint.requests.observe(event, at.nowMs), at, reaction);
    for (const name of completed) this.#operation("oc", name, endpoint, at, reaction);
    if (endpoint.lockstep.tick(at.nowMs)) reaction.isLockstep = true;
    return this.#perform(endpoint, [], at, reaction);
  }

  /** Operation complete and operation failure name the signal, without its parameters (section 6.6.1). */
  #operation(event: "oc" | "of", signal: EventName, endpoint: Endpoint, at: Moment, reaction: Reaction): void {
    const { packageName, connectionId } = signal;
    const on = connectionId === null ? "" : `@${connectionId}`;
    const parameters = [`${packageName}/${signal.event}${on}`];
    const steps = endpoint.requests.observe({ packageName, event, connectionId: null, parameters }, at.nowMs);
    this.#perform(endpoint, steps, at, reaction);
  }

  #perform(endpoint: Endpoint, steps: readonly RequestStep[], at: Moment, reaction = emptyReaction()): Reaction {
    for (const step of steps) {
      if (step.kind === "notify") reaction.notifications.push(step.notification);
      else if (step.kind === "stop-signals") this.#change(endpoint, endpoint.signals.stop(), "", at, reaction);
      else {
        this.#signal(endpoint, this.#parts.checks.signals(endpoint, step.signals), at, reaction);
        this.#watch(endpoint, at);
      }
    }
    this.#arm(endpoint);
    return reaction;
  }

  #signal(endpoint: Endpoint, signals: readonly RequestedSignal[], at: Moment, reaction: Reaction): void {
    const changes = endpoint.signals.apply(signals, at.nowMs);
    const caller = callerId(signals) ?? this.#parts.callerNumber(endpoint.local);
    this.#change(endpoint, changes, caller, at, reaction);
  }

  #change({ local }: Endpoint, changes: readonly SignalChange[], caller: string, at: Moment, reaction: Reaction): void {
    const { stations } = this.#parts;
    const { nowMs } = at;
    for (const { kind, effect } of changes) {
      if (kind === "stop") {
        // A telephone that was told of ringback, or refused, is not told otherwise.
        if (effect === "ring") reaction.outputs.push(...stations.stopRinging(local, nowMs));
      } else if (effect === "ring") reaction.outputs.push(...stations.ring(local, caller, nowMs));
      else if (effect === "ringback") reaction.outputs.push(...stations.ringback(local, nowMs));
      else if (effect === "refuse") reaction.outputs.push(...stations.release(local, nowMs));
    }
  }

  /** Events on connections are looked for as the request in force asks. */
  #watch({ local, requests, watch }: Endpoint, { nowMs }: Moment): void {
    const { requestedEvents, detectEvents, persistentEvents } = requests.current;
    const wanted = [...requestedEvents, ...(detectEvents ?? []), ...(persistentEvents ?? [])];
    const onConnections = wanted.filter(({ packageName }) => /^[RG]$/i.test(packageName ?? ""));
    watch.watch(onConnections, onConnections.length === 0 ? [] : this.#parts.connections(local, nowMs), nowMs);
  }

  #happened({ local, watch }: Endpoint, { nowMs }: Moment): EventName[] {
    const dueMs = watch.next();
    return dueMs === null || dueMs > nowMs ? [] : watch.tick(this.#parts.connections(local, nowMs), nowMs);
  }

  #arm({ local, requests, signals, lockstep, watch }: Endpoint): void {
    lockstep.follow(requests.lockstepSinceMs);
    const dueMs = earliest(requests.next(), signals.next(), lockstep.next(), watch.next());
    if (dueMs === null) this.#due.clear(local);
    else this.#due.set(local, dueMs);
  }
}

/** L/ci(time,number,name) beside the ringing; `P` and `O` say that there is none (RFC 3660 section 2.4). */
function callerId(signals: readonly RequestedSignal[]): string | null {
  const signal = signals.find(
    ({ name }) => name.packageName?.toUpperCase() === "L" && name.event.toLowerCase() === "ci",
  );
  const number = signal?.name.parameters[1]?.replace(/[" ]/g, "") ?? "";
  return /^[0-9*#]{1,20}$/.test(number) ? number : null;
}

function emptyReaction(): Reaction {
  return { outputs: [], notifications: [], isLockstep: false };
}
