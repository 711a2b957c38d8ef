/**
 * The packages of this gateway as one table: every event and signal the package documents define (RFC 3435 Appendix B,
 * RFC 3660), what each is here, and the packages that only bring parameters (RFC 3624, 3991, 3992, our x-ho). Looked up by
 * packages.ts; docs/mgcp.md is the same in words.
 */

/** What applying a signal means to the station on the line; a signal without a meaning there only takes its time. */
export type SignalEffect = "ring" | "ringback" | "refuse" | "none";

export interface EventRow {
  /** Null: defined by the package, but nothing here can detect it (code 512). */
  readonly place: "endpoint" | "connection" | null;
  /** Whether there is a state that EventStates tells. */
  readonly isState: boolean;
  /** Whether a request may bring parameters of the event's own. */
  readonly takesParameters: boolean;
}

export interface SignalRow {
  /** On/off, time-out, brief (RFC 3435 section 2.1.7). */
  readonly kind: "OO" | "TO" | "BR";
  /** How long it lasts; null: until it is stopped. For OO without meaning. */
  readonly durationMs: number | null;
  /** The hook state without which it is refused with 401 or 402. */
  readonly hook: "on-hook" | "off-hook" | null;
  readonly effect: SignalEffect;
  /** Whether it has parameters besides those of its kind (`to`, `+`, `-`). */
  readonly takesParameters: boolean;
  /** A code where it is known at once that it cannot be made. */
  readonly refusal: 513 | 514 | null;
}

export interface PackageRow {
  /** Upper case. */
  readonly name: string;
  readonly version: number;
  /** Endpoints without a line have the others only. */
  readonly needsLine: boolean;
  readonly events: ReadonlyMap<string, EventRow>;
  readonly signals: ReadonlyMap<string, SignalRow>;
}

const detected: EventRow = { place: "endpoint", isState: false, takesParameters: false };
const state: EventRow = { ...detected, isState: true };
const onConnection: EventRow = { ...detected, place: "connection" };
const undetected: EventRow = { place: null, isState: false, takesParameters: true };

const common = { durationMs: null, hook: null, effect: "none", takesParameters: false, refusal: null } as const;
const onOff: SignalRow = { ...common, kind: "OO" };
const untilStopped: SignalRow = { ...common, kind: "TO" };

function timeOut(durationMs: number, more: Partial<SignalRow> = {}): SignalRow {
  return { ...common, kind: "TO", durationMs, ...more };
}

function brief(durationMs: number, more: Partial<SignalRow> = {}): SignalRow {
  return { ...common, kind: "BR", durationMs, ...more };
}

const offHook = { hook: "off-hook" } as const;
const ringing = timeOut(180_000, { hook: "on-hook", effect: "ring", takesParameters: true });
const callWaiting = timeOut(12_000, offHook);
/** Tones that the media engine cannot put on a connection. */
const connectionTone = { ...common, kind: "TO", takesParameters: true, refusal: 513 } as const;

function each<Row>(names: string, row: Row): [string, Row][] {
  return names.split(" ").map((name) => [name, row]);
}

/** Every package with time-out signals has these (RFC 3435 section 6.6.1). */
const completion = each("oc of", detected);

/** RFC 3435 Appendix B. */
const base: PackageRow = packageRow("B", 0, false, each("enf oef qbo", detected), []);

/** RFC 3660 section 2.1. */
const generic: PackageRow = packageRow(
  "G",
  1,
  false,
  [...completion, ...each("ft mt pat", undetected), ["ld", onConnection]],
  [
    ["cf", brief(600, offHook)],
    ["cg", { ...untilStopped, effect: "refuse" }],
    ["it", untilStopped],
    ["pat", { ...onOff, takesParameters: true }],
    ["pt", untilStopped],
    ["rbk", connectionTone],
    ["rt", timeOut(180_000, { ...offHook, effect: "ringback" })],
  ],
);

