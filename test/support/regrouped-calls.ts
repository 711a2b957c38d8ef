/** Calls of one operation that go their own way: each at its own place, in random frames, tables and orders. */
import type { Random } from "../../firmware/protocol/chance.js";
import type { AdpcmAlgorithm } from "./adpcm-algorithms.js";
import type { LaneCodec } from "./lane-codec.js";

const framesSamples = [8, 16, 40, 80, 160, 240];

interface Call {
  readonly call: number;
  readonly input: Uint8Array;
  readonly output: Uint8Array;
  done: number;
  readonly samples: number;
}

/** Whole outputs of calls that begin now; inputs are multiples of eight samples of the operation. */
export function regrouped(
  codec: LaneCodec,
  algorithm: AdpcmAlgorithm,
  inputs: readonly Uint8Array[],
  random: Random,
): Uint8Array[] {
  const calls = inputs.map((input, call): Call => {
    const samples = input.length / algorithm.bytesIn;
    return { call, input, output: new Uint8Array(samples * algorithm.bytesOut), done: 0, samples };
  });
  codec.reset(
    algorithm.reset,
    calls.map(({ call }) => call),
  );
  for (;;) {
    const frame = framesSamples[Math.floor(random() * framesSamples.length)] ?? 8;
    const unfinished = calls.filter(({ done, samples }) => done < samples);
    if (unfinished.length === 0) return calls.map(({ output }) => output);
    const ready = unfinished.filter(({ done, samples }) => done + frame <= samples && random() < 0.8);
    const order = ready.map((call) => ({ call, place: random() })).sort((a, b) => a.place - b.place);
    const cut = Math.floor(random() * (order.length + 1));
    for (const table of [order.slice(0, cut), order.slice(cut)]) {
      runTable(
        codec,
        algorithm,
        table.map(({ call }) => call),
        frame,
      );
    }
  }
}

function runTable(codec: LaneCodec, algorithm: AdpcmAlgorithm, calls: readonly Call[], frame: number): void {
  const { operation, bytesIn, bytesOut } = algorithm;
  const jobs = calls.map(({ call, input, done }) => ({
    call,
    input: input.subarray(done * bytesIn, (done + frame) * bytesIn),
  }));
  codec.run(operation, jobs, frame, frame * bytesOut).forEach((output, index) => {
    const call = calls[index];
    if (call === undefined) return;
    call.output.set(output, call.done * bytesOut);
    call.done += frame;
  });
}
