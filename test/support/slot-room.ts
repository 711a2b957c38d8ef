/** Memory for a jitter buffer alone: room for one spliced frame, then the slots that packets are kept in. */
import { type Codec, codecOf } from "../../firmware/media/codec.js";
import { PacketSlots } from "../../firmware/media/packet-slots.js";

export const slotsMax = 32;
const slotBytes = 512;
const codeFrameBytes = 320;

export function newSlotRoom() {
  const bytes = new Uint8Array(codeFrameBytes + slotsMax * slotBytes);
  const slots = new PacketSlots({
    offset: codeFrameBytes,
    bytes: slotsMax * slotBytes,
    slotBytesMin: slotBytes,
    slotBytesMax: 4 * slotBytes,
  });
  return { bytes, slots };
}

/** By its SDP name at 8000 Hz. */
export function codecNamed(encoding: string): Codec {
  const codec = codecOf({ encoding, clockRateHz: 8000, payloadType: 0, ptimeMs: 20 });
  if (codec === null) throw new Error(`${encoding} is missing`);
  return codec;
}
