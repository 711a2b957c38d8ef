/** Any MGCP message that the writer may be given, in canonical form: what is written parses to the same value. */
import fc from "fast-check";
import type {
  BearerInformation,
  Capability,
  EventName,
  LocalConnectionOptions,
  MgcpCommand,
  MgcpMessage,
  MgcpParameters,
  MgcpResponse,
  RequestedAction,
  RequestedEvent,
} from "../../firmware/protocol/mgcp/message.js";
import { mgcpVerbs } from "../../firmware/protocol/mgcp/message.js";
import { aHexId, aLocalEndpoint, anAddress } from "./arbitraries.js";

const aDomain = fc.constantFrom("gw1.example", "[127.10.0.1]", "[2001:db8::1]", "rgw-2567.whatever.net");

const anEndpointName = fc.record({
  local: fc.oneof(aLocalEndpoint, fc.constantFrom("*", "$", "aaln/*", "relay/$")),
  domain: aDomain,
});

const anEventParameter = fc.constantFrom(
  "+",
  "to=6000",
  "to(6000)",
  '"123456 Your, (friend)"',
  "signal=G/rt",
  "a(b=c,[)",
);

const anEventName: fc.Arbitrary<EventName> = fc.record({
  packageName: fc.constantFrom(null, "L", "D", "G", "x-ho", "*"),
  event: fc.constantFrom("hd", "hu", "rg", "all", "*", "[0-9#*T]", "1", "8295555T"),
  connectionId: fc.constantFrom(null, "0A3F58", "$", "*"),
  parameters: fc.array(anEventParameter, { maxLength: 2 }),
});

/** Combinations that section 2.3.3 allows. */
const plainActions: fc.Arbitrary<readonly RequestedAction[]> = fc.constantFrom<readonly RequestedAction[]>(
  [{ kind: "notify" }],
  [{ kind: "accumulate" }],
  [{ kind: "digits" }],
  [{ kind: "swap" }],
  [{ kind: "ignore" }],
  [{ kind: "keep" }],
  [{ kind: "notify" }, { kind: "keep" }],
  [{ kind: "swap" }, { kind: "accumulate" }],
  [{ kind: "ignore" }, { kind: "swap" }],
  [{ kind: "digits" }, { kind: "keep" }],
  [{ kind: "extension", packageName: "PKG", action: "act", parameters: [] }],
  [{ kind: "extension", packageName: "X-y", action: "act", parameters: ["a=b", '"c, d"'] }],
);

function aRequestedEvent(actions: fc.Arbitrary<readonly RequestedAction[]>): fc.Arbitrary<RequestedEvent> {
  return fc.tuple(anEventName, actions).map(([event, chosen]) => ({ ...event, actions: chosen }));
}

const embeddedActions: fc.Arbitrary<readonly RequestedAction[]> = fc
  .record({
    requestedEvents: fc.array(aRequestedEvent(plainActions), { minLength: 1, maxLength: 2 }),
    signals: fc.array(anEventName, { maxLength: 2 }),
    digitMap: fc.constantFrom(null, "[0-9].[#T]", "(0T|2xx|[1-7]xxx)"),
  })
  .map((request) => [{ kind: "accumulate" }, { kind: "embedded", request }]);

const anEncoding = fc.constantFrom("PCMU", "PCMA", "G722", "G726-32", "IMAGE/T38");
const aRange = fc.constantFrom({ first: 64, last: 64 }, { first: 32, last: 128 });

const optionFields = {
  encodings: fc.uniqueArray(anEncoding, { minLength: 1, maxLength: 3 }),
  bandwidthKbps: aRange,
  typeOfService: fc.nat({ max: 255 }),
  echoCancellation: fc.boolean(),
  gainControl: fc.constantFrom("auto" as const, 0, -12, 3),
  silenceSuppression: fc.boolean(),
  reservation: fc.constantFrom("g" as const, "cl" as const, "be" as const),
  encryptionKey: fc.constantFrom(
    { method: "clear" as const, key: '"a, b"' },
    { method: "base64" as const, key: "AbC+/=" },
    { method: "prompt" as const, key: "" },
  ),
  networks: fc.constantFrom(["IN"], ["ATM", "LOCAL"]),
  others: fc.constant([
    { name: "x-foo", value: "" },
    { name: "pkg/option", value: '1;"two, three"' },
    { name: "fmtp", value: '"PCMU a"' },
    { name: "fmtp", value: '"PCMA b"' },
  ]),
};

const aPacketTime = fc.constantFrom<LocalConnectionOptions>(
  {},
  { ptimeMs: 10 },
  { ptimeMs: 20 },
  { ptimeMs: 20, ptimeRangeMs: { first: 10, last: 40 } },
  { ptimeMs: 30, ptimeRangeMs: { first: 30, last: 60 } },
);

export const localOptions: fc.Arbitrary<LocalConnectionOptions> = fc
  .tuple(aPacketTime, fc.record(optionFields, { requiredKeys: [] }))
  .map(([packetTime, options]) => ({ ...packetTime, ...options }));

