/**
 * What management says to the media engine and hears from it. These values are all that crosses between the two; how
 * they cross (rings in the shared wasm memory) is engine-rings' affair, and a test may stand in for either side.
 *
 * A *leg* is one end of one RTP stream pair: a socket, a far address, a coding. A connection of a line joins two legs:
 * the station's and the network's, each naming the other as the source of what it sends. Of a leg's packets those whose
 * payload type its relay lists are forwarded as they come; those of receiveCoding are decoded for the legs whose source
 * it is; all others are dropped.
 */
import type { Coding } from "#protocol/active-connection.js";
import type { Address } from "#protocol/address.js";

/** Index of a leg, 0 .. legsMax-1, chosen by management; a leg's number may be used again after it was closed. */
export type LegNumber = number;

/** Packets forwarded on arrival: no jitter buffer, no decoding. */
export interface Relay {
  /** The leg that sends them on; the leg itself in a loop. */
  readonly target: LegNumber;
  /** At most relayedTypesMax: as they come, and as the target's far side numbers the same encoding. */
  readonly payloadTypes: readonly { readonly from: number; readonly to: number }[];
}

export const relayedTypesMax = 16;

/** Another leg of this engine in place of an address: what one sends the other receives. */
export interface WiredLeg {
  readonly leg: LegNumber;
}

export interface LegSettings {
  /** What the leg sends; null: nothing agreed yet, nothing is sent. Of a coding unknown to the DSP only the clock counts. */
  readonly sendCoding: Coding | null;
  /** What is decoded here; null: nothing, packets are relayed or dropped. */
  readonly receiveCoding: Coding | null;
  readonly relay: Relay | null;
  /** Where to send, as signalled; null until the far description is known. */
  readonly remote: Address | WiredLeg | null;
  /** Another port of the signalled address may start the stream, as behind a NAT (RFC 4961); false: that port only. */
  readonly learnsPort: boolean;
  /** Packets of this leg are sent / heard: the connection mode. What is received while false is counted, not played. */
  readonly sends: boolean;
  readonly receives: boolean;
  /** What is decoded here is searched for DTMF digits; each is told by a `digit` event. */
  readonly detectsDigits: boolean;
  /** The leg whose received audio this leg sends; null for silence (nothing is sent). */
  readonly source: LegNumber | null;
}

export type MediaCommand =
  | {
      readonly kind: "open";
      readonly leg: LegNumber;
      /** Tells this use of the leg from an earlier one; echoed in every event and in the statistics. */
      readonly generation: number;
      /** RTP is bound here, RTCP on the next port; port 0 is not allowed. Null: it has no ports, only a wire. */
      readonly local: Address | null;
      readonly dscp: number;
      /** RTCP CNAME (RFC 7022), at most 64 characters. */
      readonly cname: string;
      /** Answered by `opened`; false: the ports were kept, so it cannot fail and nobody waits. */
      readonly isAwaited: boolean;
      readonly settings: LegSettings;
    }
  | {
      readonly kind: "modify";
      readonly leg: LegNumber;
      readonly generation: number;
      readonly settings: LegSettings;
      /** Echoed in a `modified` event once it holds; null: nobody waits for that. */
      readonly token: number | null;
    }
  /** Packets bear another DSCP from now on; answered by `marked`, where the leg has ports. */
  | { readonly kind: "mark"; readonly leg: LegNumber; readonly generation: number; readonly dscp: number }
  /** keepsPorts: they stay bound for the next `open` of this leg with the same address and DSCP; what comes is dropped. */
  | {
      readonly kind: "close";
      readonly leg: LegNumber;
      readonly generation: number;
      readonly keepsPorts: boolean;
    };

export type MediaEvent =
  /** Both sockets are bound and marked; dscp is what the kernel says is set (0 where it could not be). */
  | { readonly kind: "opened"; readonly leg: LegNumber; readonly generation: number; readonly dscp: number }
  /** From now on the far side that was signalled is heard; also said of a leg that is not there (any more). */
  | { readonly kind: "modified"; readonly leg: LegNumber; readonly generation: number; readonly token: number }
  /** dscp: as with `opened`. */
  | { readonly kind: "marked"; readonly leg: LegNumber; readonly generation: number; readonly dscp: number }
  /** A DTMF digit, 0-9 A-D * #, has begun in what the leg hears. */
  | { readonly kind: "digit"; readonly leg: LegNumber; readonly generation: number; readonly digit: string }
  | { readonly kind: "open-failed"; readonly leg: LegNumber; readonly generation: number; readonly reason: string };

/** What a leg sends: one stream for as long as the leg lives, its packets and octets those of the leg. */
export interface SentStream {
  /** Of its first packet, on the clock of the engine's turns. */
  readonly sinceMs: number;
  /** Of its last packet. */
  readonly payloadType: number;
  /** RTCP sender reports of it, and when the last of them was sent; null: none was. */
  readonly reports: number;
  readonly reportedAtMs: number | null;
}

/** The stream that a leg hears; the counts are of this one, since its first packet. */
export interface HeardStream {
  readonly ssrc: number;
  readonly sinceMs: number;
  readonly payloadType: number;
  readonly packets: number;
  readonly octets: number;
  readonly lost: number;
  /** RFC 3550 section 6.4.1, in media clock units; null until two packets were heard. */
  readonly jitter: number | null;
  /** Report blocks about it, and when the last of them was sent; null: none was. */
  readonly reports: number;
  readonly reportedAtMs: number | null;
}

export interface LegStreams {
  /** Null before the first packet. */
  readonly sent: SentStream | null;
  /** Null where no stream is valid. */
  readonly heard: HeardStream | null;
}

/** Read from shared memory at any moment without disturbing the engine. Ages are taken by the reader from its clock. */
export interface LegStatistics extends LegStreams {
  readonly generation: number;
  readonly packetsSent: number;
  readonly octetsSent: number;
  readonly packetsReceived: number;
  readonly octetsReceived: number;
  readonly packetsLost: number;
  /** Came too late, twice, malformed or from a stranger. */
  readonly packetsDiscarded: number;
  readonly jitterMs: number | null;
  readonly roundTripMs: number | null;
  /** On the same monotonic clock as the engine's turns. */
  readonly lastReceivedAtMs: number | null;
  readonly learntRemote: Address | null;
  /** Under which the leg sends, and reports on what it hears. */
  readonly ssrc: number;
}

/** Null when the leg is not open in this generation. */
export type ReadLegStatistics = (leg: LegNumber, generation: number) => LegStatistics | null;
