/**
 * The four transaction state machines as pure steps: RFC 3261 figures 6 and 8 (non-INVITE client and server),
 * RFC 6026 figures 5 and 7 (INVITE client and server, with the accepted state). A step is told what happened and says
 * the next state and what to do; it knows no message and no clock. transactions.ts carries out what it says.
 */

/**
 * Timers by their letter in RFC 3261 table 4 and RFC 6026 section 8.5; besides them
 * trying: 200 ms without an answer from the user, then 100 goes out (section 17.2.1);
 * ok: repeats a 2xx until its ACK (section 13.3.1.4); cancelled: 64*T1 after CANCEL, give the INVITE up (section 9.1).
 */
export const transactionTimers = [
  "A",
  "B",
  "D",
  "E",
  "F",
  "G",
  "H",
  "I",
  "J",
  "K",
  "L",
  "M",
  "trying",
  "ok",
  "cancelled",
] as const;
export type TransactionTimer = (typeof transactionTimers)[number];

export interface TransactionTimes {
  /** Estimate of the round trip, 500 ms by default. */
  readonly t1Ms: number;
  /** Longest interval of retransmissions, 4 s. */
  readonly t2Ms: number;
  /** Longest life of a message in the network, 5 s. */
  readonly t4Ms: number;
}

export const transactionTimes: TransactionTimes = { t1Ms: 500, t2Ms: 4_000, t4Ms: 5_000 };

/** Timer D: at least 32 s whatever T1 is, for the far side's T1 is not known (RFC 6026 section 8.4). */
const timerDMs = 32_000;
const tryingMs = 200;

export type ClientState =
  | { readonly name: "calling"; readonly repeatMs: number }
  | { readonly name: "trying"; readonly repeatMs: number }
  | { readonly name: "proceeding" }
  | { readonly name: "completed" }
  | { readonly name: "accepted" }
  | { readonly name: "terminated" };

export type ServerState =
  | { readonly name: "trying" }
  | { readonly name: "proceeding" }
  | { readonly name: "completed"; readonly repeatMs: number }
  | { readonly name: "confirmed" }
  | { readonly name: "accepted"; readonly repeatMs: number; readonly acknowledged: boolean }
  | { readonly name: "terminated" };

export type ClientHappening =
  | { readonly kind: "response"; readonly status: number }
  | { readonly kind: "timer"; readonly timer: TransactionTimer };

export type ServerHappening =
  | { readonly kind: "request" | "ack" }
  | { readonly kind: "respond"; readonly status: number }
  | { readonly kind: "timer"; readonly timer: TransactionTimer };

export type TransactionAction =
  /** Send (again) the request of a client, the last response of a server. */
  | { readonly kind: "send" }
  /** Send the ACK of a non-2xx final response (section 17.1.1.3). */
  | { readonly kind: "send-ack" }
  | { readonly kind: "send-trying" }
  /** Hand the response, or the ACK of a 2xx, to the user. */
  | { readonly kind: "deliver" }
  /** Client: no answer in time. Server: a final response to INVITE was never acknowledged. */
  | { readonly kind: "timed-out" }
  | { readonly kind: "start"; readonly timer: TransactionTimer; readonly afterMs: number }
  | { readonly kind: "stop"; readonly timer: TransactionTimer };

export interface Step<State> {
  readonly state: State;
  readonly actions: readonly TransactionAction[];
}

export interface StepOptions extends TransactionTimes {
  readonly reliable: boolean;
}

function start(timer: TransactionTimer, afterMs: number): TransactionAction {
  return { kind: "start", timer, afterMs };
}

function stop(...timers: readonly TransactionTimer[]): TransactionAction[] {
  return timers.map((timer) => ({ kind: "stop", timer }));
}

const send: TransactionAction = { kind: "send" };
const deliver: TransactionAction = { kind: "deliver" };
const timedOut: TransactionAction = { kind: "timed-out" };

