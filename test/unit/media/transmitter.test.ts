import { expect, test } from "vitest";
import { parseRtp } from "#protocol/rtp.js";
import { Transmitter } from "../../../firmware/media/transmitter.js";
import { seededRandom } from "../../support/seeded-random.js";

function newTransmitter(framesPerPacket: number) {
  const bytes = new Uint8Array(512);
  const transmitter = new Transmitter(new DataView(bytes.buffer), 0, seededRandom(1));
  transmitter.setFormat({ payloadType: 8, framesPerPacket, frameSamples: 80, frameOctets: 80 });
  const turn = (code: number) => {
    bytes.fill(code, transmitter.frameTarget, transmitter.frameTarget + 80);
    const length = transmitter.frameWritten();
    const parsed = parseRtp(bytes.slice(0, length));
    return parsed.ok ? parsed.value : null;
  };
  return { transmitter, turn };
}

test("a packet goes when its frames are full, its timestamp that of its first sample", () => {
  const { transmitter, turn } = newTransmitter(3);
  const timestamp = transmitter.timestamp;
  expect([turn(1), turn(2)]).toEqual([null, null]);
  const packet = turn(3);
  expect(packet).toMatchObject({ marker: true, payloadType: 8, timestamp, ssrc: transmitter.ssrc });
  expect([packet?.payload[0], packet?.payload[80], packet?.payload[160]]).toEqual([1, 2, 3]);
});

test("sequence numbers and timestamps go on without a break, and only the first packet is marked", () => {
  const { turn } = newTransmitter(1);
  const packets = Array.from({ length: 70_000 }, (_, index) => turn(index));
  for (const [index, packet] of packets.entries()) {
    const before = packets[index - 1];
    if (packet === null || before === null || before === undefined) continue;
    if (packet.sequenceNumber !== ((before.sequenceNumber + 1) & 0xffff)) expect.fail(`sequence breaks at ${index}`);
    if (packet.timestamp !== (before.timestamp + 80) >>> 0) expect.fail(`timestamp breaks at ${index}`);
    if (packet.marker) expect.fail(`marked at ${index}`);
  }
});

test("a pause passes in the timestamps only, and the packet after it is marked", () => {
  const { transmitter, turn } = newTransmitter(1);
  const before = turn(1);
  transmitter.pause(10);
  const after = turn(2);
  if (before === null || after === null) expect.fail("nothing was sent");
  expect(after.sequenceNumber).toBe((before.sequenceNumber + 1) & 0xffff);
  expect(after.timestamp).toBe((before.timestamp + 880) >>> 0);
  expect(after.marker).toBe(true);
});
