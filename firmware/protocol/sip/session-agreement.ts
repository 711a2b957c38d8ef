/**
 * What two user agents have agreed on in a session, and what a later offer in it (re-INVITE, RFC 3261 section 14.2) makes of
 * that. Telephones offer the same again to refresh the session (RFC 4028), less than before to hold it (RFC 3264 section
 * 8.4), or another address. The coding in use stays: an offer without it is not taken.
 */

import type { Coding } from "../active-connection.js";
import { isUnspecified, sameAddress } from "../address.js";
import type { MediaDescription, SdpDirection } from "../sdp.js";

export interface AgreedSession {
  /** What we described last, offer or answer. */
  readonly ours: MediaDescription;
  /** What the far side described last, where a hold by address (0.0.0.0) is one by direction. */
  readonly theirs: MediaDescription;
  /** The first of the answer's. */
  readonly coding: Coding;
}

/** How we answer a direction of theirs when nothing of ours is against it (RFC 3264 section 6.1). */
const answers: Readonly<Record<SdpDirection, SdpDirection>> = {
  sendrecv: "sendrecv",
  sendonly: "recvonly",
  recvonly: "sendonly",
  inactive: "inactive",
};

/** Of what is sent to nowhere, less is left. */
const withoutReceiving: Readonly<Record<SdpDirection, SdpDirection>> = {
  sendrecv: "sendonly",
  sendonly: "sendonly",
  recvonly: "inactive",
  inactive: "inactive",
};

/** What an answer to an offer makes; null when the answer names no coding. byUs: the answer is ours. */
export function agree(offer: MediaDescription, answer: MediaDescription, byUs: boolean): AgreedSession | null {
  const [coding] = answer.codings;
  if (coding === undefined) return null;
  const theirs = unheld(byUs ? offer : answer, null);
  const ours = byUs ? { ...answer, direction: answers[theirs.direction] } : offer;
  return { ours, theirs, coding };
}

/** What a later offer of the far side makes; `ours` is the answer then. Null: it is not taken. */
export function agreeAgain(before: AgreedSession, offer: MediaDescription): AgreedSession | null {
  const { encoding, clockRateHz } = before.coding;
  const coding = offer.codings.find((one) => one.encoding === encoding && one.clockRateHz === clockRateHz);
  if (coding === undefined) return null;
  const theirs = unheld(offer, before.theirs);
  const direction = answers[theirs.direction];
  const { ours } = before;
  const [told] = ours.codings;
  const isSame = ours.direction === direction && told?.payloadType === coding.payloadType && ours.codings.length === 1;
  // RFC 3264 section 8: a description that says something else has the next version.
  const sessionVersion = isSame ? ours.sessionVersion : String(Number(ours.sessionVersion) + 1);
  return { ours: { ...ours, codings: [coding], direction, sessionVersion }, theirs, coding };
}

/** Is there something in it that the owner has to know? */
export function hasMoved(before: AgreedSession | null, { theirs, coding }: AgreedSession): boolean {
  if (before === null) return true;
  const isSame = sameAddress(before.theirs.media, theirs.media) && before.theirs.direction === theirs.direction;
  return !isSame || before.coding.payloadType !== coding.payloadType;
}

/** Old telephones hold by the address 0.0.0.0 (RFC 3264 section 8.4); what they send still comes from where it came. */
export function unheld(description: MediaDescription, before: MediaDescription | null): MediaDescription {
  const { media, direction } = description;
  if (!isUnspecified(media)) return description;
  return { ...description, media: before?.media ?? media, direction: withoutReceiving[direction] };
}
