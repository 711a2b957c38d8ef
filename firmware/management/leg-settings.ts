/**
 * From the connections of an endpoint to what the media engine is told of one's leg: who feeds whom, and which payload
 * types are relayed. On a line the other end is the station's leg, on a relay the other connection.
 */
import type { Coding } from "#protocol/active-connection.js";
import type { MediaDescription } from "#protocol/sdp.js";
import { type LegNumber, type LegSettings, type Relay, relayedTypesMax } from "../media/media-port.js";
import { isSameEncoding } from "./codec-negotiation.js";
import { receivesMedia, sendsMedia } from "./connection-modes.js";
import type { ConnectionRow } from "./connection-table.js";

/** Where a connection's packets go: to the network, or to the other half of a local connection. */
export type FarSide = LegSettings["remote"];

/** station: the leg of the telephone on the line, null while there is none. */
export function lineLegSettings(row: ConnectionRow, station: LegNumber | null, remote: FarSide): LegSettings {
  if (row.mode === "netwloop") return ownSettings(row, remote, true, true);
  return {
    sendCoding: row.sendCoding,
    receiveCoding: row.receiveCoding,
    relay: null,
    remote,
    learnsPort: true,
    sends: sendsMedia(row.mode),
    receives: receivesMedia(row.mode),
    detectsDigits: false,
    source: station,
  };
}

/** others: what else is on the endpoint. coded: what the DSP can code. */
export function relayLegSettings(
  row: ConnectionRow,
  others: readonly ConnectionRow[],
  coded: readonly Coding[],
  learnsPort: boolean,
  remote: FarSide,
): LegSettings {
  if (isLoop(row)) return ownSettings(row, remote, learnsPort, true);
  const peer = others.find((other) => !isLoop(other));
  const isTested = others.some(({ mode }) => mode === "loopback");
  // Nobody to relay to: what comes is counted.
  if (peer === undefined || isTested) return ownSettings(row, remote, learnsPort, false);
  const types = relayedTypes(row, peer);
  const isCoded = (one: Coding) => coded.some((ours) => isSameEncoding(ours, one));
  const sendCoding = sendingCoding(row, peer, isCoded);
  const peersCoding = sendingCoding(peer, row, isCoded);
  const isTranscoding = peersCoding !== null && isCoded(peersCoding);
  const decoded = row.local.codings.find(
    (one) => isTranscoding && isCoded(one) && types.every(({ from }) => from !== one.payloadType),
  );
  return {
    remote,
    learnsPort,
    sendCoding,
    receiveCoding: decoded ?? null,
    relay: { target: peer.lease.leg, payloadTypes: types },
    sends: sendsMedia(row.mode),
    receives: receivesMedia(row.mode),
    detectsDigits: false,
    source: peer.lease.leg,
  };
}

/** The codings that both ends of the connection have, as the far side numbers them, in its order. */
export function agreedCodings(local: MediaDescription, remote: MediaDescription | null): readonly Coding[] {
  if (remote === null) return [];
  return remote.codings.filter((theirs) => local.codings.some((ours) => isSameEncoding(ours, theirs)));
}

function isLoop({ mode }: ConnectionRow): boolean {
  return mode === "loopback" || mode === "netwloop";
}

/** Section 2.3.1, in loopback: what is received from the connection goes back on the connection. */
function ownSettings(row: ConnectionRow, remote: FarSide, learnsPort: boolean, isLooped: boolean): LegSettings {
  return {
    remote,
    learnsPort,
    sendCoding: row.sendCoding,
    receiveCoding: null,
    relay: { target: row.lease.leg, payloadTypes: relayedTypes(row, row) },
    sends: isLooped,
    receives: isLooped,
    detectsDigits: false,
    source: isLooped ? row.lease.leg : null,
  };
}

/** What is sent when the other connection's media are coded for this one: that which needs no coding, where there is one. */
function sendingCoding(row: ConnectionRow, peer: ConnectionRow, isCoded: (one: Coding) => boolean): Coding | null {
  const agreed = agreedCodings(row.local, row.remote);
  const theirs = peer.local.codings;
  const shared = agreed.find((one) => theirs.some((other) => isSameEncoding(one, other)));
  return shared ?? agreed.find(isCoded) ?? agreed[0] ?? null;
}

/**
 * From what `from` receives to what `to` sends. A far side that sends by its own numbers instead of those it was told is
 * understood too, where that is not ambiguous.
 */
function relayedTypes(from: ConnectionRow, to: ConnectionRow): Relay["payloadTypes"] {
  const types: { from: number; to: number }[] = [];
  takeRelayedTypes(from.local, from, to, types);
  if (from.remote !== null) takeRelayedTypes(from.remote, from, to, types);
  return types.slice(0, relayedTypesMax);
}

/** By the numbers of one description of what `from` receives; a number that is taken already stays as it is. */
function takeRelayedTypes(
  description: MediaDescription,
  from: ConnectionRow,
  to: ConnectionRow,
  types: { from: number; to: number }[],
): void {
  const target = to.remote ?? to.local;
  const take = (received: number, sent: number) => {
    if (types.every((one) => one.from !== received)) types.push({ from: received, to: sent });
  };
  for (const coding of description.codings) {
    if (!hasEncoding(from.local, coding) || !hasEncoding(to.local, coding)) continue;
    const sent = target.codings.find((theirs) => isSameEncoding(theirs, coding));
    if (sent !== undefined) take(coding.payloadType, sent.payloadType);
  }
  const event = description.telephoneEventPayloadType;
  const sentEvent = to.local.telephoneEventPayloadType === null ? null : target.telephoneEventPayloadType;
  if (event !== null && from.local.telephoneEventPayloadType !== null && sentEvent !== null) take(event, sentEvent);
}

function hasEncoding({ codings }: MediaDescription, wanted: Coding): boolean {
  return codings.some((one) => isSameEncoding(one, wanted));
}
