/**
 * Commands and events as bytes of a fixed-size record in shared memory. Both ends are this program, so a record that
 * does not read is a fault of ours and throws; a value that does not fit is cut nowhere but refused by the writer.
 */
import type { Coding } from "#protocol/active-connection.js";
import type { Address } from "#protocol/address.js";
import {
  type LegSettings,
  type MediaCommand,
  type MediaEvent,
  type Relay,
  relayedTypesMax,
  type WiredLeg,
} from "./media-port.js";

/** What the engine obeys: management's commands, and the end of it all. */
export type EngineCommand = MediaCommand | { readonly kind: "shut-down" };

const noLeg = 0xffff;
const noToken = 0xffff_ffff;

/** A place in a record; put and take walk it. Text is ASCII behind a length byte. */
export class RecordCursor {
  readonly #view: DataView;
  #at = 0;
  #end = 0;

  constructor(view: DataView) {
    this.#view = view;
  }

  begin(offset: number, bytes: number): void {
    this.#at = offset;
    this.#end = offset + bytes;
  }

  #step(bytes: number): number {
    const at = this.#at;
    this.#at += bytes;
    if (this.#at > this.#end) throw new RangeError("record is full");
    return at;
  }

  put8(value: number): void {
    this.#view.setUint8(this.#step(1), value);
  }

  put32(value: number): void {
    this.#view.setUint32(this.#step(4), value);
  }

  putText(text: string): void {
    if (text.length > 255) throw new RangeError("text is too long");
    this.put8(text.length);
    const at = this.#step(text.length);
    for (let index = 0; index < text.length; index += 1) this.#view.setUint8(at + index, text.charCodeAt(index));
  }

  take8(): number {
    return this.#view.getUint8(this.#step(1));
  }

  take32(): number {
    return this.#view.getUint32(this.#step(4));
  }

