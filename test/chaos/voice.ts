/**
 * Whether the voice of a call went on whatever died beside it: RTP as the telephones counted it, for calls of which neither a
 * gateway nor a telephone was killed or stopped.
 */
import type { SeenCall } from "../support/call-witness.js";
import type { History } from "./history.js";
import { gatewayOf } from "./site.js";

/** From being connected to hanging up, and what was heard in it. */
interface Talk {
  readonly number: string;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly packetsReceived: number;
}

export interface VoiceFigures {
  /** Telephones whose hearing was judged. */
  readonly judged: number;
  /** The most that one of them did not hear. */
  readonly mostMissingMs: number;
  readonly wrong: readonly string[];
}

/** RFC 3551 section 4.2: a packet every 20 ms. */
const packetMs = 20;
/**
 * Both are connected at once, but not in the same moment, and a machine that others use as well may do nothing for a second.
 * What a failover cuts off is away for longer: until the next one.
 */
const missingMsMax = 2_000;
const missingShareMax = 0.03;

export function judgeVoice(calls: readonly SeenCall[], history: History): VoiceFigures {
  const talks = talksOf(history);
  const wrong: string[] = [];
  let [judged, mostMissingMs] = [0, 0];
  for (const { caller, called, answeredAtMs, wasUp } of calls) {
    if (!wasUp) continue;
    const isOfCall = (number: string) => (talk: Talk) => talk.number === number && talk.untilMs > answeredAtMs;
    const [a, b] = [caller, called].map((number) => talks.find(isOfCall(number)));
    if (a === undefined || b === undefined) continue;
    const [fromMs, untilMs] = [Math.max(a.fromMs, b.fromMs), Math.min(a.untilMs, b.untilMs)];
    if (untilMs <= fromMs || isDisturbed([a, b], history)) continue;
    const expected = (untilMs - fromMs) / packetMs;
    for (const { number, packetsReceived } of [a, b]) {
      const missing = expected - packetsReceived;
      if (missing > missingMsMax / packetMs + missingShareMax * expected) {
        const text = `of the call of ${caller} to ${called}, answered at ${Math.round(answeredAtMs)}`;
        wrong.push(`${text}, ${number} heard ${packetsReceived} packets of ${Math.round(expected)}`);
      }
      judged += 1;
      mostMissingMs = Math.max(mostMissingMs, Math.round(missing * packetMs));
    }
  }
  return { judged, mostMissingMs, wrong };
}

function talksOf({ said }: History): Talk[] {
  const talks: Talk[] = [];
  const since = new Map<string, number>();
  for (const { number, kind, atMs, sound } of said) {
    const fromMs = since.get(number);
    if (kind === "talking" && fromMs === undefined) since.set(number, atMs);
    if (kind !== "hung-up") continue;
    since.delete(number);
    const packetsReceived = packetsReceivedIn(sound);
    if (fromMs !== undefined && packetsReceived !== null)
      talks.push({ number, fromMs, untilMs: atMs, packetsReceived });
  }
  return talks;
}

/** A process of theirs was killed or stopped while they talked; what happened before is over, unless it is still stopped. */
function isDisturbed(talks: readonly Talk[], { struck }: History): boolean {
  const processes = talks.flatMap(({ number }) => [`gateway ${gatewayOf(number)}`, `telephones ${gatewayOf(number)}`]);
  const fromMs = Math.min(...talks.map((talk) => talk.fromMs));
  const untilMs = Math.max(...talks.map((talk) => talk.untilMs));
  return struck.some(({ whom, atMs, kind }) => {
    if (!processes.includes(whom) || atMs > untilMs) return false;
    if (atMs >= fromMs) return true;
    const isStill = !struck.some((later) => later.whom === whom && later.atMs > atMs && later.atMs < fromMs);
    return isStill && (kind === "killed" || kind === "stopped");
  });
}

function packetsReceivedIn(sound: unknown): number | null {
  const isCounted = typeof sound === "object" && sound !== null && "packetsReceived" in sound;
  return isCounted && typeof sound.packetsReceived === "number" ? sound.packetsReceived : null;
}
