/**
 * The lines of an audit in package x-ho, one table of fields for each kind of line (field-codecs.ts says how a value
 * stands, docs/recovery-package.md what it means):
 *
 *   x-ho/B: boot=5F0C;k=112;up=60000;epoch=7,ca-primary;heard=127.10.0.3,250     the gateway
 *   x-ho/R: id=0A3F58;call=A3C4;ep=aaln/1;dev=101;...;tag=v=1;from=101;to=201    a connection
 *   x-ho/V: q=12;ep=aaln/1;kind=answer;age=61000;call=A3C4                       a line event
 *   x-ho/D: q=14;ended=250;why=deleted;id=0A3F58;...                             a connection that ended
 *   x-ho/X: 0A3F57 0A3F59                                                        ids of connections that are gone
 *
 * A field equal to its default is left out, and so is what the gateway does not know.
 */
import {
  type ActiveConnection,
  connectionModes,
  connectionStates,
  type EndedConnection,
  type GatewaySnapshot,
  type LineEventRecord,
  lineEventKinds,
  type OriginatingDevice,
  type QualityOfService,
  tagCharactersMax,
} from "../active-connection.js";
import { type ParseResult, parsed, refused } from "../parse-result.js";
import {
  codingText,
  decimalNumber,
  epochText,
  FieldReader,
  FieldWriter,
  field,
  heardText,
  hexIdentifier,
  ipLiteral,
  oneOf,
  optional,
  qosText,
  textOf,
  transportAddress,
  wholeNumber,
} from "./field-codecs.js";
import { formatFields, parseFields } from "./fields.js";
import { bootIdCharactersMax, deviceCharactersMax } from "./recovery-package.js";

const row = {
  connectionId: field("id", "", hexIdentifier),
  callId: field("call", "", hexIdentifier),
  endpoint: field("ep", "", textOf(255)),
  mode: field("mode", "sendrecv", oneOf(connectionModes)),
  state: field("st", "up", oneOf(connectionStates)),
  device: field("dev", "", textOf(deviceCharactersMax)),
  deviceAddress: optional("addr", ipLiteral),
  deviceFrom: field<OriginatingDevice["from"]>("by", "line", oneOf(["line", "tag", "remote-description"])),
  durationMs: field("dur", 0, wholeNumber),
  startedWallMs: optional("t0", wholeNumber),
  sendCoding: optional("tx", codingText),
  receiveCoding: optional("rx", codingText),
  qos: field<QualityOfService>("qos", { dscp: 46, reservation: "none" }, qosText),
  localMedia: optional("loc", transportAddress),
  remoteMedia: optional("rem", transportAddress),
  learntMedia: optional("lrn", transportAddress),
  packetsSent: field("ps", 0, wholeNumber),
  octetsSent: field("os", 0, wholeNumber),
  packetsReceived: field("pr", 0, wholeNumber),
  octetsReceived: field("or", 0, wholeNumber),
  packetsLost: field("pl", 0, wholeNumber),
  jitterMs: optional("ji", decimalNumber),
  roundTripMs: optional("rt", decimalNumber),
  mos: optional("mos", decimalNumber),
  lastMediaAgeMs: optional("last", wholeNumber),
  notifiedEntity: field("ne", "", textOf(520)),
  epoch: optional("epoch", epochText),
  changedAt: field("chg", 0, wholeNumber),
  tag: field("tag", "", textOf(tagCharactersMax)),
};

const entry = {
  sequence: field("q", 0, wholeNumber),
  endpoint: row.endpoint,
  kind: field("kind", "off-hook", oneOf(lineEventKinds)),
  ageMs: field("age", 0, wholeNumber),
  callId: row.callId,
  endedAgeMs: field("ended", 0, wholeNumber),
  reason: field<EndedConnection["reason"]>("why", "deleted", oneOf(["deleted", "gateway"])),
  bootId: field("boot", "", textOf(bootIdCharactersMax)),
  errorMs: field("err", 0, wholeNumber),
};

