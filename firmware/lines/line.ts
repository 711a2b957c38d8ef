/**
 * A line as management sees it, whatever station hangs on it: what the station does comes as events, what it is made to
 * do goes as the calls of SipPhones (sip-phone.ts). Hook and ringing are all it knows; calls are the call server's.
 */
import type { MediaDescription } from "#protocol/sdp.js";

export type LineEvent =
  /** The station began a call. It hears nothing yet; its audio is described by media. */
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
      readonly media: MediaDescription;
    }
  /** The station that was rung went off-hook; media answers the offer it was rung with. */
  | { readonly kind: "answered"; readonly line: string; readonly media: MediaDescription }
  /** The station that was off-hook is on-hook, by itself or because it was released. */
  | { readonly kind: "on-hook"; readonly line: string }
  /** The station that was rung will not answer: it is gone, busy or declines. It is on-hook. */
  | { readonly kind: "unreachable"; readonly line: string; readonly reason: string };
