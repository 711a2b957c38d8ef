/**
 * What a hostile or broken neighbour sends: valid messages with octets changed, cut, doubled or lengthened, and octets by
 * chance. Each kind begins from messages that this project did not make where there are such (test/vectors) and from
 * messages for the exchange that is attacked. From a seed.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { writeRtcp } from "../../firmware/protocol/rtcp.js";
import { writeRtp } from "../../firmware/protocol/rtp.js";
import { writeMessage } from "../../firmware/protocol/snmp/community-message.js";
import { writeHeartbeat } from "../../host/watch/heartbeat.js";
import { projectFolder } from "./programs.js";
import { seededRandom } from "./seeded-random.js";
import { aPdu, mutated } from "./snmp-arbitraries.js";

export const hostileKinds = ["mgcp", "sip", "snmp", "heartbeat", "rtp", "rtcp"] as const;
export type HostileKind = (typeof hostileKinds)[number];

const vectors = join(projectFolder, "test", "vectors");
/** One in so many is octets by chance: they die at the first check, mutated messages go deeper. */
const randomOneIn = 4;
const datagramBytesMax = 1400;

/** `count` datagrams; `community` is the exchange's own, which a neighbour may know. */
export function hostileDatagrams(kind: HostileKind, count: number, community: string, seed: number): Uint8Array[] {
  const random = seededRandom(seed);
  const changed = fc.sample(mutated(messages(kind, community)), { numRuns: count, seed });
  return changed.map((bytes, place) => (place % randomOneIn === 0 ? octetsByChance(random) : bytes));
}

function octetsByChance(random: () => number): Uint8Array {
  return Uint8Array.from({ length: Math.floor(random() ** 2 * datagramBytesMax) }, () => Math.floor(random() * 256));
}

function messages(kind: HostileKind, community: string): fc.Arbitrary<Uint8Array> {
  switch (kind) {
    case "mgcp":
      return fc.tuple(fc.constantFrom(...mgcpMessages()), aNumber).map(numbered);
    case "sip":
      return fc.oneof(
        fc.constantFrom(...sipVectors()),
        fc.tuple(fc.constantFrom(...sipMessages), aNumber).map(numbered),
      );
    case "snmp":
      return fc
        .tuple(fc.constantFrom(community, "public"), aPdu)
        .map(([name, pdu]) => writeMessage({ community: new TextEncoder().encode(name), pdu }));
    case "heartbeat":
      return fc.tuple(fc.constantFrom("primary", "backup"), fc.nat({ max: 1e9 })).map(([server, sequence]) => {
        const beat = { kind: "beat", server, role: "active", epoch: 900, sequence, wallMs: 1.7e12 } as const;
        return writeHeartbeat(beat, "not the secret of this exchange");
      });
    case "rtp":
      return aStream.map(([ssrc, sequenceNumber, timestamp]) =>
        writeRtp({ ...emptyPacket, ssrc, sequenceNumber, timestamp, payloadType: ssrc % 2 === 0 ? 8 : 0 }),
      );
    case "rtcp":
      return aStream.map(([ssrc, packetsSent, rtpTime]) => {
        const sender = { ntp: { seconds: rtpTime, fraction: ssrc }, rtpTime, packetsSent, octetsSent: packetsSent };
        return writeRtcp([
          { kind: "sender-report", ssrc, sender, reports: [] },
          { kind: "description", chunks: [{ ssrc, items: [{ type: 1, text: "nobody" }] }] },
          { kind: "goodbye", ssrcs: [ssrc], reason: "over" },
        ]);
      });
  }
}

const aNumber = fc.integer({ min: 1, max: 999_999_999 });
const unsigned32 = fc.integer({ min: 0, max: 0xffff_ffff });
const aStream = fc.tuple(unsigned32, fc.integer({ min: 0, max: 0xffff }), unsigned32);
const emptyPacket = {
  marker: false,
  csrcs: [],
  extension: null,
  payload: new Uint8Array(160).fill(0xd5),
  paddingBytes: 0,
};

/** NUMBER stands for a transaction number or a branch: each message is a transaction of its own. */
function numbered([text, number]: readonly [string, number]): Uint8Array {
  return new TextEncoder().encode(text.replaceAll("NUMBER", String(number)));
}

/** The examples of RFC 3435 Appendix F, and commands that name the gateways attacked and change nothing that is there. */
function mgcpMessages(): string[] {
  const file = readFileSync(join(vectors, "mgcp", "rfc3435-appendix-f.txt"), "utf8");
  const examples = file
    .replace(/^#.*\n/gm, "")
    .split(/^--\n/m)
    .map((text) => text.replaceAll("\n", "\r\n").replace(/^([A-Z]{4}|\d{3}) \d+/, "$1 NUMBER"));
  return [
    ...examples,
    "AUEP NUMBER *@gw1.example MGCP 1.0\r\nx-ho/A: max=16000\r\n",
    "AUEP NUMBER aaln/1@gw1.example MGCP 1.0\r\nF: A,R,D,S,X,N,I,T,O,ES\r\n",
    "AUCX NUMBER aaln/1@gw2.example MGCP 1.0\r\nI: 7\r\nF: C,N,L,M,LC,RC,P\r\n",
    "CRCX NUMBER aaln/2@nowhere.test MGCP 1.0\r\nC: A1\r\nL: p:20, a:PCMA\r\nM: sendrecv\r\n\r\nv=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n",
    "NTFY NUMBER aaln/2@nowhere.test MGCP 1.0\r\nN: ca@[192.0.2.1]:2727\r\nX: 1\r\nO: L/hd,D/2,D/0,D/1\r\n",
    "200 NUMBER OK\r\n",
  ];
}

/** RFC 4475: requests and responses that are valid, or not, in unusual ways. */
function sipVectors(): Uint8Array[] {
  const folder = join(vectors, "rfc4475");
  const files = readdirSync(folder).filter((name) => name.endsWith(".dat"));
  return files.map((name) => Uint8Array.from(readFileSync(join(folder, name))));
}

const sipMessages = [
  ...["OPTIONS", "INVITE", "BYE", "CANCEL", "ACK", "MESSAGE"].map((method) => request(method, "101", "")),
  request("SUBSCRIBE", "connections", "Event: dialog\r\nExpires: 0\r\n"),
  request("SUBSCRIBE", "aaln/1", "Event: dialog;id=7\r\nExpires: 3600\r\n"),
  request("NOTIFY", "connections", "Event: dialog\r\nSubscription-State: active;expires=60\r\n"),
  response("200 OK"),
  response("180 Ringing"),
  response("503 Service Unavailable"),
];

function request(method: string, user: string, headers: string): string {
  return `${method} sip:${user}@gw1.example SIP/2.0\r\n${fields(method)}Max-Forwards: 70\r\n${headers}Content-Length: 0\r\n\r\n`;
}

function response(status: string): string {
  return `SIP/2.0 ${status}\r\n${fields("INVITE")}Content-Length: 0\r\n\r\n`;
}

function fields(method: string): string {
  return (
    "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKNUMBER;rport\r\nFrom: <sip:102@192.0.2.1>;tag=NUMBER\r\n" +
    `To: <sip:101@gw1.example>\r\nCall-ID: NUMBER\r\nCSeq: 1 ${method}\r\nContact: <sip:102@192.0.2.1>\r\n`
  );
}