const boot = {
  bootId: optional("boot", textOf(bootIdCharactersMax)),
  counter: optional("k", wholeNumber),
  upMs: optional("up", wholeNumber),
  epoch: optional("epoch", epochText),
  heard: field("heard", [], heardText),
  since: optional("since", wholeNumber),
};

/** What every page says of the gateway itself. */
export type BootLine = Pick<GatewaySnapshot, "bootId" | "counter" | "upMs" | "epoch" | "heard" | "since">;

export function writeBootLine(line: BootLine): string {
  const writer = new FieldWriter();
  writer.put(boot.bootId, line.bootId);
  writer.put(boot.counter, line.counter);
  writer.put(boot.upMs, line.upMs);
  writer.put(boot.epoch, line.epoch);
  writer.put(boot.heard, line.heard);
  writer.put(boot.since, line.since ?? null);
  return formatFields(writer.fields);
}

export function readBootLine(text: string): ParseResult<BootLine> {
  return readLine(text, (reader) => ({
    bootId: reader.take(boot.bootId),
    counter: reader.take(boot.counter),
    upMs: reader.take(boot.upMs),
    epoch: reader.take(boot.epoch),
    heard: reader.take(boot.heard),
    ...takeSince(reader),
  }));
}

function takeSince(reader: FieldReader): { readonly since?: number } {
  const since = reader.take(boot.since);
  return since === null ? {} : { since };
}

export function writeConnectionLine(connection: ActiveConnection): string {
  const writer = new FieldWriter();
  putConnection(writer, connection);
  return formatFields(writer.fields);
}

/** `gateway` is the domain name that was asked; the line does not repeat it. */
export function readConnectionLine(gateway: string, text: string): ParseResult<ActiveConnection> {
  return identified(
    readLine(text, (reader) => takeConnection(reader, gateway)),
    (connection) => connection,
  );
}

export function writeLineEventLine(event: LineEventRecord): string {
  const writer = new FieldWriter();
  writer.put(entry.sequence, event.sequence);
  writer.put(entry.endpoint, event.endpoint);
  writer.put(entry.kind, event.kind);
  writer.put(entry.ageMs, event.ageMs);
  writer.put(entry.callId, event.callId);
  writer.put(entry.bootId, event.bootId ?? "");
  return formatFields(writer.fields);
}

export function readLineEventLine(text: string): ParseResult<LineEventRecord> {
  return readLine(text, (reader) => ({
    sequence: reader.take(entry.sequence),
    endpoint: reader.take(entry.endpoint),
    kind: reader.take(entry.kind),
    ageMs: reader.take(entry.ageMs),
    callId: reader.take(entry.callId),
    ...takeBootId(reader),
  }));
}

export function writeEndedLine(ended: EndedConnection): string {
  const writer = new FieldWriter();
  writer.put(entry.sequence, ended.sequence);
  writer.put(entry.endedAgeMs, ended.endedAgeMs);
  writer.put(entry.reason, ended.reason);
  writer.put(entry.bootId, ended.bootId ?? "");
  writer.put(entry.errorMs, ended.errorMs ?? 0);
  putConnection(writer, ended.connection);
  return formatFields(writer.fields);
}

export function readEndedLine(gateway: string, text: string): ParseResult<EndedConnection> {
  const ended = readLine(text, (reader) => ({
    sequence: reader.take(entry.sequence),
    endedAgeMs: reader.take(entry.endedAgeMs),
    reason: reader.take(entry.reason),
    connection: takeConnection(reader, gateway),
    ...takeBootId(reader),
    ...takeError(reader),
  }));
  return identified(ended, (value) => value.connection);
}

/** Ids in one x-ho/X line. */
export const goneIdsMax = 64;

export function writeGoneLine(ids: readonly string[]): string {
  return ids.join(" ");
}

export function readGoneLine(text: string): ParseResult<string[]> {
  const ids = text.split(" ", goneIdsMax + 1);
  const isWhole = ids.length <= goneIdsMax && ids.every((id) => /^[0-9A-Fa-f]{1,32}$/.test(id));
  return isWhole ? parsed(ids) : refused(`not 1 to ${goneIdsMax} connection ids`);
}

function takeBootId(reader: FieldReader): { readonly bootId?: string } {
  const bootId = reader.take(entry.bootId);
  return bootId === "" ? {} : { bootId };
}

