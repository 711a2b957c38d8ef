/**
 * One call between two lines: its states and the one step that moves it. It speaks no protocol: steps go in as what
 * happened, and come out as what is to be done; call-agent.ts turns those into MGCP commands and their answers back.
 *
 *   creating-originating ─created─► creating-terminating ─created─► describing ─modified─► ringing ─answer─►
 *   connecting ─both modified─► talking ─on-hook─► releasing ─both deleted─► released
 *
 *   Any failure or on-hook before that leads to releasing too, which waits for a creation still under way and deletes
 *   what it made: nothing is left on a gateway because a caller was impatient. Each line is free as soon as its own
 *   connection is gone.
 */
export const sides = ["originating", "terminating"] as const;
export type Side = (typeof sides)[number];

export function otherSide(side: Side): Side {
  return side === "originating" ? "terminating" : "originating";
}

/** A line's part in the call. `connectionId` is null until it is known, and after it is gone. */
export interface CallLeg {
  readonly gateway: string;
  readonly endpoint: string;
  readonly number: string;
  readonly connectionId: string | null;
  /** Session description of the gateway's own side, as it gave it. */
  readonly session: string | null;
}

/** Why a call is being released; decides what the parties hear and what the record says. */
export type ReleaseCause =
  | "calling-on-hook"
  | "called-on-hook"
  | "no-answer"
  /** The called station cannot be rung. */
  | "unreachable"
  | "refused"
  | "gateway-ended"
  | "server-released";

type Deletion = "creating" | "deleting" | "done";

export type CallState =
  | { readonly name: "creating-originating" }
  /** It rings as soon as it is there, so it may be picked up before the caller's side knows where to send. */
  | { readonly name: "creating-terminating"; readonly isAnswered: boolean }
  | { readonly name: "describing"; readonly isAnswered: boolean }
  | { readonly name: "ringing" }
  /** triedAgain: sides whose gateway did not answer the first time. */
  | { readonly name: "connecting"; readonly waitingFor: readonly Side[]; readonly triedAgain: readonly Side[] }
  | { readonly name: "talking" }
  | {
      readonly name: "releasing";
      readonly cause: ReleaseCause;
      readonly deletions: Readonly<Record<Side, Deletion>>;
    }
  | { readonly name: "released"; readonly cause: ReleaseCause };

export interface Call {
  readonly callId: string;
  readonly legs: Readonly<Record<Side, CallLeg>>;
  readonly state: CallState;
}

export type CallInput =
  | { readonly kind: "created"; readonly side: Side; readonly connectionId: string; readonly session: string }
  | { readonly kind: "modified"; readonly side: Side }
  | { readonly kind: "deleted"; readonly side: Side }
  /** `answered`: the gateway refused; otherwise nobody knows what it did. */
  | { readonly kind: "failed"; readonly side: Side; readonly step: ConnectionStep["kind"]; readonly answered: boolean }
  /** The gateway was audited and does not have this leg's connection. */
  | { readonly kind: "gone"; readonly side: Side }
  | { readonly kind: "off-hook"; readonly side: Side }
  | { readonly kind: "on-hook"; readonly side: Side }
  | { readonly kind: "no-answer" | "unreachable" }
  | { readonly kind: "release"; readonly cause: ReleaseCause };

/** What a line in a call is to hear. */
export type LineSignal = "ringback" | "ringing" | "silence";

/** What is done to a connection, with what its line is to hear from then on. */
export type ConnectionStep =
  | { readonly kind: "create"; readonly side: Side; readonly remote: string | null; readonly signal: LineSignal }
  | { readonly kind: "describe"; readonly side: Side; readonly remote: string; readonly signal: LineSignal }
  | { readonly kind: "connect"; readonly side: Side; readonly signal: LineSignal }
  /** By connection where its id is known, by call id where a creation may or may not have happened. */
  | {
      readonly kind: "delete";
      readonly side: Side;
      readonly connectionId: string | null;
      readonly cause: ReleaseCause;
    };

export type CallStep =
  | ConnectionStep
  /** The line has no connection of the call any more. */
  | { readonly kind: "free"; readonly side: Side; readonly cause: ReleaseCause }
  /** Both lines are free; the call may be given its record. */
  | { readonly kind: "close"; readonly cause: ReleaseCause };

