/** RQNT (RFC 3435 section 2.3.3): what to watch for, which signals to apply; all checked before any of it is done. */
import type { MgcpCommand, RequestedEvent } from "#protocol/mgcp/message.js";
import type { Moment } from "./call-control.js";
import type { Endpoint } from "./endpoints.js";
import type { Notification } from "./event-requests.js";
import type { LineStations } from "./line-stations.js";
import { type Answer, accept, type FaceOutput, refuse } from "./mgcp-answer.js";
import { checkRequestedEvent, type SignalEffect, signalEffect } from "./packages.js";

export interface RequestOutcome {
  readonly answer: Answer;
  /** To be sent after the answer. */
  readonly notification: Notification | null;
}

export class MgcpRequests {
  readonly #stations: LineStations;

  constructor(stations: LineStations) {
    this.#stations = stations;
  }

  /** callerNumber: what a rung station is shown, from the tag of the connection on the line. */
  request(command: MgcpCommand, endpoint: Endpoint, callerNumber: string, at: Moment): RequestOutcome {
    const { requestIdentifier, requestedEvents = [], signals = [], digitMap } = command.parameters;
    if (requestIdentifier === undefined) return refused(refuse(510, "RQNT needs a request identifier (X:)"));
    const wrong = this.#checkEvents(endpoint, requestedEvents, digitMap !== undefined);
    if (wrong !== null) return refused(wrong);
    const effects: SignalEffect[] = [];
    for (const signal of signals) {
      const effect = signalEffect(signal);
      if (typeof effect !== "string") return refused(refuse(effect.code, effect.reason));
      if (effect === "ring" && this.#stations.hook(endpoint.local) === "off-hook")
        return refused(refuse(401, `the station on ${endpoint.local} is off hook`));
      effects.push(effect);
    }
    const outputs = this.#apply(endpoint.local, effects, callerNumber, at);
    const { local, requests } = endpoint;
    const notification = requests.request({ requestIdentifier, requestedEvents, digitMap: digitMap ?? null });
    const log: FaceOutput = {
      kind: "log",
      event: "request",
      fields: { endpoint: local, signals: effects, events: requestedEvents.map(({ event }) => event) },
    };
    return { answer: accept({}, [...outputs, log]), notification };
  }

  #checkEvents(endpoint: Endpoint, requested: readonly RequestedEvent[], bringsDigitMap: boolean): Answer | null {
    for (const event of requested) {
      const refusal = checkRequestedEvent(event);
      if (refusal !== null) return refuse(refusal.code, refusal.reason);
      const unsupported = event.actions.find(({ kind }) => ["embedded", "swap", "extension"].includes(kind));
      if (unsupported !== undefined) return refuse(523, `action ${unsupported.kind} is not supported`);
      const mapped = event.actions.some(({ kind }) => kind === "digits");
      if (mapped && !bringsDigitMap && endpoint.requests.current.digitMap === null)
        return refuse(519, `${endpoint.local} has no digit map`);
    }
    return this.#checkHook(endpoint, requested);
  }

  /**
   * Section 4.4.2: asked to wait for what has happened already, the gateway says so, unless the event itself still waits
   * in the quarantine and will answer the request.
   */
  #checkHook(endpoint: Endpoint, requested: readonly RequestedEvent[]): Answer | null {
    const asksFor = (event: string) =>
      requested.some((one) => (one.packageName ?? "L").toUpperCase() === "L" && one.event === event) &&
      !endpoint.requests.isQuarantined("L", event);
    const hook = this.#stations.hook(endpoint.local);
    if (hook === "off-hook" && asksFor("hd") && !asksFor("hu"))
      return refuse(401, `the station on ${endpoint.local} is off hook`);
    if (hook === "on-hook" && asksFor("hu") && !asksFor("hd"))
      return refuse(402, `the station on ${endpoint.local} is on hook`);
    return null;
  }

  /** The list replaces the signals that were on: ringing that is not in it stops (section 2.3.3). */
  #apply(line: string, effects: readonly SignalEffect[], callerNumber: string, at: Moment): FaceOutput[] {
    const outputs: FaceOutput[] = [];
    if (!effects.includes("ring")) outputs.push(...this.#stations.stopRinging(line, at.nowMs));
    for (const effect of effects) {
      if (effect === "ring") outputs.push(...this.#stations.ring(line, callerNumber, at.nowMs));
      if (effect === "ringback") outputs.push(...this.#stations.ringback(line, at.nowMs));
      if (effect === "refuse") outputs.push(...this.#stations.release(line, at.nowMs));
    }
    return outputs;
  }
}

function refused(answer: Answer): RequestOutcome {
  return { answer, notification: null };
}
