/** Quarantine and notification state (RFC 3435 section 4.4.1), against a model that holds nothing but lists. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { digitTimerDefaults } from "#protocol/mgcp/digit-collector.js";
import { type EventRequest, EventRequests, type RequestStep } from "../../../firmware/management/event-requests.js";
import { eventNames, eventTexts, requestedEvents } from "../../support/event-request-texts.js";

const events = ["L/hd", "L/hu", "L/hf", "G/ld", "D/5"] as const;
type Event = (typeof events)[number];
type Action = "N" | "A" | "I";

interface Model {
  phase: "processing" | "notifying" | "stranded" | "lockstep";
  isRenewed: boolean;
  pending: Event[];
  waiting: Event[];
  observed: Event[];
  identifier: string;
  actions: Map<Event, Action>;
  detected: Set<Event>;
  loop: boolean;
}

type Real = { readonly requests: EventRequests };

/** What the model says is told, in the words of `tell`. */
function process(model: Model): string[] {
  const told: string[] = [];
  while (model.phase === "processing") {
    const event = model.waiting.shift();
    if (event === undefined) break;
    const action = model.actions.get(event);
    if (action === undefined || action === "I") continue;
    model.observed.push(event);
    if (action === "A") continue;
    told.push(`${model.identifier}: ${model.observed.join(",")}`);
    Object.assign(model, { pending: model.observed, observed: [], phase: "notifying", isRenewed: false });
  }
  return told;
}

function tell(steps: readonly RequestStep[]): string[] {
  return steps.flatMap((step) =>
    step.kind === "notify"
      ? [`${step.notification.requestIdentifier}: ${eventTexts(step.notification.observedEvents)}`]
      : [],
  );
}

function agree(model: Model, real: Real, expected: readonly string[], steps: readonly RequestStep[]): void {
  expect(tell(steps)).toEqual(expected);
  const { requests } = real;
  expect(eventTexts(requests.observed)).toBe((model.phase === "notifying" ? model.pending : model.observed).join(","));
  const state = { processing: "other", notifying: "notification", stranded: "notification", lockstep: "lockstep" };
  expect(requests.notificationState).toBe(state[model.phase]);
}

/** Leaves the notification state. */
function leave(model: Model, isRenewed: boolean): string[] {
  model.phase = isRenewed || model.loop ? "processing" : "lockstep";
  model.pending = [];
  return process(model);
}

class Observe implements fc.Command<Model, Real> {
  readonly event: Event;
  constructor(event: Event) {
    this.event = event;
  }
  check = () => true;
  run(model: Model, real: Real): void {
    if (model.actions.has(this.event) || model.detected.has(this.event)) model.waiting.push(this.event);
    const expected = process(model);
    const steps = eventNames(this.event).flatMap((event) => real.requests.observe(event, 0));
    agree(model, real, expected, steps);
  }
  toString = () => `observe ${this.event}`;
}