/** RFC 3660 section 2.2: a tone is 50 ms, and 45 ms of silence behind it. */
const dtmf: PackageRow = packageRow(
  "D",
  1,
  true,
  [...completion, ...each("0 1 2 3 4 5 6 7 8 9 # * a b c d t x", detected), ...each("dd l", undetected)],
  [
    ...each("0 1 2 3 4 5 6 7 8 9 # * a b c d", brief(95, offHook)),
    ["dd", timeOut(3_000, { ...offHook, takesParameters: true })],
    ["do", { ...onOff, takesParameters: true }],
    ["t", timeOut(16_000)],
  ],
);

/** RFC 3660 section 2.4. A packet telephone has no flash to detect, so waiting for hf is waiting for nothing. */
const line: PackageRow = packageRow(
  "L",
  1,
  true,
  [...completion, ...each("hd hu", state), ["hf", detected], ...each("aw e nbz p s", undetected)],
  [
    ["adsi", brief(1_000, { takesParameters: true })],
    ...each("aw ht lsa v vmwi", onOff),
    ["bz", timeOut(30_000, { ...offHook, effect: "refuse" })],
    ["ci", brief(1_000, { takesParameters: true })],
    ["dl", timeOut(16_000, offHook)],
    ["e", timeOut(2_000)],
    ["mwi", timeOut(16_000, offHook)],
    ["nbz", { ...untilStopped, effect: "refuse" }],
    ["osi", timeOut(900)],
    ["ot", { ...untilStopped, ...offHook }],
    ["p", brief(300)],
    ...each("rg r0 r1 r2 r3 r4 r5 r6 r7", ringing),
    ["ro", timeOut(30_000, { effect: "refuse" })],
    ["rs", brief(500)],
    ["s", brief(1_000, { takesParameters: true })],
    ["sit", timeOut(2_000, { takesParameters: true })],
    ["sl", timeOut(16_000, { ...offHook, takesParameters: true })],
    ...each("wt wt1 wt2 wt3 wt4", callWaiting),
    ["y", untilStopped],
    ["z", brief(1_000)],
  ],
);

/** RFC 3660 section 2.10: what the statistics of a connection show. */
const rtp: PackageRow = packageRow(
  "R",
  1,
  false,
  [
    ...completion,
    ...each("ma qa", onConnection),
    ...each("pl rto", { ...onConnection, takesParameters: true }),
    ...each("co1 co2 iu ji sr uc", undetected),
  ],
  each("co1 co2", connectionTone),
);

/** RFC 3660 section 2.12: there are no announcements to be played yet. */
const announcements: PackageRow = packageRow("A", 1, false, completion, [["ann", { ...connectionTone, refusal: 514 }]]);

/** RFC 3660 section 2.8: the signals of the list one after the other, together as long as they are. */
const signalList: PackageRow = packageRow("SL", 0, true, completion, [
  ["s", { ...untilStopped, takesParameters: true }],
]);

/**
 * The first of those an endpoint has is its default package. Without events: the digit map letter of RFC 3660 section 2.7,
 * the codec parameters of 2.9, bulk audit (RFC 3624), redirect and reset (RFC 3991), lockstep (RFC 3992), our own.
 */
export const packageRows: readonly PackageRow[] = [
  line,
  dtmf,
  generic,
  base,
  rtp,
  announcements,
  signalList,
  packageRow("FM", 0, false, [], []),
  packageRow("DM1", 0, true, [], []),
  packageRow("BA", 0, false, [], []),
  packageRow("RED", 0, false, [], []),
  packageRow("LCK", 0, false, [], []),
  packageRow("X-HO", 1, false, [], []),
];

function packageRow(
  name: string,
  version: number,
  needsLine: boolean,
  events: readonly (readonly [string, EventRow])[],
  signals: readonly (readonly [string, SignalRow])[],
): PackageRow {
  return { name, version, needsLine, events: new Map(events), signals: new Map(signals) };
}
