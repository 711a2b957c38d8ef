import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { readWav, writeWav } from "../../firmware/protocol/wav.js";

const samples = fc.int16Array({ maxLength: 200 });

test.prop([samples])("what is written as a WAV file is read back the same", (written) => {
  expect(readWav(writeWav(written))).toEqual({ ok: true, value: written });
});

test.prop([samples])("a canonical file that was read is written as the same bytes", (written) => {
  const bytes = writeWav(written);
  const read = readWav(bytes);
  expect(read.ok && writeWav(read.value)).toEqual(bytes);
});

const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));

test.prop([samples, fc.array(change, { maxLength: 8 }), fc.nat(400)], { numRuns: 300 })(
  "a damaged or cut file ends in samples or a reason",
  (written, changes, length) => {
    const bytes = writeWav(written).slice(0, length);
    for (const [at, value] of changes) if (bytes.length > 0) bytes[at % Math.min(bytes.length, 48)] = value;
    const result = readWav(bytes);
    if (result.ok) expect(result.value.length).toBeLessThanOrEqual(bytes.length);
    else expect(result.reason).not.toBe("");
  },
);
