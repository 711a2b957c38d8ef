/**
 * A line as management sees it, whatever station hangs on it: what the station does comes as events, what it is made to
 * do goes as the calls of SipPhones (sip-phone.ts). Hook and ringing are all it knows; calls are the call server's.
 */
import type { Coding } from "#protocol/active-connection.js";
import type { MediaDescription } from "#protocol/sdp.js";

export type LineEvent =
  /** The station began a call. It hears nothing yet; its audio is described by media, or later where that is null. */
  | {
      readonly kind: "off-hook";
      /** Endpoint name, `aaln/1`. */
      readonly line: string;
      /** The station's number. */
      readonly device: string;
      /** Its network address, an IP literal. */
      readonly address: string;
      /** The number it sent along, all digits at once: 0-9, A-D, *, #; null when there was none. */
      readonly dialled: string | null;
      readonly media: MediaDescription | null;
    }
  /** The station described its audio, or has moved, held or resumed it; a coding of ours is among its codings. */
  | { readonly kind: "media"; readonly line: string; readonly media: MediaDescription }
  /** The station that was rung went off-hook; media answers the offer it was rung with. */
  | { readonly kind: "answered"; readonly line: string; readonly media: MediaDescription }
  /** The station that was off-hook is on-hook, by itself or because it was released. */
  | { readonly kind: "on-hook"; readonly line: string }
  /** The station that was rung will not answer: it is gone, busy or declines. It is on-hook. */
  | { readonly kind: "unreachable"; readonly line: string; readonly reason: string };

/** The first of the far side's codings that we have too, with the far side's payload type and packet time. */
export function commonCoding(ours: readonly Coding[], theirs: readonly Coding[]): Coding | null {
  for (const their of theirs)
    if (ours.some((our) => our.encoding === their.encoding && our.clockRateHz === their.clockRateHz)) return their;
  return null;
}
