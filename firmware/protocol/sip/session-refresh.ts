/**
 * What was agreed on in a session, and whether a later offer in it (re-INVITE, RFC 3261 section 14.2) is the same again.
 * Telephones send such an offer to refresh the session (RFC 4028), and give the call up when it is refused for long.
 * Changing a session is not here.
 */
import { sameAddress } from "../address.js";
import type { MediaDescription } from "../sdp.js";

export interface AgreedSession {
  /** What we described, offer or answer. */
  readonly ours: MediaDescription;
  /** What the far side described last. */
  readonly theirs: MediaDescription;
  /** Of the two, the answer: its first coding is the one in use. */
  readonly answer: MediaDescription;
}

/** Our answer to an offer that changes nothing, the same as before (RFC 3264 section 8); null to any other offer. */
export function answerToRefresh(
  { ours, theirs, answer }: AgreedSession,
  offer: MediaDescription,
): MediaDescription | null {
  const [coding] = answer.codings;
  if (coding === undefined || !sameAddress(offer.media, theirs.media) || offer.direction !== theirs.direction)
    return null;
  const hasCoding = offer.codings.some(
    ({ encoding, clockRateHz, payloadType }) =>
      encoding === coding.encoding && clockRateHz === coding.clockRateHz && payloadType === coding.payloadType,
  );
  return hasCoding ? { ...ours, codings: [coding] } : null;
}