export interface CallTurn {
  readonly call: Call;
  readonly steps: readonly CallStep[];
}

export function startCall(callId: string, originating: CallLeg, terminating: CallLeg): CallTurn {
  const call: Call = { callId, legs: { originating, terminating }, state: { name: "creating-originating" } };
  return { call, steps: [{ kind: "create", side: "originating", remote: null, signal: "silence" }] };
}

/** The called party picked up while no call server was there to hear it: goes on where the answer would have led. */
export function answerRecovered(call: Call): CallTurn {
  return answered(call);
}

/** What does not fit the state changes nothing: a late answer, a hook event that was journalled and notified. */
export function stepCall(call: Call, input: CallInput): CallTurn {
  if (call.state.name === "releasing") return stepReleasing(call, call.state, input);
  if (call.state.name === "released") return { call, steps: [] };
  switch (input.kind) {
    case "created":
      return created(call, input.side, input.connectionId, input.session);
    case "modified":
      return modified(call, input.side);
    case "off-hook":
      return input.side === "terminating" ? pickedUp(call) : { call, steps: [] };
    case "on-hook":
      return release(call, input.side === "originating" ? "calling-on-hook" : "called-on-hook");
    case "no-answer":
    case "unreachable":
      return isRinging(call.state) ? release(call, input.kind) : { call, steps: [] };
    case "gone":
      return gone(call, input.side);
    case "failed":
      return failed(call, input.side, input.answered);
    case "release":
      return release(call, input.cause);
    case "deleted":
      return { call, steps: [] };
  }
}

/** Its station is asked to ring, and nobody has picked it up. */
export function isRinging(state: CallState): boolean {
  return state.name === "ringing" || ("isAnswered" in state && !state.isAnswered);
}

/** RFC 3435 section 2.3.5: the second connection is made with the first one's description, and rings, at once. */
function created(call: Call, side: Side, connectionId: string, session: string): CallTurn {
  const known = withLeg(call, side, { connectionId, session });
  if (call.state.name === "creating-originating" && side === "originating") {
    return {
      call: { ...known, state: { name: "creating-terminating", isAnswered: false } },
      steps: [{ kind: "create", side: "terminating", remote: session, signal: "ringing" }],
    };
  }
  if (call.state.name === "creating-terminating" && side === "terminating") {
    return {
      call: { ...known, state: { name: "describing", isAnswered: call.state.isAnswered } },
      steps: [{ kind: "describe", side: "originating", remote: session, signal: "ringback" }],
    };
  }
  return { call, steps: [] };
}

function modified(call: Call, side: Side): CallTurn {
  const { state } = call;
  if (state.name === "describing" && side === "originating") {
    return state.isAnswered ? answered(call) : { call: { ...call, state: { name: "ringing" } }, steps: [] };
  }
  if (state.name !== "connecting") return { call, steps: [] };
  const waitingFor = state.waitingFor.filter((waiting) => waiting !== side);
  const next: CallState = waitingFor.length === 0 ? { name: "talking" } : { ...state, waitingFor };
  return { call: { ...call, state: next }, steps: [] };
}

/** Before the caller's side is described there is nothing to connect yet. */
function pickedUp(call: Call): CallTurn {
  const { state } = call;
  if (state.name === "ringing") return answered(call);
  return { call: "isAnswered" in state ? { ...call, state: { ...state, isAnswered: true } } : call, steps: [] };
}

/** Both directions at once: the called party speaks first, and must be heard. */
function answered(call: Call): CallTurn {
  return {
    call: { ...call, state: { name: "connecting", waitingFor: sides, triedAgain: [] } },
    steps: [
      { kind: "connect", side: "terminating", signal: "silence" },
      { kind: "connect", side: "originating", signal: "silence" },
    ],
  };
}

function gone(call: Call, side: Side): CallTurn {
  const { legs } = call;
  const known = withLeg(call, side, { connectionId: null });
  const other = otherSide(side);
  return releaseLegs(known, "gateway-ended", {
    creating: null,
    unsure: legs[other].connectionId === null ? [other] : [],
  });
}

