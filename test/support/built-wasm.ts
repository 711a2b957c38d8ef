import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Vitest global setup: the tests run the wasm that is shipped, so it is built when it is missing or older than its source. */
export default function setup(): void {
  const built = ["dsp.wasm", "dsp-library.wasm"].map((name) => `${root}dist/dsp-wasm/${name}`);
  const sources = [`${root}asconfig.json`, ...readdirSync(`${root}dsp-wasm`).map((name) => `${root}dsp-wasm/${name}`)];
  const builtAtMs = Math.min(...built.map((path) => (existsSync(path) ? statSync(path).mtimeMs : 0)));
  if (sources.every((source) => statSync(source).mtimeMs <= builtAtMs)) return;
  execFileSync("npm", ["run", "--silent", "build:wasm"], { cwd: root, stdio: "inherit" });
}
