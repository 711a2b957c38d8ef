/**
 * An active connection and the facts of its gateway as XML elements in a namespace of our own, the extension of the
 * dialog package's document (dialog-info.ts). Everything is in attributes; one that is absent means null, or empty.
 *
 *   <h:gateway xmlns:h="urn:x-holdover:connection" format="1" name="gw1.example" boot-id="0A3F" counter="17" up-ms="90210"
 *     epoch-number="4" epoch-server="ca2"><h:heard address="192.0.2.1" age-ms="120"/></h:gateway>
 *   <h:connection id="1F" call-id="C0" endpoint="aaln/1" mode="sendrecv" state="up" device="101" … tag="…"/>
 */
import {
  type ActiveConnection,
  type Coding,
  connectionModes,
  connectionStates,
  type Epoch,
  type GatewaySnapshot,
  tagCharactersMax,
} from "./active-connection.js";
import { type Address, formatAddress, isIpLiteral, parseAddress } from "./address.js";
import { type ParseResult, parsed, refused } from "./parse-result.js";
import { emptyElement, formatAttributes, type XmlElement } from "./xml.js";

export const connectionNamespace = "urn:x-holdover:connection";
/** Of the extension; a reader takes documents of this format and of later ones that only add attributes. */
export const connectionFormat = 1;
export const heardMax = 256;

/** What a gateway tells of itself beside its connections. */
export type GatewayFacts = Pick<GatewaySnapshot, "gateway" | "bootId" | "counter" | "upMs" | "epoch" | "heard">;

type Attribute = readonly [string, string | null];

const numberOrNull = (value: number | null): string | null => (value === null ? null : String(value));
const textOrNull = (value: string): string | null => (value === "" ? null : value);
const addressOrNull = (value: Address | null): string | null => (value === null ? null : formatAddress(value));

function epochAttributes(epoch: Epoch | null): readonly Attribute[] {
  return [
    ["epoch-number", numberOrNull(epoch?.number ?? null)],
    ["epoch-server", epoch?.server ?? null],
  ];
}

/** `PCMU/8000/0/20`: encoding, clock rate in Hz, payload type, packet time in ms. */
function formatCoding(coding: Coding | null): string | null {
  if (coding === null) return null;
  return `${coding.encoding}/${coding.clockRateHz}/${coding.payloadType}/${coding.ptimeMs}`;
}

export function writeGatewayElement(facts: GatewayFacts): string {
  const attributes: readonly Attribute[] = [
    ["format", String(connectionFormat)],
    ["name", facts.gateway],
    ["boot-id", facts.bootId],
    ["counter", numberOrNull(facts.counter)],
    ["up-ms", numberOrNull(facts.upMs)],
    ...epochAttributes(facts.epoch),
  ];
  const heard = facts.heard.slice(0, heardMax).map(({ address, ageMs }) =>
    emptyElement("h:heard", [
      ["address", address],
      ["age-ms", String(ageMs)],
    ]),
  );
  return `<h:gateway${formatAttributes(attributes)}>${heard.join("")}</h:gateway>`;
}

/** The gateway's name is not repeated in each connection: a document is about one gateway. */
export function writeConnectionElement(connection: ActiveConnection): string {
  const { origin, qos, statistics } = connection;
  return emptyElement("h:connection", [
    ["id", connection.connectionId],
    ["call-id", connection.callId],
    ["endpoint", connection.endpoint],
    ["mode", connection.mode],
    ["state", connection.state],
    ["device", textOrNull(origin.device)],
    ["device-address", origin.address],
    ["device-from", origin.from],
    ["duration-ms", String(connection.durationMs)],
    ["started-ms", numberOrNull(connection.startedWallMs)],
    ["send", formatCoding(connection.sendCoding)],
    ["receive", formatCoding(connection.receiveCoding)],
    ["dscp", String(qos.dscp)],
    ["reservation", qos.reservation],
    ["local", addressOrNull(connection.localMedia)],
    ["remote", addressOrNull(connection.remoteMedia)],
    ["learnt", addressOrNull(connection.learntMedia)],
    ["packets-sent", String(statistics.packetsSent)],
    ["octets-sent", String(statistics.octetsSent)],
    ["packets-received", String(statistics.packetsReceived)],
    ["octets-received", String(statistics.octetsReceived)],
    ["packets-lost", String(statistics.packetsLost)],
    ["jitter-ms", formatFraction(statistics.jitterMs)],
    ["round-trip-ms", formatFraction(statistics.roundTripMs)],
    ["mos", formatFraction(statistics.mos)],
    ["last-media-age-ms", numberOrNull(statistics.lastMediaAgeMs)],
    ["notified-entity", textOrNull(connection.notifiedEntity)],
    ...epochAttributes(connection.epoch),
    ["tag", textOrNull(connection.tag)],
    ["changed-at", String(connection.changedAt)],
  ]);
}

/** Thousandths are as fine as anything here is measured. */
function formatFraction(value: number | null): string | null {
  return value === null ? null : String(Number(value.toFixed(3)));
}

export function readGatewayElement(element: XmlElement): ParseResult<GatewayFacts> {
  const read = new AttributeReader(element);
  const format = read.integer("format");
  if (format < connectionFormat) return refused(`format ${format} of the connection extension is not known`);
  const heardElements = element.children.filter((child) => child.name === "heard");
  if (heardElements.length > heardMax) return refused(`more than ${heardMax} agents heard`);
  const facts: GatewayFacts = {
    gateway: read.text("name"),
    bootId: read.optionalText("boot-id"),
    counter: read.optionalInteger("counter"),
    upMs: read.optionalInteger("up-ms"),
    epoch: readEpoch(read),
    heard: heardElements.map((child) => {
      const heard = read.of(child);
      return { address: heard.ipAddress("address"), ageMs: heard.integer("age-ms") };
    }),
  };
  return read.failure === null ? parsed(facts) : refused(read.failure);
}