/**
 * An answer that never came to a creation leaves a connection that may exist: it is deleted by call id. One that never came
 * to a connect leaves two who may well talk to each other: it is asked for once more.
 */
function failed(call: Call, side: Side, answeredByGateway: boolean): CallTurn {
  const { state } = call;
  if (state.name === "connecting" && !answeredByGateway && !state.triedAgain.includes(side)) {
    const triedAgain = [...state.triedAgain, side];
    return {
      call: { ...call, state: { ...state, triedAgain } },
      steps: [{ kind: "connect", side, signal: "silence" }],
    };
  }
  if (creatingSide(call.state) !== side) return release(call, "refused");
  return releaseLegs(call, "refused", { creating: null, unsure: answeredByGateway ? [] : [side] });
}

function release(call: Call, cause: ReleaseCause): CallTurn {
  const creating = creatingSide(call.state);
  // A leg of a recovered call whose gateway has not been audited yet may well be there.
  const unsure = call.state.name === "talking" ? sides.filter((side) => call.legs[side].connectionId === null) : [];
  return releaseLegs(call, cause, { creating, unsure });
}

function releaseLegs(
  call: Call,
  cause: ReleaseCause,
  legs: { readonly creating: Side | null; readonly unsure: readonly Side[] },
): CallTurn {
  const steps: CallStep[] = [];
  const plan = (side: Side): Deletion => {
    const { connectionId } = call.legs[side];
    if (connectionId === null && side === legs.creating) return "creating";
    const isNone = connectionId === null && !legs.unsure.includes(side);
    steps.push(isNone ? { kind: "free", side, cause } : { kind: "delete", side, connectionId, cause });
    return isNone ? "done" : "deleting";
  };
  const deletions = { originating: plan("originating"), terminating: plan("terminating") };
  return closeWhenDone({ ...call, state: { name: "releasing", cause, deletions } }, cause, deletions, steps);
}

function stepReleasing(
  call: Call,
  state: Extract<CallState, { readonly name: "releasing" }>,
  input: CallInput,
): CallTurn {
  if (!("side" in input)) return { call, steps: [] };
  const { side } = input;
  const { cause } = state;
  const next = nextDeletion(state.deletions[side], input);
  const isMade = next === "deleting" && input.kind === "created";
  const known = isMade ? withLeg(call, side, { connectionId: input.connectionId, session: input.session }) : call;
  const steps: CallStep[] = [];
  if (next !== state.deletions[side]) {
    const connectionId = isMade ? input.connectionId : null;
    steps.push(next === "done" ? { kind: "free", side, cause } : { kind: "delete", side, connectionId, cause });
  }
  const deletions = { ...state.deletions, [side]: next };
  return closeWhenDone({ ...known, state: { ...state, deletions } }, cause, deletions, steps);
}

/** What answers to a command before the deletion say is not what became of the deletion. */
function nextDeletion(deletion: Deletion, input: CallInput): Deletion {
  if (deletion === "creating") {
    if (input.kind === "created") return "deleting";
    if (input.kind === "failed" && input.step === "create") return input.answered ? "done" : "deleting";
  }
  if (deletion !== "deleting") return deletion;
  const isFailed = input.kind === "failed" && input.step === "delete";
  return isFailed || input.kind === "deleted" || input.kind === "gone" ? "done" : deletion;
}

function closeWhenDone(
  call: Call,
  cause: ReleaseCause,
  deletions: Readonly<Record<Side, Deletion>>,
  steps: readonly CallStep[],
): CallTurn {
  if (!sides.every((side) => deletions[side] === "done")) return { call, steps };
  return { call: { ...call, state: { name: "released", cause } }, steps: [...steps, { kind: "close", cause }] };
}

function creatingSide(state: CallState): Side | null {
  if (state.name === "creating-originating") return "originating";
  return state.name === "creating-terminating" ? "terminating" : null;
}

function withLeg(call: Call, side: Side, known: Partial<CallLeg>): Call {
  return { ...call, legs: { ...call.legs, [side]: { ...call.legs[side], ...known } } };
}
