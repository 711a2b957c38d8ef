/**
 * Shapes of what the store gives back. A file on disk is bytes from outside like any other: it is checked before it is
 * believed.
 */
import { z } from "zod";
import {
  type ActiveConnection,
  auditProtocols,
  connectionModes,
  connectionStates,
} from "#protocol/active-connection.js";
import { type ParseResult, parsed, refused } from "#protocol/parse-result.js";
import { type CallDetailRecord, endCauses } from "../cdr/call-detail-record.js";
import { provenances } from "../cdr/call-time.js";
import type { GatewayRecord } from "../registry/connection-records.js";

const address = z.object({ address: z.string(), port: z.int() });
const coding = z.object({
  encoding: z.string(),
  clockRateHz: z.number(),
  payloadType: z.int(),
  ptimeMs: z.number(),
});
const qos = z.object({ dscp: z.int(), reservation: z.enum(["none", "guaranteed", "controlled-load"]) });
const origin = z.object({
  device: z.string(),
  address: z.string().nullable(),
  from: z.enum(["line", "tag", "remote-description"]),
});
const statistics = z.object({
  packetsSent: z.number(),
  octetsSent: z.number(),
  packetsReceived: z.number(),
  octetsReceived: z.number(),
  packetsLost: z.number(),
  jitterMs: z.number().nullable(),
  roundTripMs: z.number().nullable(),
  mos: z.number().nullable(),
  lastMediaAgeMs: z.number().nullable(),
});

const connection = z.object({
  gateway: z.string(),
  connectionId: z.string(),
  callId: z.string(),
  endpoint: z.string(),
  mode: z.enum(connectionModes),
  state: z.enum(connectionStates),
  origin,
  durationMs: z.number(),
  startedWallMs: z.number().nullable(),
  sendCoding: coding.nullable(),
  receiveCoding: coding.nullable(),
  qos,
  localMedia: address.nullable(),
  remoteMedia: address.nullable(),
  learntMedia: address.nullable(),
  statistics,
  notifiedEntity: z.string(),
  epoch: z.object({ number: z.number(), server: z.string() }).nullable(),
  tag: z.string(),
  changedAt: z.number(),
}) satisfies z.ZodType<ActiveConnection>;

const storedGatewayRecord = z.object({
  gateway: z.string(),
  via: z.enum(auditProtocols),
  heardAtWallMs: z.number(),
  /** Records from before it was kept have none: they bound nothing. */
  askedAtWallMs: z.number().default(0),
  bootId: z.string().nullable(),
  counter: z.number().nullable(),
  /** Records from before it was kept have none. */
  upMs: z.number().nullable().default(null),
  connections: z.array(connection),
  sightings: z
    .array(
      z.object({
        connectionId: z.string(),
        callId: z.string(),
        afterWallMs: z.number().nullable(),
        byWallMs: z.number(),
      }),
    )
    .default([]),
}) satisfies z.ZodType<GatewayRecord>;

const time = z
  .object({
    wallMs: z.number(),
    errorMs: z.number(),
    from: z.enum(provenances),
    /** Records from before it was kept have none. */
    onGateway: z.object({ bootId: z.string(), atMs: z.number(), errorMs: z.number() }).exactOptional(),
  })
  .nullable();
const line = z.object({ gateway: z.string(), endpoint: z.string() }).nullable();
const count = z.number().nullable();
const recordedStatistics = z
  .object({
    packetsSent: count,
    octetsSent: count,
    packetsReceived: count,
    octetsReceived: count,
    packetsLost: count,
    jitterMs: count,
  })
  .nullable();

const storedCallDetailRecord = z.object({
  callId: z.string(),
  bootId: z.string(),
  callingNumber: z.string(),
  calledNumber: z.string(),
  originatingDevice: z.string(),
  originatingAddress: z.string().nullable(),
  originating: line,
  terminating: line,
  setup: time,
  answer: time,
  end: time,
  duration: z.object({ ms: z.number(), errorMs: z.number(), from: z.enum(provenances) }).nullable(),
  coding: coding.nullable(),
  qos: qos.nullable(),
  originatingStatistics: recordedStatistics,
  terminatingStatistics: recordedStatistics,
  endCause: z.enum(endCauses),
  /** Records from before it was kept have none. */
  endReason: z.string().nullable().default(null),
  writtenBy: z.array(z.string()),
}) satisfies z.ZodType<CallDetailRecord>;

/** The same text for the same record, in whatever order its facts came. */
export function writeStoredRecord(record: CallDetailRecord): string {
  return JSON.stringify(storedCallDetailRecord.parse(record));
}

export function readStoredRecord(json: string): ParseResult<CallDetailRecord> {
  return read(json, storedCallDetailRecord);
}

export function readGatewayRecord(json: string): ParseResult<GatewayRecord> {
  return read(json, storedGatewayRecord);
}

function read<T>(json: string, schema: z.ZodType<T>): ParseResult<T> {
  try {
    const checked = schema.safeParse(JSON.parse(json));
    if (checked.success) return parsed(checked.data);
    const [issue] = checked.error.issues;
    return refused(`${issue?.path.join(".") ?? ""}: ${issue?.message ?? "not as expected"}`);
  } catch (error) {
    if (error instanceof SyntaxError) return refused(error.message);
    throw error;
  }
}
