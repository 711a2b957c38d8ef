/**
 * The event packages this gateway has, as one table: what can be asked for, what can be signalled, what a signal does
 * (RFC 3660: L line, D DTMF, G generic; RFC 3435 section 6 for our own x-ho).
 */
import type { EventName } from "#protocol/mgcp/message.js";

/** What applying the signal means for the station on the line. */
export type SignalEffect = "ring" | "ringback" | "refuse" | "none";

interface PackageRow {
  readonly name: string;
  readonly version: number;
  /** Event ids that can be requested; D's are single letters, also as a range. */
  readonly events: readonly string[];
  readonly signals: Readonly<Record<string, SignalEffect>>;
}

/**
 * A packet telephone makes its own dial tone; ringback it makes when told that the far station rings; busy and congestion
 * end its attempt.
 */
const packages: readonly PackageRow[] = [
  {
    name: "L",
    version: 1,
    events: ["hd", "hu"],
    signals: { rg: "ring", dl: "none", rt: "ringback", bz: "refuse", ot: "none", ro: "refuse" },
  },
  { name: "D", version: 1, events: [..."0123456789*#ABCDT"], signals: {} },
  { name: "G", version: 1, events: [], signals: { rt: "ringback", rbk: "ringback", cg: "refuse" } },
  { name: "X-HO", version: 1, events: [], signals: {} },
];

export interface EventRefusal {
  /** 518 unknown package, 522 no such event or signal. */
  readonly code: 518 | 522;
  readonly reason: string;
}

export const packageList = packages.map(({ name, version }) => ({ name, version }));

export function checkRequestedEvent(requested: EventName): EventRefusal | null {
  if (requested.packageName === "*") return null;
  const found = findPackage(requested);
  if ("code" in found) return found;
  const { event } = requested;
  if (event === "*" || event === "all" || found.events.includes(event)) return null;
  const range = /^\[([0-9A-DTX*#-]+)\]$/i.exec(event);
  if (range !== null && found.name === "D") return null;
  return { code: 522, reason: `package ${found.name} has no event ${event}` };
}

export function signalEffect(signal: EventName): SignalEffect | EventRefusal {
  const found = findPackage(signal);
  if ("code" in found) return found;
  return found.signals[signal.event] ?? { code: 522, reason: `package ${found.name} has no signal ${signal.event}` };
}

function findPackage(name: EventName): PackageRow | EventRefusal {
  const wanted = name.packageName?.toUpperCase() ?? "L";
  const row = packages.find((candidate) => candidate.name === wanted);
  return row ?? { code: 518, reason: `package ${wanted} is not supported` };
}
