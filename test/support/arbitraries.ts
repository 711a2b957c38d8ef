/**
 * Whatever a gateway may tell: any connection, line event and whole snapshot, within the limits of active-connection.ts.
 * Fractions are as fine as every protocol carries them (jitter and round trip in whole microseconds, MOS in hundredths),
 * durations and ages are whole ms, rows stand in the order of their ids and the journal in the order of its sequence.
 */
import fc from "fast-check";
import {
  type ActiveConnection,
  type Coding,
  type ConnectionStatistics,
  connectionModes,
  type EndedConnection,
  type Epoch,
  type GatewaySnapshot,
  type LineEventRecord,
  lineEventKinds,
  type OriginatingDevice,
  tagCharactersMax,
} from "../../firmware/protocol/active-connection.js";
import type { Address } from "../../firmware/protocol/address.js";

const anIpv4 = fc
  .tuple(fc.integer({ min: 1, max: 223 }), fc.nat({ max: 255 }), fc.nat({ max: 255 }), fc.integer({ min: 1, max: 254 }))
  .map((octets) => octets.join("."));

/** In the canonical form of RFC 5952, so that any way of carrying sixteen octets gives back the same text. */
const anIpv6 = fc.oneof(
  fc
    .array(fc.integer({ min: 1, max: 0xffff }), { minLength: 7, maxLength: 7 })
    .map((groups) => ["2001", ...groups.map((group) => group.toString(16))].join(":")),
  fc.constantFrom("::1", "2001:db8::1", "fe80::1:2", "fd00:0:0:1::7"),
);

export const anIpAddress: fc.Arbitrary<string> = fc.oneof({ weight: 3, arbitrary: anIpv4 }, anIpv6);

export const anAddress: fc.Arbitrary<Address> = fc.record({
  address: anIpAddress,
  port: fc.integer({ min: 1, max: 65_535 }),
});

const anEncoding = fc.constantFrom(
  { encoding: "PCMU", clockRateHz: 8_000, payloadType: 0 },
  { encoding: "PCMA", clockRateHz: 8_000, payloadType: 8 },
  { encoding: "G722", clockRateHz: 8_000, payloadType: 9 },
  { encoding: "G726-32", clockRateHz: 8_000, payloadType: 96 },
  { encoding: "OPUS", clockRateHz: 48_000, payloadType: 111 },
);

export const aCoding: fc.Arbitrary<Coding> = fc
  .tuple(anEncoding, fc.constantFrom(10, 20, 30, 40, 60))
  .map(([encoding, ptimeMs]) => ({ ...encoding, ptimeMs }));

export const aHexId: fc.Arbitrary<string> = fc
  .array(fc.constantFrom(..."0123456789ABCDEF"), { minLength: 1, maxLength: 32 })
  .map((digits) => digits.join(""));

export const aLocalEndpoint: fc.Arbitrary<string> = fc.oneof(
  fc.integer({ min: 1, max: 500 }).map((line) => `aaln/${line}`),
  fc.nat({ max: 0xfff }).map((number) => `relay/${number.toString(16).toUpperCase()}`),
  fc.constantFrom("cnf/1", "ann/7"),
);

export const aTag: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom("", "v=1;from=101;to=201;orig=gw1.example;origaddr=127.10.1.1", ' "50% off" ', ";;==%41 "),
  fc.string({ unit: "grapheme-ascii", maxLength: tagCharactersMax, size: "max" }).map((text) => text.slice(0, 512)),
);

export const anEpoch: fc.Arbitrary<Epoch> = fc.record({
  number: fc.integer({ min: 1, max: 2 ** 40 }),
  server: fc.stringMatching(/^[a-z][a-z0-9.-]{0,30}$/),
});

const anOrigin: fc.Arbitrary<OriginatingDevice> = fc.record({
  device: fc.oneof(fc.stringMatching(/^\+?[0-9]{1,15}$/), fc.constantFrom("", "sip:101@192.0.2.7", "a;b=c%")),
  address: fc.option(anIpAddress, { nil: null }),
  from: fc.constantFrom("line", "tag", "remote-description"),
});

const aCounter = fc.integer({ min: 0, max: 2 ** 40 });
const milliseconds = fc.integer({ min: 0, max: 10 * 365 * 86_400_000 });
const microseconds = fc.integer({ min: 0, max: 60_000_000 }).map((count) => count / 1_000);

const someStatistics: fc.Arbitrary<ConnectionStatistics> = fc.record({
  packetsSent: aCounter,
  octetsSent: aCounter,
  packetsReceived: aCounter,
  octetsReceived: aCounter,
  packetsLost: aCounter,
  jitterMs: fc.option(microseconds, { nil: null }),
  roundTripMs: fc.option(microseconds, { nil: null }),
  mos: fc.option(
    fc.integer({ min: 100, max: 500 }).map((count) => count / 100),
    { nil: null },
  ),
  lastMediaAgeMs: fc.option(milliseconds, { nil: null }),
});

