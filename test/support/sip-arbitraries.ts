/** Arbitrary SIP messages that this project could write: canonical ones, so that parse then write gives the same bytes. */
import { fc } from "@fast-check/vitest";
import type { NameAddress, SipHeaders, SipMessage, SipRequest, Via } from "../../firmware/protocol/sip/message.js";
import type { SipParameter } from "../../firmware/protocol/sip/parameter.js";
import type { SipUri, Uri } from "../../firmware/protocol/sip/uri.js";

const tokenCharacters = [..."abcXYZ019-.!%*_+`'~"];
export const token: fc.Arbitrary<string> = fc.string({
  unit: fc.constantFrom(...tokenCharacters),
  minLength: 1,
  maxLength: 8,
});

const name: fc.Arbitrary<string> = fc.stringMatching(/^[a-z][a-z0-9-]{0,6}$/);
const printable: fc.Arbitrary<string> = fc.stringMatching(/^[!-~]{1,12}$/);
/** Any text that may stand in a quoted string; no CR, LF. */
const quotable: fc.Arbitrary<string> = fc
  .string({ unit: "grapheme", maxLength: 12 })
  .map((text) => text.replace(/[\r\n]/g, ""));

const parameterValue = fc.oneof(fc.constant(null), token, fc.ipV6(), quotable);

export function parameters(max: number): fc.Arbitrary<SipParameter[]> {
  return fc.uniqueArray(fc.record({ name, value: parameterValue }), {
    maxLength: max,
    selector: (parameter) => parameter.name,
  });
}

const uriParameters = fc.uniqueArray(fc.record({ name, value: fc.oneof(fc.constant(null), name) }), {
  maxLength: 3,
  selector: (parameter) => parameter.name,
});

const host: fc.Arbitrary<string> = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.stringMatching(/^[a-z][a-z0-9]{0,8}(\.[a-z]{2,5}){0,2}$/),
);
const port: fc.Arbitrary<number | null> = fc.oneof(fc.constant(null), fc.integer({ min: 0, max: 65_535 }));

export const sipUriArbitrary: fc.Arbitrary<SipUri> = fc
  .record({
    kind: fc.constant("sip" as const),
    scheme: fc.constantFrom("sip" as const, "sips" as const),
    user: fc.oneof(fc.constant(null), fc.stringMatching(/^([a-z0-9+*;&=$?/_-]|%[0-9A-F]{2}){1,10}$/)),
    password: fc.oneof(fc.constant(null), fc.stringMatching(/^[a-z0-9]{0,5}$/)),
    host,
    port,
    parameters: uriParameters,
    headers: fc.oneof(fc.constant(null), fc.stringMatching(/^[a-z]{1,5}=[a-z0-9%]{0,0}[a-z0-9]{1,5}$/)),
  })
  .map((uri) => (uri.user === null ? { ...uri, password: null } : uri));

export const uriArbitrary: fc.Arbitrary<Uri> = fc.oneof(
  { weight: 5, arbitrary: sipUriArbitrary },
  { weight: 1, arbitrary: fc.constant({ kind: "other" as const, text: "tel:+15551234567" }) },
);

export const nameAddressArbitrary: fc.Arbitrary<NameAddress> = fc.record({
  displayName: fc.oneof(fc.constant(null), quotable),
  uri: uriArbitrary,
  parameters: parameters(3),
});

const via: fc.Arbitrary<Via> = fc.record({
  transport: fc.constantFrom("UDP", "TCP", "X-NEW"),
  host,
  port,
  parameters: parameters(4),
});

const seconds = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const tokens = fc.array(token, { maxLength: 4 });
const parameterised = fc.record({ token, parameters: parameters(3) });
const text = fc.stringMatching(/^[!-~]{1,10}( [!-~]{1,10}){0,2}$/);
const routes = fc.array(nameAddressArbitrary, { minLength: 1, maxLength: 3 });
const others = fc.array(fc.record({ name: fc.stringMatching(/^X-[A-Z][a-z]{0,6}$/), value: text }), {
  minLength: 1,
  maxLength: 3,
});

function headersArbitrary(method: fc.Arbitrary<string>): fc.Arbitrary<SipHeaders> {
  return fc.record(
    {
      via: fc.array(via, { minLength: 1, maxLength: 3 }),
      from: nameAddressArbitrary,
      to: nameAddressArbitrary,
      callId: printable,
      cseq: fc.record({ number: fc.integer({ min: 0, max: 2 ** 31 - 1 }), method }),
      maxForwards: fc.integer({ min: 0, max: 255 }),
      route: routes,
      recordRoute: routes,
      contact: fc.oneof(routes, fc.constant("*" as const)),
      expiresSeconds: seconds,
      minExpiresSeconds: seconds,
      event: parameterised,
      subscriptionState: parameterised,
      allow: tokens,
      allowEvents: tokens,
      accept: fc.array(fc.constantFrom("application/sdp", "application/dialog-info+xml;q=0.5"), { maxLength: 2 }),
      supported: tokens,
      require: tokens,
      proxyRequire: tokens,
      unsupported: tokens,
      retryAfterSeconds: seconds,
      userAgent: text,
      server: text,
      contentType: fc.constant("application/sdp"),
      others,
    },
    { requiredKeys: ["via", "from", "to", "callId", "cseq"] },
  );
}

const method = fc.constantFrom("INVITE", "ACK", "BYE", "SUBSCRIBE", "NOTIFY", "x-Other");
const body = fc.uint8Array({ maxLength: 40 });

export const requestArbitrary: fc.Arbitrary<SipRequest> = method.chain((chosen) =>
  fc.record({
    kind: fc.constant("request" as const),
    method: fc.constant(chosen),
    uri: uriArbitrary,
    headers: headersArbitrary(fc.constant(chosen)),
    body,
  }),
);

export const messageArbitrary: fc.Arbitrary<SipMessage> = fc.oneof(
  requestArbitrary,
  fc.record({
    kind: fc.constant("response" as const),
    status: fc.integer({ min: 100, max: 699 }),
    reason: fc.oneof(fc.constant(""), text),
    headers: headersArbitrary(method),
    body,
  }),
);
