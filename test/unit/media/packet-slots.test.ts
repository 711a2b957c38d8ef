import { expect, test } from "vitest";
import { PacketSlots } from "../../../firmware/media/packet-slots.js";

const room = { offset: 100, bytes: 8192, slotBytesMin: 512, slotBytesMax: 2048 };

function slotsOf(slots: PacketSlots): number[] {
  const found = [slots.spare];
  while (slots.keep() !== null) found.push(slots.spare);
  return found.sort((a, b) => a - b);
}

test.each([
  [172, 512, 16],
  [512, 512, 16],
  [513, 1024, 8],
  [1932, 2048, 4],
  [9000, 2048, 4],
])(
  "for packets of %i bytes the room is cut into slots of %i, %i of them, within it and apart",
  (packet, bytes, count) => {
    const slots = new PacketSlots(room);
    slots.cut(packet);
    expect(slots.slotBytes).toBe(bytes);
    expect(slotsOf(slots)).toEqual(Array.from({ length: count }, (_, index) => 100 + index * bytes));
  },
);