export function readConnectionElement(element: XmlElement, gateway: string): ParseResult<ActiveConnection> {
  const read = new AttributeReader(element);
  const connection: ActiveConnection = {
    gateway,
    connectionId: read.text("id"),
    callId: read.text("call-id"),
    endpoint: read.text("endpoint"),
    mode: read.oneOf("mode", connectionModes),
    state: read.oneOf("state", connectionStates),
    origin: {
      device: read.optionalText("device") ?? "",
      address: read.optionalIpAddress("device-address"),
      from: read.oneOf("device-from", ["line", "tag", "remote-description"]),
    },
    durationMs: read.integer("duration-ms"),
    startedWallMs: read.optionalInteger("started-ms"),
    sendCoding: read.coding("send"),
    receiveCoding: read.coding("receive"),
    qos: {
      dscp: read.integer("dscp", 63),
      reservation: read.oneOf("reservation", ["none", "guaranteed", "controlled-load"]),
    },
    localMedia: read.address("local"),
    remoteMedia: read.address("remote"),
    learntMedia: read.address("learnt"),
    statistics: {
      packetsSent: read.integer("packets-sent"),
      octetsSent: read.integer("octets-sent"),
      packetsReceived: read.integer("packets-received"),
      octetsReceived: read.integer("octets-received"),
      packetsLost: read.integer("packets-lost"),
      jitterMs: read.optionalFraction("jitter-ms"),
      roundTripMs: read.optionalFraction("round-trip-ms"),
      mos: read.optionalFraction("mos"),
      lastMediaAgeMs: read.optionalInteger("last-media-age-ms"),
    },
    notifiedEntity: read.optionalText("notified-entity") ?? "",
    epoch: readEpoch(read),
    tag: read.tag("tag"),
    changedAt: read.integer("changed-at"),
  };
  return read.failure === null ? parsed(connection) : refused(read.failure);
}

function readEpoch(read: AttributeReader): Epoch | null {
  const server = read.optionalText("epoch-server");
  return server === null ? null : { number: read.integer("epoch-number"), server };
}

const textCharactersMax = 1_024;

/** Reads attributes one after the other and remembers the first that was wrong; what it gave before is then void. */
class AttributeReader {
  readonly #element: XmlElement;
  readonly #parent: AttributeReader | null;
  failure: string | null = null;

  constructor(element: XmlElement, parent: AttributeReader | null = null) {
    this.#element = element;
    this.#parent = parent;
  }

  /** A reader of another element whose failure is this one's too. */
  of(element: XmlElement): AttributeReader {
    return new AttributeReader(element, this);
  }

  text(name: string): string {
    return this.optionalText(name) ?? this.#fail(`${name} is missing`, "");
  }

  optionalText(name: string): string | null {
    const value = this.#element.attributes.get(name);
    if (value === undefined) return null;
    return value.length <= textCharactersMax ? value : this.#fail(`${name} is too long`, null);
  }

  tag(name: string): string {
    const value = this.optionalText(name) ?? "";
    if (value.length <= tagCharactersMax && /^[ -~]*$/.test(value)) return value;
    return this.#fail(`${name} is not ${tagCharactersMax} printable characters`, "");
  }

  integer(name: string, most: number = Number.MAX_SAFE_INTEGER): number {
    return this.optionalInteger(name, most) ?? this.#fail(`${name} is missing`, 0);
  }

  optionalInteger(name: string, most: number = Number.MAX_SAFE_INTEGER): number | null {
    const value = this.optionalText(name);
    if (value === null) return null;
    const isInteger = /^\d{1,16}$/.test(value) && Number(value) <= most;
    return isInteger ? Number(value) : this.#fail(`${name} is no number from 0 to ${most}`, 0);
  }

  optionalFraction(name: string): number | null {
    const value = this.optionalText(name);
    if (value === null) return null;
    return /^\d{1,16}(?:\.\d{1,9})?$/.test(value) ? Number(value) : this.#fail(`${name} is no decimal`, null);
  }

  oneOf<Word extends string>(name: string, words: readonly [Word, ...Word[]]): Word {
    const value = this.text(name);
    return words.find((word) => word === value) ?? this.#fail(`${name} is none of ${words.join(", ")}`, words[0]);
  }

  ipAddress(name: string): string {
    return this.optionalIpAddress(name) ?? this.#fail(`${name} is missing`, "");
  }

  optionalIpAddress(name: string): string | null {
    const value = this.optionalText(name);
    return value === null || isIpLiteral(value) ? value : this.#fail(`${name} is no IP address`, null);
  }

  address(name: string): Address | null {
    const value = this.optionalText(name);
    if (value === null) return null;
    const address = parseAddress(value);
    return address.ok ? address.value : this.#fail(`${name}: ${address.reason}`, null);
  }

  coding(name: string): Coding | null {
    const value = this.optionalText(name);
    if (value === null) return null;
    const match = /^([!-.0-~]{1,64})\/(\d{1,7})\/(\d{1,3})\/(\d{1,4})$/.exec(value);
    const encoding = match?.[1];
    const payloadType = Number(match?.[3]);
    if (encoding === undefined || payloadType > 127) return this.#fail(`${name} is no coding`, null);
    return { encoding, clockRateHz: Number(match?.[2]), payloadType, ptimeMs: Number(match?.[4]) };
  }

  #fail<Instead>(reason: string, instead: Instead): Instead {
    this.failure ??= `<${this.#element.name}>: ${reason}`;
    if (this.#parent !== null) this.#parent.failure ??= this.failure;
    return instead;
  }
}
