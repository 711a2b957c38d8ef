import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const protocolFolder = fileURLToPath(new URL("./firmware/protocol/", import.meta.url));
const ioFolder = fileURLToPath(new URL("./firmware/io/", import.meta.url));
const alias = [
  { find: /^#protocol\//, replacement: protocolFolder },
  { find: /^#io\//, replacement: ioFolder },
];

/** Projects by what they need: nothing; nothing but time; whole cores on simulated time; the built programs and foreign ones. */
export default defineConfig({
  test: {
    projects: [
      {
        resolve: { alias },
        test: { name: "unit", include: ["test/unit/**/*.test.ts"], globalSetup: ["test/support/built-wasm.ts"] },
      },
      {
        resolve: { alias },
        test: {
          name: "property",
          include: ["test/property/**/*.test.ts"],
          globalSetup: ["test/support/built-wasm.ts"],
        },
      },
      {
        resolve: { alias },
        test: { name: "simulation", include: ["test/simulation/**/*.test.ts"], testTimeout: 60_000 },
      },
      {
        resolve: { alias },
        test: {
          name: "interop",
          include: ["test/interop/**/*.test.ts"],
          fileParallelism: false,
          testTimeout: 90_000,
          hookTimeout: 60_000,
          globalSetup: ["test/support/built-wasm.ts", "test/support/skipped-programs.ts"],
        },
      },
    ],
  },
});