function takeError(reader: FieldReader): { readonly errorMs?: number } {
  const errorMs = reader.take(entry.errorMs);
  return errorMs === 0 ? {} : { errorMs };
}

function putConnection(writer: FieldWriter, connection: ActiveConnection): void {
  const { origin, statistics } = connection;
  writer.put(row.connectionId, connection.connectionId);
  writer.put(row.callId, connection.callId);
  writer.put(row.endpoint, connection.endpoint);
  writer.put(row.mode, connection.mode);
  writer.put(row.state, connection.state);
  writer.put(row.device, origin.device);
  writer.put(row.deviceAddress, origin.address);
  writer.put(row.deviceFrom, origin.from);
  writer.put(row.durationMs, connection.durationMs);
  writer.put(row.startedWallMs, connection.startedWallMs);
  writer.put(row.sendCoding, connection.sendCoding);
  writer.put(row.receiveCoding, connection.receiveCoding);
  writer.put(row.qos, connection.qos);
  writer.put(row.localMedia, connection.localMedia);
  writer.put(row.remoteMedia, connection.remoteMedia);
  writer.put(row.learntMedia, connection.learntMedia);
  writer.put(row.packetsSent, statistics.packetsSent);
  writer.put(row.octetsSent, statistics.octetsSent);
  writer.put(row.packetsReceived, statistics.packetsReceived);
  writer.put(row.octetsReceived, statistics.octetsReceived);
  writer.put(row.packetsLost, statistics.packetsLost);
  writer.put(row.jitterMs, statistics.jitterMs);
  writer.put(row.roundTripMs, statistics.roundTripMs);
  writer.put(row.mos, statistics.mos);
  writer.put(row.lastMediaAgeMs, statistics.lastMediaAgeMs);
  writer.put(row.notifiedEntity, connection.notifiedEntity);
  writer.put(row.epoch, connection.epoch);
  writer.put(row.changedAt, connection.changedAt);
  writer.put(row.tag, connection.tag);
}

function takeConnection(reader: FieldReader, gateway: string): ActiveConnection {
  return {
    gateway,
    connectionId: reader.take(row.connectionId),
    callId: reader.take(row.callId),
    endpoint: reader.take(row.endpoint),
    mode: reader.take(row.mode),
    state: reader.take(row.state),
    origin: {
      device: reader.take(row.device),
      address: reader.take(row.deviceAddress),
      from: reader.take(row.deviceFrom),
    },
    durationMs: reader.take(row.durationMs),
    startedWallMs: reader.take(row.startedWallMs),
    sendCoding: reader.take(row.sendCoding),
    receiveCoding: reader.take(row.receiveCoding),
    qos: reader.take(row.qos),
    localMedia: reader.take(row.localMedia),
    remoteMedia: reader.take(row.remoteMedia),
    learntMedia: reader.take(row.learntMedia),
    statistics: {
      packetsSent: reader.take(row.packetsSent),
      octetsSent: reader.take(row.octetsSent),
      packetsReceived: reader.take(row.packetsReceived),
      octetsReceived: reader.take(row.octetsReceived),
      packetsLost: reader.take(row.packetsLost),
      jitterMs: reader.take(row.jitterMs),
      roundTripMs: reader.take(row.roundTripMs),
      mos: reader.take(row.mos),
      lastMediaAgeMs: reader.take(row.lastMediaAgeMs),
    },
    notifiedEntity: reader.take(row.notifiedEntity),
    epoch: reader.take(row.epoch),
    tag: reader.take(row.tag),
    changedAt: reader.take(row.changedAt),
  };
}

function readLine<T>(text: string, take: (reader: FieldReader) => T): ParseResult<T> {
  const fields = parseFields(text);
  if (!fields.ok) return fields;
  const reader = new FieldReader(fields.value);
  return reader.result(take(reader));
}

function identified<T>(result: ParseResult<T>, connectionOf: (value: T) => ActiveConnection): ParseResult<T> {
  return result.ok && connectionOf(result.value).connectionId === "" ? refused("id is missing") : result;
}
