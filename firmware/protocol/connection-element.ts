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
import type { XmlElement } from "./xml.js";
import { formatAttribute } from "./xml-text.js";

export const connectionNamespace = "urn:x-holdover:connection";
/** Of the extension; a reader takes documents of this format and of later ones that only add attributes. */
export const connectionFormat = 1;
export const heardMax = 256;

/** What a gateway tells of itself beside its connections. */
export type GatewayFacts = Pick<GatewaySnapshot, "gateway" | "bootId" | "counter" | "upMs" | "epoch" | "heard">;

const textOrNull = (value: string): string | null => (value === "" ? null : value);
const addressOrNull = (value: Address | null): string | null => (value === null ? null : formatAddress(value));

function epochAttributes(epoch: Epoch | null): string {
  if (epoch === null) return "";
  return formatAttribute("epoch-number", epoch.number) + formatAttribute("epoch-server", epoch.server);
}

/** `PCMU/8000/0/20`: encoding, clock rate in Hz, payload type, packet time in ms. */
function formatCoding(coding: Coding | null): string | null {
  if (coding === null) return null;
  return `${coding.encoding}/${coding.clockRateHz}/${coding.payloadType}/${coding.ptimeMs}`;
}

export function writeGatewayElement(facts: GatewayFacts): string {
  const attributes =
    formatAttribute("format", connectionFormat) +
    formatAttribute("name", facts.gateway) +
    formatAttribute("boot-id", facts.bootId) +
    formatAttribute("counter", facts.counter) +
    formatAttribute("up-ms", facts.upMs) +
    epochAttributes(facts.epoch);
  const heard = facts.heard
    .slice(0, heardMax)
    .map(({ address, ageMs }) => `<h:heard${formatAttribute("address", address)}${formatAttribute("age-ms", ageMs)}/>`);
  return `<h:gateway${attributes}>${heard.join("")}</h:gateway>`;
}

/** The gateway's name is not repeated in each connection: a document is about one gateway. */
export function writeConnectionElement(connection: ActiveConnection): string {
  const { origin, qos } = connection;
  const attributes =
    formatAttribute("id", connection.connectionId) +
    formatAttribute("call-id", connection.callId) +
    formatAttribute("endpoint", connection.endpoint) +
    formatAttribute("mode", connection.mode) +
    formatAttribute("state", connection.state) +
    formatAttribute("device", textOrNull(origin.device)) +
    formatAttribute("device-address", origin.address) +
    formatAttribute("device-from", origin.from) +
    formatAttribute("duration-ms", connection.durationMs) +
    formatAttribute("started-ms", connection.startedWallMs) +
    formatAttribute("send", formatCoding(connection.sendCoding)) +
    formatAttribute("receive", formatCoding(connection.receiveCoding)) +
    formatAttribute("dscp", qos.dscp) +
    formatAttribute("reservation", qos.reservation) +
    formatAttribute("local", addressOrNull(connection.localMedia)) +
    formatAttribute("remote", addressOrNull(connection.remoteMedia)) +
    formatAttribute("learnt", addressOrNull(connection.learntMedia)) +
    statisticsAttributes(connection.statistics) +
    formatAttribute("notified-entity", textOrNull(connection.notifiedEntity)) +
    epochAttributes(connection.epoch) +
    formatAttribute("tag", textOrNull(connection.tag)) +
    formatAttribute("changed-at", connection.changedAt);
  return `<h:connection${attributes}/>`;
}

function statisticsAttributes(statistics: ActiveConnection["statistics"]): string {
  return (
    formatAttribute("packets-sent", statistics.packetsSent) +
    formatAttribute("octets-sent", statistics.octetsSent) +
    formatAttribute("packets-received", statistics.packetsReceived) +
    formatAttribute("octets-received", statistics.octetsReceived) +
    formatAttribute("packets-lost", statistics.packetsLost) +
    formatAttribute("jitter-ms", formatFraction(statistics.jitterMs)) +
    formatAttribute("round-trip-ms", formatFraction(statistics.roundTripMs)) +
    formatAttribute("mos", formatFraction(statistics.mos)) +
    formatAttribute("last-media-age-ms", statistics.lastMediaAgeMs)
  );
}

/** Thousandths are as fine as anything here is measured. */
function formatFraction(value: number | null): number | null {
  return value === null ? null : Math.round(value * 1_000) / 1_000;
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
