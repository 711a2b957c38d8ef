/**
 * Which codings a connection gets: what LocalConnectionOptions allow, what the gateway has, what the far side offers
 * (RFC 3435 section 2.6), and by which payload types. A relay also takes codings that the DSP does not know, as long as
 * its two connections have one in common or each has one of the DSP's.
 */
import type { Coding } from "#protocol/active-connection.js";
import type { MediaDescription } from "#protocol/sdp.js";

/** In the words of this command: what it does not say is empty or null. */
export interface CodingWishes {
  /** Encoding names, upper case, the preferred first. */
  readonly encodings: readonly string[];
  readonly ptimeMs: number | null;
  readonly remote: MediaDescription | null;
}

export interface CodingMeans {
  /** What the DSP codes, the preferred first. */
  readonly coded: readonly Coding[];
  /** Whatever both sides of the endpoint have may be relayed. */
  readonly relays: boolean;
  /** The other connection of the relay. */
  readonly peer: Negotiated | null;
  /** What was told of this connection before: payload types stay as they are. */
  readonly before: Negotiated | null;
}

/** What a local description tells. */
export type Negotiated = Pick<MediaDescription, "codings" | "telephoneEventPayloadType">;

const telephoneEvent = "TELEPHONE-EVENT";
const telephoneEventPayloadType = 101;
const dynamicFirst = 96;
const payloadTypeMax = 127;
const ptimeDefaultMs = 20;

/** Clock and, where RFC 3551 table 4 gives one, payload type of codings that a call agent may name before any far side. */
const knownCodings = new Map<string, readonly [clockRateHz: number, payloadType: number | null]>([
  ["PCMU", [8000, 0]],
  ["PCMA", [8000, 8]],
  ["GSM", [8000, 3]],
  ["G723", [8000, 4]],
  ["G722", [8000, 9]],
  ["G728", [8000, 15]],
  ["G729", [8000, 18]],
  ["G726-16", [8000, null]],
  ["G726-24", [8000, null]],
  ["G726-32", [8000, null]],
  ["G726-40", [8000, null]],
  ["AAL2-G726-16", [8000, null]],
  ["AAL2-G726-24", [8000, null]],
  ["AAL2-G726-32", [8000, null]],
  ["AAL2-G726-40", [8000, null]],
  ["L16", [8000, null]],
  ["GSM-EFR", [8000, null]],
  ["GSM-HR-08", [8000, null]],
  ["ILBC", [8000, null]],
  ["AMR", [8000, null]],
  ["AMR-WB", [16_000, null]],
  ["EVS", [16_000, null]],
  ["SPEEX", [8000, null]],
  ["OPUS", [48_000, null]],
  ["CLEARMODE", [8000, null]],
  ["VND.3GPP.IUFP", [16_000, null]],
]);

/** Null: the negotiation has failed (534). */
export function negotiate(wishes: CodingWishes, means: CodingMeans): Negotiated | null {
  const approved = wishes.encodings.length === 0 ? internal(wishes, means) : allowed(wishes, means);
  const { remote } = wishes;
  const negotiated = remote === null ? approved : approved.filter((one) => has(remote.codings, one));
  if (!negotiated.some(isVoice)) return null;
  const voiceFirst = [...negotiated.filter(isVoice), ...negotiated.filter((one) => !isVoice(one))];
  const codings = numbered(withPacketTime(voiceFirst, wishes, means), wishes, means);
  if (means.peer !== null && !haveAPath(codings, means.peer.codings, means.coded)) return null;
  return { codings, telephoneEventPayloadType: telephoneEventFor(wishes, means, codings) };
}

export function isSameEncoding(a: Coding, b: Coding): boolean {
  return a.encoding === b.encoding && a.clockRateHz === b.clockRateHz;
}

/** Comfort noise (RFC 3389) goes along with a voice coding and is none. */
function isVoice({ encoding }: Coding): boolean {
  return encoding !== "CN";
}

function has(codings: readonly Coding[], wanted: Coding): boolean {
  return codings.some((one) => isSameEncoding(one, wanted));
}