class Request implements fc.Command<Model, Real> {
  readonly wanted: readonly { readonly event: Event; readonly action: Action }[];
  readonly detected: readonly Event[] | null;
  readonly quarantine: { readonly loop: boolean; readonly process: boolean };
  readonly identifier: string;
  constructor(
    wanted: Request["wanted"],
    detected: Request["detected"],
    quarantine: Request["quarantine"],
    identifier: number,
  ) {
    this.wanted = wanted;
    this.detected = detected;
    this.quarantine = quarantine;
    this.identifier = identifier.toString(16);
  }
  check = () => true;
  run(model: Model, real: Real): void {
    model.waiting = this.quarantine.process ? [...model.observed, ...model.waiting] : [];
    model.observed = [];
    model.actions = new Map(this.wanted.map(({ event, action }) => [event, action]));
    if (this.detected !== null) model.detected = new Set(this.detected);
    model.identifier = this.identifier;
    model.loop = this.quarantine.loop;
    if (model.phase === "notifying") model.isRenewed = true;
    else model.phase = "processing";
    agree(model, real, process(model), real.requests.request(this.#request(), 0));
  }
  toString = () => `request ${this.identifier} ${this.#text()} ${JSON.stringify(this.quarantine)} T: ${this.detected}`;
  #text = () => this.wanted.map(({ event, action }) => `${event}(${action})`).join(",");
  #request(): EventRequest {
    return {
      requestIdentifier: this.identifier,
      requestedEvents: requestedEvents(this.#text()),
      digitMap: null,
      quarantine: this.quarantine,
      detectEvents: this.detected === null ? null : eventNames(this.detected.join(",")),
      persistentEvents: null,
    };
  }
}

class Answered implements fc.Command<Model, Real> {
  check = (model: Readonly<Model>) => model.phase === "notifying";
  run(model: Model, real: Real): void {
    agree(model, real, leave(model, model.isRenewed), real.requests.answered(0));
  }
  toString = () => "answered";
}

class Undelivered implements fc.Command<Model, Real> {
  check = (model: Readonly<Model>) => model.phase === "notifying";
  run(model: Model, real: Real): void {
    model.waiting = [...model.pending, ...model.waiting];
    model.pending = [];
    model.phase = model.isRenewed ? "processing" : "stranded";
    agree(model, real, process(model), real.requests.undelivered(0));
  }
  toString = () => "undelivered";
}

class Reconnected implements fc.Command<Model, Real> {
  check = (model: Readonly<Model>) => model.phase === "stranded";
  run(model: Model, real: Real): void {
    agree(model, real, leave(model, false), real.requests.reconnected(0));
  }
  toString = () => "reconnected";
}

const oneEvent = fc.constantFrom(...events);
const wanted = fc.uniqueArray(fc.record({ event: oneEvent, action: fc.constantFrom("N", "A", "I") }), {
  selector: ({ event }) => event,
});
const quarantine = fc.record({ loop: fc.boolean(), process: fc.boolean() });
const commands = fc.commands(
  [
    oneEvent.map((event) => new Observe(event)),
    fc
      .tuple(wanted, fc.option(fc.uniqueArray(oneEvent)), quarantine, fc.nat(255))
      .map((parts) => new Request(...parts)),
    fc.constant(new Answered()),
    fc.constant(new Undelivered()),
    fc.constant(new Reconnected()),
  ],
  { maxCommands: 60 },
);

test("what is told, when, and under which request, is what lists alone would say", () => {
  fc.assert(
    fc.property(commands, (sequence) => {
      const setup = () => ({
        model: {
          phase: "processing" as const,
          isRenewed: false,
          pending: [],
          waiting: [],
          observed: [],
          identifier: "0",
          actions: new Map(),
          detected: new Set<Event>(),
          loop: false,
        },
        real: {
          requests: new EventRequests(
            { quarantineMax: 200, observedMax: 200, digitTimers: digitTimerDefaults },
            () => null,
          ),
        },
      });
      fc.modelRun(setup, sequence);
    }),
    { numRuns: 400 },
  );
});

test("whatever happens, no more is kept than the limits say", () => {
  fc.assert(
    fc.property(
      fc.array(oneEvent, { maxLength: 100 }),
      fc.nat(6),
      fc.integer({ min: 1, max: 6 }),
      (seen, max, most) => {
        const options = { quarantineMax: max, observedMax: most, digitTimers: digitTimerDefaults };
        const requests = new EventRequests(options, () => null);
        const whole = { digitMap: null, quarantine: { loop: false, process: true }, detectEvents: null };
        const request = (text: string) => ({
          requestIdentifier: "1",
          requestedEvents: requestedEvents(text),
          persistentEvents: null,
          ...whole,
        });
        requests.request(request("L/hd(N),L/hu(A),L/hf(A),G/ld(A),D/5(A),B/qbo(A),B/oef(A)"), 0);
        for (const event of seen) for (const name of eventNames(event)) requests.observe(name, 0);
        expect(requests.observed.length).toBeLessThanOrEqual(most + 1);
        const steps = requests.answered(0);
        expect(steps).toEqual([]);
        requests.request(request("L/hd(A),L/hu(A),L/hf(A),G/ld(A),D/5(A),B/qbo(A)"), 0);
        expect(requests.observed.length).toBeLessThanOrEqual(Math.max(most, max + 1));
      },
    ),
    { numRuns: 200 },
  );
});
