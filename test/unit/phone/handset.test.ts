import { expect, test } from "vitest";
import { frameSamples, Handset } from "../../../firmware/phone/handset.js";
import { muLawOf } from "../../../firmware/protocol/g711-table.js";
import { parseRtp, type RtpPacket } from "../../../firmware/protocol/rtp.js";
import { seededRandom } from "../../support/seeded-random.js";

const remote = { address: "127.10.0.11", port: 30_000 };

function lifted(speech: Int16Array, repeats = false): Handset {
  const handset = new Handset({ cname: "101", speech: muLawOf(speech), repeats }, seededRandom(3));
  handset.lift(remote, 1000);
  return handset;
}

function packets(bytes: readonly Uint8Array[]): RtpPacket[] {
  return bytes.map((datagram) => {
    const packet = parseRtp(datagram);
    if (!packet.ok) throw new Error(packet.reason);
    return packet.value;
  });
}

test("a frame leaves every 20 ms, numbers and timestamps count on, the first is marked", () => {
  const handset = lifted(new Int16Array(0));
  expect(handset.next()).toBe(1000);
  const sent = packets([1000, 1020, 1040].flatMap((nowMs) => handset.turn(nowMs, 0).rtp));
  expect(sent.map(({ marker }) => marker)).toEqual([true, false, false]);
  const [first, second, third] = sent;
  expect(second?.sequenceNumber).toBe((first?.sequenceNumber ?? 0) + 1);
  expect(third?.timestamp).toBe(((first?.timestamp ?? 0) + 2 * frameSamples) >>> 0);
  expect(handset.next()).toBe(1060);
  expect(handset.turn(1059, 0).rtp).toEqual([]);
});

test("a turn that comes late sends and plays all the frames that are due", () => {
  const turn = lifted(new Int16Array(0)).turn(1100, 0);
  expect(turn.rtp).toHaveLength(6);
  expect(turn.heard).toHaveLength(6 * frameSamples);
});

test("a clock that stood still for seconds sends one second of frames, and the recording keeps the time", () => {
  const handset = lifted(new Int16Array(0));
  const first = packets(handset.turn(1000, 0).rtp)[0];
  const turn = handset.turn(4000, 0);
  expect(turn.rtp).toHaveLength(50);
  expect(turn.heard).toHaveLength(150 * frameSamples);
  expect(handset.counts).toMatchObject({ packetsSent: 51, stalledMs: 2000 });
  const [next] = packets(turn.rtp);
  expect(next?.sequenceNumber).toBe((first?.sequenceNumber ?? 0) + 1);
  expect(next?.timestamp).toBe(((first?.timestamp ?? 0) + 101 * frameSamples) >>> 0);
});

test("speech ends in silence, or begins again", () => {
  const speech = new Int16Array(frameSamples).fill(8000);
  const levels = (repeats: boolean) =>
    packets(lifted(speech, repeats).turn(1020, 0).rtp).map(({ payload }) => payload[0] === 0xff);
  expect(levels(false)).toEqual([false, true]);
  expect(levels(true)).toEqual([false, false]);
});

test("on the hook it neither sends nor hears, and every call begins the speech anew", () => {
  const handset = lifted(new Int16Array(frameSamples).fill(8000));
  handset.turn(1100, 0);
  expect(handset.replace(1100, 0)).toHaveLength(1);
  expect(handset.next()).toBeNull();
  expect(handset.turn(2000, 0)).toMatchObject({ rtp: [], rtcp: [] });
  handset.lift(remote, 3000);
  expect(packets(handset.turn(3000, 0).rtp)[0]?.payload[0]).not.toBe(0xff);
});

test("a clock that stood still for a week costs a minute of silence, and the sound goes on", () => {
  const handset = lifted(new Int16Array(0));
  handset.turn(1000, 0);
  const weekMs = 7 * 24 * 3_600_000;
  const turn = handset.turn(1000 + weekMs, 0);
  expect(turn.heard).toHaveLength(3050 * frameSamples);
  expect(turn.rtp).toHaveLength(50);
  expect(handset.next()).toBe(1000 + weekMs + 20);
});