function haveAPath(ours: readonly Coding[], theirs: readonly Coding[], coded: readonly Coding[]): boolean {
  const isCoded = (one: Coding) => has(coded, one);
  return ours.some((one) => isVoice(one) && has(theirs, one)) || (ours.some(isCoded) && theirs.some(isCoded));
}

/** The internal list; what the other connection has comes first, for that needs no coding. */
function internal({ remote }: CodingWishes, { coded, relays, peer }: CodingMeans): Coding[] {
  const all = relays ? [...(peer?.codings ?? []), ...coded, ...(remote?.codings ?? [])] : coded;
  return distinct(all);
}

/** The order is the call agent's; a name may bear its clock rate, as in SDP. */
function allowed(wishes: CodingWishes, means: CodingMeans): Coding[] {
  const { coded, relays, peer } = means;
  const found: Coding[] = [];
  const known = relays ? [...coded, ...(wishes.remote?.codings ?? []), ...(peer?.codings ?? [])] : coded;
  for (const text of wishes.encodings) {
    const [name = "", rate] = text.split("/");
    const fits = (one: Coding) => one.encoding === name && (rate === undefined || one.clockRateHz === Number(rate));
    const coding = known.find(fits) ?? (relays ? wellKnown(name) : null);
    if (coding !== null && fits(coding)) found.push(coding);
  }
  return distinct(found);
}

function wellKnown(encoding: string): Coding | null {
  const known = knownCodings.get(encoding);
  if (known === undefined) return null;
  const [clockRateHz, payloadType] = known;
  return { encoding, clockRateHz, payloadType: payloadType ?? dynamicFirst, ptimeMs: ptimeDefaultMs };
}

function distinct(codings: readonly Coding[]): Coding[] {
  return codings.filter((one, index) => codings.findIndex((other) => isSameEncoding(one, other)) === index);
}

function withPacketTime(codings: readonly Coding[], wishes: CodingWishes, means: CodingMeans): Coding[] {
  const own = (one: Coding) => means.coded.find((coded) => isSameEncoding(coded, one));
  const before = means.before?.codings[0]?.ptimeMs;
  return codings.map((one) => ({
    ...one,
    ptimeMs: wishes.ptimeMs ?? before ?? own(one)?.ptimeMs ?? wishes.remote?.codings[0]?.ptimeMs ?? one.ptimeMs,
  }));
}

/**
 * A number once told stays. A relay takes over the far side's, so that both number alike, and of those that are dynamic
 * everybody does, for many a far side sends by its own; else static or dynamic.
 */
function numbered(codings: readonly Coding[], wishes: CodingWishes, { before, relays }: CodingMeans): Coding[] {
  const taken = new Set<number>();
  return codings.map((one) => {
    const told = before?.codings.find((other) => isSameEncoding(one, other));
    const isMirrored = relays || one.payloadType >= dynamicFirst;
    const theirs = isMirrored ? wishes.remote?.codings.find((other) => isSameEncoding(one, other)) : undefined;
    const wanted = (told ?? theirs ?? one).payloadType;
    const payloadType = taken.has(wanted) ? firstFree(taken) : wanted;
    taken.add(payloadType);
    return { ...one, payloadType };
  });
}

function firstFree(taken: ReadonlySet<number>): number {
  for (let payloadType = dynamicFirst; payloadType <= payloadTypeMax; payloadType += 1)
    if (!taken.has(payloadType)) return payloadType;
  return payloadTypeMax;
}

/**
 * RFC 4733 events are relayed, never made here: told of when asked for, or when nothing is asked and the other connection
 * has them, and not refused by the far side.
 */
function telephoneEventFor(wishes: CodingWishes, { relays, before, peer }: CodingMeans, codings: readonly Coding[]) {
  const { remote, encodings } = wishes;
  const offered = remote === null ? (peer?.telephoneEventPayloadType ?? null) : remote.telephoneEventPayloadType;
  const isAllowed =
    encodings.length === 0 ? offered !== null : encodings.some((name) => name.startsWith(telephoneEvent));
  if (!relays || !isAllowed || (remote !== null && offered === null)) return null;
  const wanted = before?.telephoneEventPayloadType ?? offered ?? telephoneEventPayloadType;
  const taken = new Set(codings.map(({ payloadType }) => payloadType));
  return taken.has(wanted) ? firstFree(taken) : wanted;
}
