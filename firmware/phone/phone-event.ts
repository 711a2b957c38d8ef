/** What a telephone station says of itself, as a line of text: for a reader, or as JSON for a program. */
import { type Address, formatAddress } from "#protocol/address.js";
import type { HandsetCounts } from "./handset.js";
import type { TelephoneEvent } from "./telephone.js";

/** What the telephone said of itself; with the sound's figures when a call ended that had sound. */
export type StationEvent = TelephoneEvent & { readonly sound: HandsetCounts | null };

/** Monotonic, for all waiting; wall clock, for records and RTCP's reports. */
export interface StationMoment {
  readonly nowMs: number;
  readonly wallMs: number;
}

/** What happened to a station; ready: its sockets are open, the gateway may ring it. */
export type PhoneEvent = StationEvent | { readonly kind: "ready"; readonly address: Address; readonly sound: null };

/**
 * JSON: `event`, `number`, `monotonicMs` (comparable between the programs of one machine), `wallMs`, and what belongs to
 * the event. Text: the time of day in UTC, the number, the words.
 */
export function phoneEventLine(number: string, event: PhoneEvent, at: StationMoment, asJson: boolean): string {
  if (!asJson) return `${new Date(at.wallMs).toISOString().slice(11, 23)}  ${number}  ${words(event)}`;
  const { kind, sound, ...fields } = event;
  const times = { monotonicMs: at.nowMs, wallMs: at.wallMs };
  return JSON.stringify({ event: kind, number, ...times, ...fields, ...(sound === null ? {} : { sound }) });
}

function words(event: PhoneEvent): string {
  switch (event.kind) {
    case "ready":
      return `is on-hook at ${formatAddress(event.address)}`;
    case "dialling":
      return `calls ${event.to}`;
    case "ringback":
      return "hears it ring";
    case "ringing":
      return `rings, ${event.from === "" ? "a call" : `a call from ${event.from}`}`;
    case "answered":
      return event.by === "near" ? "answers" : "is answered";
    case "talking":
      return `talks, sound goes to ${formatAddress(event.remote)}`;
    case "hung-up":
      return `is on-hook: ${event.reason}${event.sound === null ? "" : soundWords(event.sound)}`;
  }
}

function soundWords(sound: NonNullable<StationEvent["sound"]>): string {
  const { packetsSent, packetsReceived, packetsLost, packetsLate, missingMs } = sound;
  return `; ${packetsSent} packets sent, ${packetsReceived} received, ${packetsLost} lost, ${packetsLate} late, ${missingMs} ms unheard`;
}
