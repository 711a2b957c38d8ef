/** Telephones of other makers, by hand: what they offer, leave out, hold and move, and what the station's leg makes of it. */
import { beforeEach, expect, test } from "vitest";
import type { LegSettings } from "../../firmware/media/media-port.js";
import { requestParameters } from "../support/event-request-texts.js";
import { HandCallAgent } from "../support/hand-call-agent.js";
import { seededRandom } from "../support/seeded-random.js";
import { gatewayOptions, SimulatedGateway } from "../support/simulated-gateway.js";
import { SimulatedNetwork } from "../support/simulated-network.js";

const primary = { address: "127.10.0.1", port: 2727 };
const place = { address: "127.10.0.11", port: 2427 };
const phone = { address: "127.10.1.1", port: 5060 };
const sip = { address: place.address, port: 5060 };
const farSide =
  "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n";

let network: SimulatedNetwork;
let agent: HandCallAgent;
let gateway: SimulatedGateway;
let heard: string[];
let sequence: number;

beforeEach(() => {
  const random = seededRandom(7);
  network = new SimulatedNetwork(random);
  agent = new HandCallAgent(primary, network, random);
  const known = { name: "gw.example", address: place.address, lines: 1, firstNumber: 101, phones: phone.address };
  gateway = new SimulatedGateway(gatewayOptions(known, [primary]), network, random);
  heard = [];
  sequence = 0;
  network.listen(phone, (bytes) => heard.push(new TextDecoder().decode(bytes)));
  network.run(100);
  agent.command(place, "RQNT", "aaln/1@gw.example", requestParameters("1", { R: "L/hd, L/hu" }));
});

function sdp(formats = "0", more = "", address = phone.address, port = 40_000): string {
  const head = `v=0\r\no=- 1 1 IN IP4 ${address}\r\ns=-\r\nc=IN IP4 ${address}\r\nt=0 0\r\n`;
  return `${head}m=audio ${port} RTP/AVP ${formats}\r\n${more}`;
}

/** What came last, its status line and body. */
function last(): { readonly status: string; readonly body: string; readonly text: string } {
  const text = heard.at(-1) ?? "";
  return { status: text.split("\r\n")[0] ?? "", body: text.split("\r\n\r\n")[1] ?? "", text };
}

function say(method: string, body: string): void {
  if (method !== "ACK") sequence += 1;
  const to = /^To:.*$/m.exec(heard.find((text) => text.startsWith("SIP/2.0 200")) ?? "")?.[0].trim();
  const lines = [
    `${method} sip:201@${sip.address} SIP/2.0`,
    `Via: SIP/2.0/UDP ${phone.address}:5060;branch=z9hG4bK${method}${sequence}`,
    "Max-Forwards: 70",
    `From: <sip:101@${sip.address}>;tag=1`,
    to ?? `To: <sip:201@${sip.address}>`,
    "Call-ID: 1",
    `CSeq: ${sequence} ${method}`,
    `Contact: <sip:101@${phone.address}:5060>`,
    ...(body === "" ? [] : ["Content-Type: application/sdp"]),
    `Content-Length: ${body.length}`,
  ];
  network.send(phone, sip, new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n${body}`));
  network.run(100);
}

function answer(): void {
  const response = agent.command(place, "CRCX", "aaln/1@gw.example", { callId: "A1", mode: "sendrecv" }, farSide);
  expect(response.code).toBe(200);
  network.run(100);
}

/** The station's leg as the engine was last told: it was opened first. */
function station(): LegSettings {
  const command = gateway.commands.findLast((one) => one.leg === 0 && "settings" in one);
  if (command === undefined || !("settings" in command)) throw new Error("no station leg");
  return command.settings;
}

test("an offer with no coding of the gateway's is refused, and is no off-hook", () => {
  say("INVITE", sdp("18 96", "a=rtpmap:96 opus/48000/2\r\n"));
  expect(last().status).toBe("SIP/2.0 488 Not Acceptable Here");
  network.run(500);
  expect([agent.notified, gateway.openLegs]).toEqual([[], 0]);
});

test("an INVITE without an offer is off-hook; it gets ours when it is answered, and is heard once its ACK has the answer", () => {
  say("INVITE", "");
  expect(agent.notified.map(({ events }) => events)).toEqual([["L/hd"]]);
  answer();
  expect(last().body).toMatch(/^m=audio \d+ RTP\/AVP 0 8\r$/m);
  expect(station()).toMatchObject({ remote: null, sends: false, receives: false });
  say("ACK", sdp("8"));
  expect(station()).toMatchObject({
    remote: { address: phone.address, port: 40_000 },
    sendCoding: { encoding: "PCMA" },
    sends: true,
    receives: true,
  });
});

test("a telephone whose ACK answers with nothing, or with no coding of ours, is on-hook", () => {
  for (const body of ["", sdp("18")]) {
    say("INVITE", "");
    answer();
    say("ACK", body);
    network.run(500);
    expect(last().status).toMatch(/^BYE /);
    expect(gateway.core.snapshot(network.at.nowMs).lineEvents.at(-1)?.kind).toBe("on-hook");
    agent.command(place, "DLCX", "aaln/1@gw.example");
    network.run(40_000);
    heard = [];
  }
});

test.each([
  ["sendonly", sdp("0", "a=sendonly\r\n"), "recvonly", { sends: false, receives: true }],
  ["inactive", sdp("0", "a=inactive\r\n"), "inactive", { sends: false, receives: false }],
  ["recvonly", sdp("0", "a=recvonly\r\n"), "sendonly", { sends: true, receives: false }],
  ["the address 0.0.0.0", sdp("0", "", "0.0.0.0"), "recvonly", { sends: false, receives: true }],
])(
  "a telephone that holds by %s is answered, its leg follows, and it is heard again when it resumes",
  (_how, held, direction, directions) => {
    say("INVITE", sdp("0 8"));
    answer();
    say("ACK", "");
    expect(station()).toMatchObject({ sends: true, receives: true });
    say("INVITE", held);
    expect([last().status, last().body]).toEqual(["SIP/2.0 200 OK", expect.stringContaining(`a=${direction}\r\n`)]);
    expect(station()).toMatchObject({ ...directions, remote: { address: phone.address, port: 40_000 } });
    say("ACK", "");
    say("INVITE", sdp("0 8", "", phone.address, 40_100));
    expect(last().body).toContain("a=sendrecv\r\n");
    expect(station()).toMatchObject({ sends: true, receives: true, remote: { port: 40_100 } });
    say("ACK", "");
    say("INVITE", sdp("8"));
    expect(last().status).toBe("SIP/2.0 488 Not Acceptable Here");
    expect(station().sendCoding?.encoding).toBe("PCMU");
    expect(agent.notified.map(({ events }) => events)).toEqual([["L/hd"]]);
  },
);
