import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const protocolFolder = fileURLToPath(new URL("./firmware/protocol/", import.meta.url));
const ioFolder = fileURLToPath(new URL("./firmware/io/", import.meta.url));
const alias = [
  { find: /^#protocol\//, replacement: protocolFolder },
  { find: /^#io\//, replacement: ioFolder },
];

/** The cores touch nothing outside themselves, so files may share a thread and what it has loaded. */
const cores = {
  pool: "threads" as const,
  isolate: false,
  setupFiles: ["test/support/property-seed.ts"],
  // Nothing here is told the real time, so how long it takes says only how busy the machine is.
  testTimeout: 120_000,
  hookTimeout: 120_000,
};
const builtWasm = "test/support/built-wasm.ts";

/** Projects by what they need: nothing; nothing but time; whole cores on simulated time; the built programs and foreign ones. */
export default defineConfig({
  test: {
    projects: [
      {
        resolve: { alias },
        test: { ...cores, name: "unit", include: ["test/unit/**/*.test.ts"], globalSetup: [builtWasm] },
      },
      {
        resolve: { alias },
        test: { ...cores, name: "property", include: ["test/property/**/*.test.ts"], globalSetup: [builtWasm] },
      },
      {
        resolve: { alias },
        test: { ...cores, name: "simulation", include: ["test/simulation/**/*.test.ts"] },
      },
      {
        resolve: { alias },
        test: {
          name: "interop",
          include: ["test/interop/**/*.test.ts"],
          fileParallelism: false,
          testTimeout: 90_000,
          hookTimeout: 60_000,
          globalSetup: [builtWasm, "test/support/skipped-programs.ts"],
        },
      },
    ],
  },
});
