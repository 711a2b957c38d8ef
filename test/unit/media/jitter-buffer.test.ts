import { expect, test } from "vitest";
import { JitterBuffer } from "../../../firmware/media/jitter-buffer.js";
import { codecNamed, newSlotRoom, slotsMax } from "../../support/slot-room.js";

const loud = () => false;
const quiet = () => true;

/** A buffer whose packets of 20 ms carry their own number in every sample. */
function newBuffer() {
  const { bytes, slots } = newSlotRoom();
  const buffer = new JitterBuffer(bytes, slots, codecNamed("PCMU"), 0);
  const push = (number: number, timestamp = number * 160, samples = 160) => {
    const slot = slots.keep();
    if (slot === null) return "no slot";
    bytes.fill(number, slot, slot + samples);
    return buffer.push(slot, timestamp >>> 0, slot, samples, true);
  };
  const pull = (wasQuiet = loud): number | "mixed" | "lost" | null => {
    const codes = buffer.pull(wasQuiet);
    if (codes === null || codes === "lost") return codes;
    const frame = new Set(bytes.slice(codes, codes + 80));
    const [only] = frame;
    return frame.size === 1 && only !== undefined ? only : "mixed";
  };
  const pulls = (count: number, wasQuiet = loud) => Array.from({ length: count }, () => pull(wasQuiet));
  return { buffer, slots, push, pull, pulls };
}

/** Packets one every two pulls, as a far side in step with us sends them. */
function run(parts: ReturnType<typeof newBuffer>, first: number, count: number, wasQuiet = loud) {
  return Array.from({ length: count }, (_, index) => {
    parts.push(first + index);
    return parts.pulls(2, wasQuiet);
  }).flat();
}

test("nothing is due before the first packet has waited the depth of 40 ms", () => {
  const parts = newBuffer();
  expect(parts.pulls(5)).toEqual([null, null, null, null, null]);
  expect(run(parts, 0, 4)).toEqual([null, null, null, null, 0, 0, 1, 1]);
});

test("a missing packet is told as lost for its time, and counted; what follows is in place", () => {
  const parts = newBuffer();
  parts.push(0);
  parts.push(2);
  expect(parts.pulls(10)).toEqual([null, null, null, null, 0, 0, "lost", "lost", 2, 2]);
  expect(parts.buffer.framesFilled).toBe(2);
});

test("packets shuffled within the depth come out in order, across the wrap of the timestamps too", () => {
  const parts = newBuffer();
  const start = 0x1_0000_0000 - 160;
  parts.push(1, start);
  parts.push(3, start + 320);
  parts.push(2, start + 160);
  expect(parts.pulls(10)).toEqual([null, null, null, null, 1, 1, 2, 2, 3, 3]);
});

test("a packet that comes twice is refused, and so is one whose time is over", () => {
  const parts = newBuffer();
  parts.push(0);
  expect(parts.push(0)).toBe("duplicate");
  parts.pulls(8);
  expect(parts.push(1)).toBe("too late");
});

test("a late packet still plays as far as its time is not over", () => {
  const parts = newBuffer();
  parts.push(0);
  parts.pulls(7);
  expect(parts.push(1)).toBe("kept");
  expect(parts.pull()).toBe(1);
});

test("a hiccup of 60 ms costs at most 20 ms of sound, and nothing after it", () => {
  const parts = newBuffer();
  run(parts, 0, 20);
  const during = parts.pulls(6);
  for (const number of [20, 21, 22]) parts.push(number);
  const after = run(parts, 23, 20);
  expect(during.filter((frame) => frame === "lost").length).toBeLessThanOrEqual(2);
  expect(after).not.toContain("lost");
  expect(parts.buffer.resyncs).toBe(0);
});

test("after a hiccup the depth grows in the next pause of the speech, and the next hiccup costs nothing", () => {
  const parts = newBuffer();
  run(parts, 0, 20);
  parts.pulls(6);
  for (const number of [20, 21, 22]) parts.push(number);
  run(parts, 23, 90);
  expect(parts.buffer.framesInserted).toBe(0);
  run(parts, 113, 10, quiet);
  expect(parts.buffer.framesInserted).toBeGreaterThan(0);
  const filledBefore = parts.buffer.framesFilled;
  parts.pulls(6);
  for (const number of [123, 124, 125]) parts.push(number);
  run(parts, 126, 10);
  expect(parts.buffer.framesFilled).toBe(filledBefore);
});