const aStart = fc.oneof(
  fc.constant({ state: "setting-up", durationMs: 0, startedWallMs: null } as const),
  fc.record({
    state: fc.constantFrom("up", "held"),
    durationMs: milliseconds,
    startedWallMs: fc.integer({ min: 1_500_000_000_000, max: 4_000_000_000_000 }),
  }),
);

export function aConnection(gateway: string): fc.Arbitrary<ActiveConnection> {
  return fc
    .record({
      gateway: fc.constant(gateway),
      connectionId: aHexId,
      callId: aHexId,
      endpoint: aLocalEndpoint,
      mode: fc.constantFrom(...connectionModes),
      start: aStart,
      origin: anOrigin,
      sendCoding: fc.option(aCoding, { nil: null }),
      receiveCoding: fc.option(aCoding, { nil: null }),
      qos: fc.record({
        dscp: fc.oneof(fc.constant(46), fc.nat({ max: 63 })),
        reservation: fc.constantFrom("none", "guaranteed", "controlled-load"),
      }),
      localMedia: fc.option(anAddress, { nil: null }),
      remoteMedia: fc.option(anAddress, { nil: null }),
      learntMedia: fc.option(anAddress, { nil: null }),
      statistics: someStatistics,
      notifiedEntity: fc.constantFrom("", "ca@[127.10.0.3]:2727", "ca@ca-primary.example:2727"),
      epoch: fc.option(anEpoch, { nil: null }),
      tag: aTag,
      changedAt: fc.nat({ max: 2 ** 31 - 1 }),
    })
    .map(({ start, ...connection }) => ({ ...connection, ...start }));
}

/** Connections whose ids differ, in the order of their ids. */
export function someConnections(gateway: string, most: number): fc.Arbitrary<ActiveConnection[]> {
  return fc
    .uniqueArray(aConnection(gateway), { selector: (connection) => connection.connectionId, maxLength: most })
    .map((connections) => connections.sort((a, b) => (a.connectionId < b.connectionId ? -1 : 1)));
}

type JournalEntry =
  | { readonly kind: "event"; readonly event: Omit<LineEventRecord, "sequence"> }
  | { readonly kind: "ended"; readonly ended: Omit<EndedConnection, "sequence"> };

function aJournalEntry(gateway: string): fc.Arbitrary<JournalEntry> {
  const event = fc.record({
    endpoint: aLocalEndpoint,
    kind: fc.constantFrom(...lineEventKinds),
    ageMs: milliseconds,
    callId: fc.oneof(fc.constant(""), aHexId),
  });
  const ended = fc.record({
    connection: aConnection(gateway).map((connection) => ({ ...connection, state: "ended" as const })),
    endedAgeMs: milliseconds,
    reason: fc.constantFrom("deleted" as const, "gateway" as const),
  });
  return fc.oneof(
    event.map((value) => ({ kind: "event" as const, event: value })),
    ended.map((value) => ({ kind: "ended" as const, ended: value })),
  );
}

/** A whole snapshot of one gateway: at most `most` connections and as many journal entries. */
export function aSnapshot(most = 12): fc.Arbitrary<GatewaySnapshot> {
  return fc.constantFrom("gw1.example", "gw2.example", "[127.10.0.1]").chain((gateway) =>
    fc
      .record({
        bootId: fc.option(aHexId, { nil: null, freq: 8 }),
        counter: fc.option(fc.nat({ max: 2 ** 31 - 1 }), { nil: null, freq: 8 }),
        upMs: fc.option(milliseconds, { nil: null, freq: 8 }),
        epoch: fc.option(anEpoch, { nil: null }),
        heard: fc.array(fc.record({ address: anIpAddress, ageMs: milliseconds }), { maxLength: 4 }),
        connections: someConnections(gateway, most),
        journal: fc.array(aJournalEntry(gateway), { maxLength: most }),
        firstSequence: fc.integer({ min: 1, max: 1_000_000 }),
      })
      .map(({ journal, firstSequence, ...snapshot }) => ({
        gateway,
        ...snapshot,
        lineEvents: journal.flatMap((entry, index) =>
          entry.kind === "event" ? [{ sequence: firstSequence + index, ...entry.event }] : [],
        ),
        ended: journal.flatMap((entry, index) =>
          entry.kind === "ended" ? [{ sequence: firstSequence + index, ...entry.ended }] : [],
        ),
      })),
  );
}
