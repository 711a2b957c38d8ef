/**
 * Events on the connections of one endpoint (RFC 3660 section 2.10, and G/ld of 2.1), found by looking at what the media
 * engine counts: media start, loss above a threshold, bad quality, silence, long duration. Each is told once for each
 * connection and request. Not here: what the counters do not show (ICMP, jitter buffer, codec and rate changes).
 */
import { findEventParameter } from "#protocol/mgcp/event-parameters.js";
import type { EventName } from "#protocol/mgcp/message.js";

/** One connection as the engine counts it; null is not known. */
export interface WatchedConnection {
  readonly connectionId: string;
  readonly packetsReceived: number | null;
  readonly packetsLost: number | null;
  readonly jitterMs: number | null;
  readonly roundTripMs: number | null;
  /** Since a packet was last heard. */
  readonly lastMediaAgeMs: number | null;
  readonly durationMs: number;
}

interface Watched {
  readonly wanted: EventName;
  /** Seconds of rto, or packets of 100,000 of pl. */
  readonly threshold: number;
  /** R/rto with st=ra: silence counts once the far side's RTCP was heard. */
  readonly afterRtcp: boolean;
}

/** What was counted when the connection was first looked at under this request. */
interface Baseline {
  readonly atMs: number;
  readonly received: number;
  readonly lost: number;
}

/** How often the counters are looked at. */
const everyMs = 250;

/** G/ld and R/qa leave these to provisioning. */
const longDurationMs = 3_600_000;
const quality = { lossPer100000: 3_000, jitterMs: 60, delayMs: 400 } as const;

const rtoDefaultSeconds = 60;
const lossScale = 100_000;

export class ConnectionWatch {
  #watched: readonly Watched[] = [];
  #baselines = new Map<string, Baseline>();
  #told = new Set<string>();
  #dueMs: number | null = null;

  /** A new request: counting and telling begin anew. */
  watch(wanted: readonly EventName[], connections: readonly WatchedConnection[], nowMs: number): void {
    this.#watched = wanted.flatMap((event) => readWatched(event) ?? []);
    this.#baselines = new Map();
    this.#told = new Set();
    this.#dueMs = this.#watched.length === 0 ? null : nowMs + everyMs;
    for (const connection of connections) {
      this.#baseline(connection, nowMs);
      if ((connection.packetsReceived ?? 0) > 0) this.#told.add(`ma@${connection.connectionId}`);
    }
  }

  next(): number | null {
    return this.#dueMs;
  }

  tick(connections: readonly WatchedConnection[], nowMs: number): EventName[] {
    if (this.#dueMs === null || nowMs < this.#dueMs) return [];
    this.#dueMs = nowMs + everyMs;
    const events: EventName[] = [];
    for (const connection of connections) {
      const baseline = this.#baseline(connection, nowMs);
      for (const watched of this.#watched) {
        const event = this.#look(watched, connection, baseline, nowMs);
        if (event !== null) events.push(event);
      }
    }
    return events;
  }

  #look(watched: Watched, connection: WatchedConnection, baseline: Baseline, nowMs: number): EventName | null {
    const { wanted, threshold } = watched;
    const { connectionId } = connection;
    const key = `${wanted.event.toLowerCase()}@${connectionId}`;
    const isMeant = wanted.connectionId === null || wanted.connectionId === "*";
    if (this.#told.has(key) || !(isMeant || wanted.connectionId?.toUpperCase() === connectionId)) return null;
    if (!hasHappened(watched, connection, baseline, nowMs)) return null;
    this.#told.add(key);
    const isParameterized = wanted.event.toLowerCase() === "rto" || wanted.event.toLowerCase() === "pl";
    const parameters = isParameterized ? [String(threshold)] : [];
    return { packageName: wanted.packageName, event: wanted.event, connectionId, parameters };
  }

  #baseline({ connectionId, packetsReceived, packetsLost }: WatchedConnection, nowMs: number): Baseline {
    const known = this.#baselines.get(connectionId);
    const baseline = known ?? { atMs: nowMs, received: packetsReceived ?? 0, lost: packetsLost ?? 0 };
    if (known === undefined) this.#baselines.set(connectionId, baseline);
    return baseline;
  }
}

/** Why an event on connections cannot be asked for so (code 538); null where it can, or is another. */
export function watchFault(event: EventName): string | null {
  const name = event.event.toLowerCase();
  const [value] = event.parameters;
  if (name === "pl" && !isWithin(value, lossScale)) return "R/pl needs its threshold, 1 to 100000";
  if (name !== "rto") return null;
  const own = event.parameters.filter((text) => !/^st[ \t]*=/i.test(text));
  const start = startOf(event);
  if (own.length > 1 || own.some((text) => !isWithin(text, 65_535))) return "R/rto is for 1 to 65535 s";
  return start === null || start === "im" || start === "ra" ? null : "R/rto starts im or ra";
}

function readWatched(wanted: EventName): Watched | null {
  const name = wanted.event.toLowerCase();
  if (name === "all" || !["ma", "pl", "qa", "rto", "ld"].includes(name)) return null;
  const number = Number(wanted.parameters.find((text) => /^\d+$/.test(text)) ?? rtoDefaultSeconds);
  return { wanted, threshold: number, afterRtcp: startOf(wanted) === "ra" };
}

function hasHappened(watched: Watched, connection: WatchedConnection, baseline: Baseline, nowMs: number): boolean {
  const { packetsReceived, jitterMs, roundTripMs, durationMs, lastMediaAgeMs } = connection;
  switch (watched.wanted.event.toLowerCase()) {
    case "ma":
      return (packetsReceived ?? 0) > 0;
    case "ld":
      return durationMs >= longDurationMs;
    case "pl":
      return lossPer100000(connection, baseline) > watched.threshold;
    case "qa":
      return (
        lossPer100000(connection, baseline) > quality.lossPer100000 ||
        (jitterMs ?? 0) > quality.jitterMs ||
        (roundTripMs ?? 0) / 2 > quality.delayMs
      );
    default: {
      if (watched.afterRtcp && roundTripMs === null) return false;
      const silentMs = Math.min(lastMediaAgeMs ?? Number.POSITIVE_INFINITY, nowMs - baseline.atMs);
      return silentMs >= watched.threshold * 1000;
    }
  }
}

function lossPer100000({ packetsReceived, packetsLost }: WatchedConnection, { received, lost }: Baseline): number {
  const lostSince = Math.max(0, (packetsLost ?? 0) - lost);
  const expected = lostSince + Math.max(0, (packetsReceived ?? 0) - received);
  return expected === 0 ? 0 : (lostSince * lossScale) / expected;
}

function startOf({ parameters }: EventName): string | null {
  const found = findEventParameter(parameters, "st");
  return found?.kind === "named" && found.value.kind === "value" ? found.value.value.toLowerCase() : null;
}

function isWithin(text: string | undefined, maximum: number): boolean {
  return text !== undefined && /^[1-9]\d{0,5}$/.test(text) && Number(text) <= maximum;
}