const aCapability: fc.Arbitrary<Capability> = fc
  .tuple(aPacketTime, fc.record(optionFields, { requiredKeys: ["encodings"] }))
  .map(([packetTime, options]) => ({ ...packetTime, ...options }))
  .chain((options) =>
    fc.record(
      {
        options: fc.constant(options),
        packages: fc.constant(["L", "D", "x-ho"]),
        modes: fc.constant(["sendonly", "pkg/mode"]),
      },
      { requiredKeys: ["options"] },
    ),
  );

const count = fc.nat({ max: 999_999_999 });

const someParameters: fc.Arbitrary<MgcpParameters> = fc.record(
  {
    responseAck: fc.array(
      fc
        .tuple(fc.integer({ min: 1, max: 999_999_000 }), fc.nat({ max: 999 }))
        .map(([first, more]) => ({ first, last: first + more })),
      { maxLength: 3 },
    ),
    bearerInformation: fc.constantFrom<BearerInformation>(
      {},
      { encoding: "mu" },
      { encoding: "A", others: [{ name: "p/x", value: "1" }] },
    ),
    callId: aHexId,
    connectionIds: fc.array(aHexId, { maxLength: 3 }),
    notifiedEntity: fc.constantFrom("", "ca@ca1.whatever.net:5678", "[128.96.41.12]"),
    requestIdentifier: fc.oneof(fc.constant(""), aHexId),
    localOptions,
    mode: fc.constantFrom("sendrecv", "recvonly", "pkg/mode"),
    requestedEvents: fc.array(aRequestedEvent(fc.oneof(plainActions, embeddedActions)), { maxLength: 3 }),
    signals: fc.array(anEventName, { maxLength: 3 }),
    digitMap: fc.constantFrom("", "(0T|00T|[1-7]xxx|9011x.T)"),
    observedEvents: fc.array(anEventName, { maxLength: 5 }),
    connectionParameters: fc.record(
      {
        packetsSent: count,
        octetsSent: count,
        packetsLost: count,
        jitterMs: count,
        latencyMs: count,
        others: fc.constant([
          { name: "X-FOO", value: 7 },
          { name: "pkg/a-b", value: 0 },
        ]),
      },
      { requiredKeys: [] },
    ),
    reasonCode: fc.constantFrom(
      { code: 0, packageName: null, text: "" },
      { code: 900, packageName: null, text: "- Hardware error" },
      { code: 801, packageName: "x-ho", text: "gone" },
    ),
    endpointIds: fc.array(anEndpointName, { maxLength: 3 }),
    secondEndpoint: anEndpointName,
    secondConnectionId: aHexId,
    requestedInfo: fc.subarray(["C", "N", "L", "M", "RC", "LC", "P", "X-HO/T"]),
    quarantine: fc.record({ loop: fc.boolean(), process: fc.boolean() }),
    detectEvents: fc.array(anEventName, { maxLength: 2 }),
    restartMethod: fc.constantFrom("restart", "cancel-graceful", "disconnected"),
    restartDelaySeconds: fc.nat({ max: 999_999 }),
    capabilities: fc.array(aCapability, { maxLength: 2 }),
    eventStates: fc.array(anEventName, { maxLength: 2 }),
    packages: fc.array(fc.record({ name: fc.constantFrom("L", "D", "x-ho"), version: fc.nat({ max: 9 }) }), {
      maxLength: 3,
    }),
    datagramBytesMax: count,
    extensions: fc.array(
      fc.record({
        name: fc.constantFrom("x-ho/T", "X-Flower", "BA/F"),
        value: fc.constantFrom("", "Daisy", "v=1;a=%20"),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  },
  { requiredKeys: [] },
);

const aSession = anAddress.map(
  ({ address, port }) =>
    `v=0\r\no=- 1 1 IN IP4 ${address}\r\ns=-\r\nc=IN IP4 ${address}\r\nt=0 0\r\nm=audio ${port} RTP/AVP 0\r\n`,
);

export const aTransactionId: fc.Arbitrary<number> = fc.integer({ min: 1, max: 999_999_999 });

export const aCommand: fc.Arbitrary<MgcpCommand> = fc.record({
  kind: fc.constant("command"),
  verb: fc.constantFrom(...mgcpVerbs),
  transactionId: aTransactionId,
  endpoint: anEndpointName,
  parameters: someParameters,
  session: fc.option(aSession, { nil: null }),
});

export const aResponse: fc.Arbitrary<MgcpResponse> = fc
  .record({
    kind: fc.constant("response" as const),
    code: fc.constantFrom(0, 100, 200, 250, 401, 510, 801),
    transactionId: aTransactionId,
    comment: fc.constantFrom("", "OK", "Phone off-hook", "/odd one"),
    parameters: someParameters,
    sessions: fc.array(aSession, { maxLength: 2 }),
  })
  .map((response) => ({ ...response, packageName: response.code === 801 ? "x-ho" : null }));

export const aMessage: fc.Arbitrary<MgcpMessage> = fc.oneof(aCommand, aResponse);