/** Section 17.1.1.2 and RFC 6026 section 8.4. */
export function startInviteClient({ t1Ms, reliable }: StepOptions): Step<ClientState> {
  const repeat = reliable ? [] : [start("A", t1Ms)];
  return { state: { name: "calling", repeatMs: t1Ms }, actions: [send, ...repeat, start("B", 64 * t1Ms)] };
}

export function stepInviteClient(
  state: ClientState,
  happening: ClientHappening,
  options: StepOptions,
): Step<ClientState> {
  const waiting = state.name === "calling" || state.name === "proceeding";
  if (happening.kind === "response") {
    const isProvisional = happening.status < 200;
    const isSuccess = happening.status >= 200 && happening.status < 300;
    if (waiting && isProvisional) {
      return { state: { name: "proceeding" }, actions: [...stop("A", "B"), deliver] };
    }
    if (waiting && isSuccess) {
      const actions = [...stop("A", "B", "cancelled"), deliver, start("M", 64 * options.t1Ms)];
      return { state: { name: "accepted" }, actions };
    }
    if (waiting) {
      const absorb = start("D", options.reliable ? 0 : Math.max(timerDMs, 64 * options.t1Ms));
      const actions = [...stop("A", "B", "cancelled"), { kind: "send-ack" } as const, deliver, absorb];
      return { state: { name: "completed" }, actions };
    }
    if (state.name === "accepted" && isSuccess) return { state, actions: [deliver] };
    if (state.name === "completed" && happening.status >= 300) return { state, actions: [{ kind: "send-ack" }] };
    return { state, actions: [] };
  }
  if (state.name === "calling" && happening.timer === "A") {
    const repeatMs = 2 * state.repeatMs;
    return { state: { name: "calling", repeatMs }, actions: [send, start("A", repeatMs)] };
  }
  if (state.name === "calling" && happening.timer === "B")
    return { state: { name: "terminated" }, actions: [timedOut] };
  if (waiting && happening.timer === "cancelled") return { state: { name: "terminated" }, actions: [timedOut] };
  if (happening.timer === "D" || happening.timer === "M") return { state: { name: "terminated" }, actions: [] };
  return { state, actions: [] };
}

/** Section 17.1.2.2. */
export function startNonInviteClient({ t1Ms, reliable }: StepOptions): Step<ClientState> {
  const repeat = reliable ? [] : [start("E", t1Ms)];
  return { state: { name: "trying", repeatMs: t1Ms }, actions: [send, ...repeat, start("F", 64 * t1Ms)] };
}

export function stepNonInviteClient(
  state: ClientState,
  happening: ClientHappening,
  options: StepOptions,
): Step<ClientState> {
  const waiting = state.name === "trying" || state.name === "proceeding";
  if (happening.kind === "response") {
    if (!waiting) return { state, actions: [] };
    if (happening.status < 200) return { state: { name: "proceeding" }, actions: [deliver] };
    const absorb = start("K", options.reliable ? 0 : options.t4Ms);
    return { state: { name: "completed" }, actions: [...stop("E", "F"), deliver, absorb] };
  }
  if (state.name === "trying" && happening.timer === "E") {
    const repeatMs = Math.min(2 * state.repeatMs, options.t2Ms);
    return { state: { name: "trying", repeatMs }, actions: [send, start("E", repeatMs)] };
  }
  if (state.name === "proceeding" && happening.timer === "E")
    return { state, actions: [send, start("E", options.t2Ms)] };
  if (waiting && happening.timer === "F") return { state: { name: "terminated" }, actions: [...stop("E"), timedOut] };
  if (happening.timer === "K") return { state: { name: "terminated" }, actions: [] };
  return { state, actions: [] };
}

/** Section 17.2.1 and RFC 6026 section 8.7. */
export function startInviteServer(): Step<ServerState> {
  return { state: { name: "proceeding" }, actions: [start("trying", tryingMs)] };
}