test("a far side whose clock is fast by a thousandth neither overflows nor mutes: frames leave in pauses", () => {
  const parts = newBuffer();
  let number = 0;
  let heldMost = 0;
  for (let frame = 0; frame < 60_000; frame += 1) {
    while (number * 20 < frame * 10 * 1.001) {
      const slot = parts.slots.keep();
      if (slot === null) expect.fail("no slot is left");
      parts.buffer.push(slot, (number * 160) >>> 0, slot, 160, true);
      number += 1;
    }
    parts.buffer.pull(quiet);
    heldMost = Math.max(heldMost, parts.buffer.packetsHeld);
  }
  expect(heldMost).toBeLessThan(12);
  expect(parts.buffer.framesDropped).toBeGreaterThan(40);
  expect(parts.buffer.framesFilled).toBe(0);
});

test("a far side whose clock is slow by a thousandth loses next to nothing: frames come in in pauses", () => {
  const parts = newBuffer();
  let number = 0;
  for (let frame = 0; frame < 60_000; frame += 1) {
    while (number * 20 < frame * 10 * 0.999) {
      const slot = parts.slots.keep();
      if (slot === null) expect.fail("no slot is left");
      parts.buffer.push(slot, (number * 160) >>> 0, slot, 160, true);
      number += 1;
    }
    parts.buffer.pull(quiet);
  }
  expect(parts.buffer.framesInserted).toBeGreaterThan(40);
  expect(parts.buffer.framesFilled).toBeLessThan(10);
});

test.each([1_000_000, -1_000_000])("timestamps that leap by %i play on after the depth", (leap) => {
  const parts = newBuffer();
  run(parts, 0, 20);
  const after = Array.from({ length: 10 }, (_, index) => {
    parts.push(20 + index, (20 + index) * 160 + leap);
    return parts.pulls(2);
  }).flat();
  expect(after.slice(-12)).toEqual([22, 22, 23, 23, 24, 24, 25, 25, 26, 26, 27, 27]);
  expect(parts.buffer.resyncs).toBe(1);
});

test("a path that became 200 ms longer for good mutes for less than 100 ms more", () => {
  const parts = newBuffer();
  run(parts, 0, 20);
  parts.pulls(20);
  const after = run(parts, 20, 20);
  const firstHeard = after.findIndex((frame) => frame !== "lost");
  expect(firstHeard).toBeLessThanOrEqual(14);
  expect(after.slice(firstHeard)).not.toContain("lost");
});

test("packets of other sizes than the frame are put together sample by sample", () => {
  const parts = newBuffer();
  for (let number = 0; number < 8; number += 1) parts.push(number, number * 100, 100);
  expect(parts.pulls(8).slice(4)).toEqual([0, "mixed", "mixed", "mixed"]);
  expect(parts.buffer.framesFilled).toBe(0);
});

test("a frame of which a part is missing is lost", () => {
  const parts = newBuffer();
  parts.push(1, 0, 120);
  parts.push(2, 160, 160);
  expect(parts.pulls(8).slice(4)).toEqual([1, "lost", 2, 2]);
  expect(parts.buffer.framesFilled).toBe(1);
});

test("where several codes fill an octet, frames are as many octets as they hold, and packets fall on whole units", () => {
  const { bytes, slots } = newSlotRoom();
  const buffer = new JitterBuffer(bytes, slots, codecNamed("G726-24"), 0);
  for (const [number, timestamp] of [0, 163, 320].entries()) {
    const slot = slots.keep();
    if (slot === null) expect.fail("no slot is left");
    for (let octet = 0; octet < 60; octet += 1) bytes[slot + octet] = 60 * number + octet;
    buffer.push(slot, timestamp, slot, 60, true);
  }
  const frames = Array.from({ length: 10 }, () => buffer.pull(loud)).slice(4);
  const octets = frames.flatMap((codes) => (typeof codes === "number" ? [...bytes.slice(codes, codes + 30)] : []));
  expect(octets).toEqual(Array.from({ length: 180 }, (_, octet) => octet));
});

test("all slots come back", () => {
  const parts = newBuffer();
  run(parts, 0, 100);
  parts.buffer.clear();
  let free = 0;
  while (parts.slots.keep() !== null) free += 1;
  expect(free).toBe(slotsMax - 1);
});