  takeText(): string {
    const length = this.take8();
    const at = this.#step(length);
    let text = "";
    for (let index = 0; index < length; index += 1) text += String.fromCharCode(this.#view.getUint8(at + index));
    return text;
  }
}

const commandKinds = ["open", "modify", "mark", "close", "shut-down"] as const;

export function putCommand(cursor: RecordCursor, command: EngineCommand): void {
  cursor.put8(commandKinds.indexOf(command.kind));
  if (command.kind === "shut-down") return;
  cursor.put32(command.leg);
  cursor.put32(command.generation);
  if (command.kind === "close") {
    cursor.put8(command.keepsPorts ? 1 : 0);
    return;
  }
  if (command.kind === "mark") {
    cursor.put8(command.dscp);
    return;
  }
  if (command.kind === "modify") cursor.put32(command.token ?? noToken);
  if (command.kind === "open") {
    cursor.put8(command.local === null ? 0 : 1);
    if (command.local !== null) putAddress(cursor, command.local);
    cursor.put8(command.dscp);
    cursor.putText(command.cname);
    cursor.put8(command.isAwaited ? 1 : 0);
  }
  putSettings(cursor, command.settings);
}

export function takeCommand(cursor: RecordCursor): EngineCommand {
  const kind = commandKinds[cursor.take8()];
  if (kind === undefined) throw new Error("no such command");
  if (kind === "shut-down") return { kind };
  const leg = cursor.take32();
  const generation = cursor.take32();
  if (kind === "mark") return { kind, leg, generation, dscp: cursor.take8() };
  if (kind === "close") return { kind, leg, generation, keepsPorts: cursor.take8() === 1 };
  if (kind === "modify") {
    const token = cursor.take32();
    return { kind, leg, generation, token: token === noToken ? null : token, settings: takeSettings(cursor) };
  }
  const local = cursor.take8() === 1 ? takeAddress(cursor) : null;
  const dscp = cursor.take8();
  const cname = cursor.takeText();
  const isAwaited = cursor.take8() === 1;
  return { kind, leg, generation, local, dscp, cname, isAwaited, settings: takeSettings(cursor) };
}

const eventKinds = ["opened", "modified", "marked", "digit", "open-failed"] as const;

export function putEvent(cursor: RecordCursor, event: MediaEvent): void {
  cursor.put8(eventKinds.indexOf(event.kind));
  cursor.put32(event.leg);
  cursor.put32(event.generation);
  if (event.kind === "opened" || event.kind === "marked") cursor.put8(event.dscp);
  else if (event.kind === "modified") cursor.put32(event.token);
  else if (event.kind === "digit") cursor.putText(event.digit);
  else cursor.putText(event.reason.slice(0, reasonCharactersMax));
}

/** A reason is a line for people; what is longer is cut. */
const reasonCharactersMax = 160;

export function takeEvent(cursor: RecordCursor): MediaEvent {
  const kind = eventKinds[cursor.take8()];
  const leg = cursor.take32();
  const generation = cursor.take32();
  if (kind === undefined) throw new Error("no such event");
  if (kind === "opened" || kind === "marked") return { kind, leg, generation, dscp: cursor.take8() };
  if (kind === "modified") return { kind, leg, generation, token: cursor.take32() };
  if (kind === "digit") return { kind, leg, generation, digit: cursor.takeText() };
  return { kind, leg, generation, reason: cursor.takeText() };
}

function putAddress(cursor: RecordCursor, address: Address): void {
  cursor.putText(address.address);
  cursor.put32(address.port);
}

function takeAddress(cursor: RecordCursor): Address {
  const address = cursor.takeText();
  return { address, port: cursor.take32() };
}

function putSettings(cursor: RecordCursor, settings: LegSettings): void {
  const { sendCoding, receiveCoding, remote, relay } = settings;
  cursor.put8(
    (sendCoding === null ? 0 : 1) |
      (receiveCoding === null ? 0 : 2) |
      (remote === null ? 0 : 4) |
      (settings.sends ? 8 : 0) |
      (settings.receives ? 16 : 0) |
      (settings.learnsPort ? 32 : 0) |
      (relay === null ? 0 : 64) |
      (settings.detectsDigits ? 128 : 0),
  );
  cursor.put32(settings.source ?? noLeg);
  if (sendCoding !== null) putCoding(cursor, sendCoding);
  if (receiveCoding !== null) putCoding(cursor, receiveCoding);
  if (remote !== null) putRemote(cursor, remote);
  if (relay !== null) putRelay(cursor, relay);
}

function takeSettings(cursor: RecordCursor): LegSettings {
  const flags = cursor.take8();
  const source = cursor.take32();
  const sendCoding = (flags & 1) !== 0 ? takeCoding(cursor) : null;
  const receiveCoding = (flags & 2) !== 0 ? takeCoding(cursor) : null;
  const remote = (flags & 4) !== 0 ? takeRemote(cursor) : null;
  const relay = (flags & 64) !== 0 ? takeRelay(cursor) : null;
  return {
    sendCoding,
    receiveCoding,
    remote,
    relay,
    learnsPort: (flags & 32) !== 0,
    sends: (flags & 8) !== 0,
    receives: (flags & 16) !== 0,
    detectsDigits: (flags & 128) !== 0,
    source: source === noLeg ? null : source,
  };
}

function putRemote(cursor: RecordCursor, remote: Address | WiredLeg): void {
  const isWired = "leg" in remote;
  cursor.put8(isWired ? 1 : 0);
  if (isWired) cursor.put32(remote.leg);
  else putAddress(cursor, remote);
}

function takeRemote(cursor: RecordCursor): Address | WiredLeg {
  return cursor.take8() === 1 ? { leg: cursor.take32() } : takeAddress(cursor);
}

function putRelay(cursor: RecordCursor, { target, payloadTypes }: Relay): void {
  if (payloadTypes.length > relayedTypesMax) throw new RangeError("too many relayed payload types");
  cursor.put32(target);
  cursor.put8(payloadTypes.length);
  for (const { from, to } of payloadTypes) {
    cursor.put8(from);
    cursor.put8(to);
  }
}

function takeRelay(cursor: RecordCursor): Relay {
  const target = cursor.take32();
  const count = cursor.take8();
  const payloadTypes = Array.from({ length: count }, () => {
    const from = cursor.take8();
    return { from, to: cursor.take8() };
  });
  return { target, payloadTypes };
}

function putCoding(cursor: RecordCursor, coding: Coding): void {
  cursor.putText(coding.encoding);
  cursor.put32(coding.clockRateHz);
  cursor.put8(coding.payloadType);
  cursor.put32(coding.ptimeMs);
}

function takeCoding(cursor: RecordCursor): Coding {
  const encoding = cursor.takeText();
  const clockRateHz = cursor.take32();
  const payloadType = cursor.take8();
  return { encoding, clockRateHz, payloadType, ptimeMs: cursor.take32() };
}