export function stepInviteServer(
  state: ServerState,
  happening: ServerHappening,
  options: StepOptions,
): Step<ServerState> {
  switch (state.name) {
    case "proceeding":
      return proceedingInviteServer(state, happening, options);
    case "completed":
      if (happening.kind === "request") return { state, actions: [send] };
      if (happening.kind === "ack") {
        const actions = [...stop("G", "H"), start("I", options.reliable ? 0 : options.t4Ms)];
        return { state: { name: "confirmed" }, actions };
      }
      if (happening.kind === "timer" && happening.timer === "G") {
        const repeatMs = Math.min(2 * state.repeatMs, options.t2Ms);
        return { state: { name: "completed", repeatMs }, actions: [send, start("G", repeatMs)] };
      }
      if (happening.kind === "timer" && happening.timer === "H")
        return { state: { name: "terminated" }, actions: [...stop("G"), timedOut] };
      return { state, actions: [] };
    case "accepted":
      return acceptedInviteServer(state, happening, options);
    case "confirmed":
      if (happening.kind === "timer" && happening.timer === "I") return { state: { name: "terminated" }, actions: [] };
      return { state, actions: [] };
    case "trying":
    case "terminated":
      return { state, actions: [] };
  }
}

function proceedingInviteServer(
  state: ServerState,
  happening: ServerHappening,
  options: StepOptions,
): Step<ServerState> {
  if (happening.kind === "request") return { state, actions: [send] };
  if (happening.kind === "timer" && happening.timer === "trying") return { state, actions: [{ kind: "send-trying" }] };
  if (happening.kind !== "respond") return { state, actions: [] };
  const { t1Ms, reliable } = options;
  if (happening.status < 200) return { state, actions: [...stop("trying"), send] };
  if (happening.status < 300) {
    const actions = [...stop("trying"), send, start("ok", t1Ms), start("L", 64 * t1Ms)];
    return { state: { name: "accepted", repeatMs: t1Ms, acknowledged: false }, actions };
  }
  const repeat = reliable ? [] : [start("G", t1Ms)];
  const actions = [...stop("trying"), send, ...repeat, start("H", 64 * t1Ms)];
  return { state: { name: "completed", repeatMs: t1Ms }, actions };
}

/**
 * RFC 6026 section 7.1 leaves repeating the 2xx to the user; every user of ours would do the same (section 13.3.1.4),
 * so it is done here. Retransmitted INVITEs are absorbed, every ACK is delivered.
 */
function acceptedInviteServer(
  state: Extract<ServerState, { name: "accepted" }>,
  happening: ServerHappening,
  options: StepOptions,
): Step<ServerState> {
  if (happening.kind === "ack") return { state: { ...state, acknowledged: true }, actions: [...stop("ok"), deliver] };
  if (happening.kind === "timer" && happening.timer === "ok" && !state.acknowledged) {
    const repeatMs = Math.min(2 * state.repeatMs, options.t2Ms);
    return { state: { ...state, repeatMs }, actions: [send, start("ok", repeatMs)] };
  }
  if (happening.kind === "timer" && happening.timer === "L") {
    return { state: { name: "terminated" }, actions: [...stop("ok"), ...(state.acknowledged ? [] : [timedOut])] };
  }
  return { state, actions: [] };
}

/** Section 17.2.2. Timer J runs from the start: when the user never answers, the client has given up by then too. */
export function startNonInviteServer({ t1Ms }: StepOptions): Step<ServerState> {
  return { state: { name: "trying" }, actions: [start("J", 64 * t1Ms)] };
}

export function stepNonInviteServer(
  state: ServerState,
  happening: ServerHappening,
  options: StepOptions,
): Step<ServerState> {
  const unanswered = state.name === "trying" || state.name === "proceeding";
  if (happening.kind === "respond" && unanswered) {
    if (happening.status < 200) return { state: { name: "proceeding" }, actions: [send] };
    const absorb = start("J", options.reliable ? 0 : 64 * options.t1Ms);
    return { state: { name: "completed", repeatMs: 0 }, actions: [send, absorb] };
  }
  if (happening.kind === "request" && state.name !== "trying") return { state, actions: [send] };
  if (happening.kind === "timer" && happening.timer === "J") return { state: { name: "terminated" }, actions: [] };
  return { state, actions: [] };
}
