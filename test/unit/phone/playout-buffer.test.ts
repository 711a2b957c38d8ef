import { expect, test } from "vitest";
import { PlayoutBuffer, playoutDefaults } from "../../../firmware/phone/playout-buffer.js";

const frameSamples = 160;
const depthFrames = playoutDefaults.startDepthMs / 20;
const source = 7;

/** The frame that says which it is. */
function frameOf(number: number): Int16Array {
  return new Int16Array(frameSamples).fill(1000 + number);
}

function pushFrame(buffer: PlayoutBuffer, number: number, firstTimestamp = 0): string {
  return buffer.push(source, (firstTimestamp + number * frameSamples) >>> 0, frameOf(number));
}

/** Numbers of the frames played; null is silence. */
function play(buffer: PlayoutBuffer, frames: number): (number | null)[] {
  return Array.from({ length: frames }, () => {
    const frame = new Int16Array(frameSamples);
    buffer.pull(frame);
    expect(frame.every((sample) => sample === frame[0])).toBe(true);
    return frame[0] === 0 ? null : (frame[0] ?? 0) - 1000;
  });
}

test("the first packet waits its depth, then frames come in their order", () => {
  const buffer = new PlayoutBuffer();
  for (const number of [0, 2, 1, 3]) expect(pushFrame(buffer, number)).toBe("kept");
  expect(play(buffer, depthFrames + 4)).toEqual([...Array(depthFrames).fill(null), 0, 1, 2, 3]);
  expect(buffer.counts.missingSamples).toBe(0);
});

test("order holds across the wrap of the timestamp", () => {
  const buffer = new PlayoutBuffer();
  for (let number = 0; number < 6; number += 1) pushFrame(buffer, number, 2 ** 32 - 3 * frameSamples);
  expect(play(buffer, depthFrames + 6).slice(depthFrames)).toEqual([0, 1, 2, 3, 4, 5]);
});

test("a lost frame is silence of its length and counted, the frames after it keep their place", () => {
  const buffer = new PlayoutBuffer();
  for (const number of [0, 1, 3]) pushFrame(buffer, number);
  expect(play(buffer, depthFrames + 4).slice(depthFrames)).toEqual([0, 1, null, 3]);
  expect(buffer.counts.missingSamples).toBe(frameSamples);
});

test("a packet comes twice and is played once", () => {
  const buffer = new PlayoutBuffer();
  pushFrame(buffer, 0);
  expect(pushFrame(buffer, 0)).toBe("duplicate");
  expect(buffer.counts.packetsTwice).toBe(1);
});

/** Frames come at their time, but those of [from, to) all at the time of frame `to`. */
function withHiccups(buffer: PlayoutBuffer, frames: number, hiccups: readonly (readonly [number, number])[]) {
  const played: (number | null)[] = [];
  for (let number = 0; number < frames; number += 1) {
    if (!hiccups.some(([from, to]) => number >= from && number < to)) {
      const hiccup = hiccups.find(([, to]) => to === number);
      for (let held = hiccup?.[0] ?? number; held <= number; held += 1) pushFrame(buffer, held);
    }
    played.push(...play(buffer, 1));
  }
  return played;
}

test("one hiccup costs what it exceeds the depth by, and no delay afterwards", () => {
  const buffer = new PlayoutBuffer();
  const played = withHiccups(buffer, 60, [[20, 27]]);
  expect(played.slice(30)).toEqual(Array.from({ length: 30 }, (_, index) => 30 + index - depthFrames));
  expect(buffer.counts.missingSamples).toBe((27 - 20 - depthFrames) * frameSamples);
  expect(buffer.counts.grownMs).toBe(0);
});

test("a second hiccup of the kind makes the buffer deeper, a third one costs nothing then", () => {
  const buffer = new PlayoutBuffer();
  withHiccups(buffer, 130, [
    [20, 27],
    [70, 77],
  ]);
  expect(buffer.counts.grownMs).toBeGreaterThanOrEqual(40);
  const missing = buffer.counts.missingSamples;
  for (let number = 130; number < 190; number += 1) {
    if (number < 150 || number >= 157)
      for (let held = number === 157 ? 150 : number; held <= number; held += 1) pushFrame(buffer, held);
    play(buffer, 1);
  }
  expect(buffer.counts.missingSamples).toBe(missing);
});

test("what the depth grew by is given back in a pause after ten calm seconds", () => {
  const buffer = new PlayoutBuffer();
  withHiccups(buffer, 130, [
    [20, 29],
    [70, 79],
  ]);
  const { grownMs } = buffer.counts;
  for (let number = 130; number < 1800; number += 1) {
    buffer.push(source, number * frameSamples, new Int16Array(frameSamples));
    buffer.pull(new Int16Array(frameSamples));
  }
  expect(buffer.counts.shrunkMs).toBeGreaterThan(0);
  expect(buffer.counts.shrunkMs).toBeLessThanOrEqual(grownMs);
});

test("another source, or a timestamp out of all reach, begins the stream anew", () => {
  const buffer = new PlayoutBuffer();
  pushFrame(buffer, 0);
  play(buffer, depthFrames + 1);
  buffer.push(8, 5_000_000, frameOf(50));
  expect(play(buffer, depthFrames + 1).at(-1)).toBe(50);
  buffer.push(8, 900_000_000, frameOf(60));
  expect(play(buffer, depthFrames + 1).at(-1)).toBe(60);
  expect(buffer.counts.streams).toBe(3);
});

test("a packet longer than a quarter second is not taken", () => {
  expect(new PlayoutBuffer().push(source, 0, new Int16Array(4000))).toBe("too long");
});
