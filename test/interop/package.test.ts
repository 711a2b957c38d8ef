/** What `npm pack` makes is whole: unpacked elsewhere, away from the sources, the program runs. No network is needed. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { linesOf, projectFolder, runProgram } from "../support/programs.js";

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

const folder = mkdtempSync(join(tmpdir(), "holdover-package-"));
const unpacked = join(folder, "node_modules", "holdover");
const bin = join(folder, "node_modules", ".bin", "holdover");
let files: string[] = [];

beforeAll(async () => {
  // The build is there already (npm test begins with it); prepare would only do it again.
  const options = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const { exitCode, stdout, stderr } = await runProgram("npm", options, { withinMs: 60_000 });
  expect(exitCode, stderr).toBe(0);
  const [packed]: Packed[] = JSON.parse(stdout);
  files = packed?.files.map(({ path }) => path) ?? [];
  mkdirSync(unpacked, { recursive: true });
  const tarball = join(folder, packed?.filename ?? "");
  const { exitCode: unpacking } = await runProgram("tar", ["-xzf", tarball, "-C", unpacked, "--strip-components=1"]);
  expect(unpacking).toBe(0);
  // As npm install would leave it: the dependencies within reach, the bin linked and executable.
  symlinkSync(join(projectFolder, "node_modules"), join(unpacked, "node_modules"));
  mkdirSync(join(folder, "node_modules", ".bin"));
  const target = join(unpacked, binOf(readFileSync(join(unpacked, "package.json"), "utf8")));
  chmodSync(target, 0o755);
  symlinkSync(target, bin);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function binOf(text: string): string {
  const { bin }: { readonly bin: { readonly holdover: string } } = JSON.parse(text);
  return bin.holdover;
}

test("it holds what the programs need, the demo's voices and the DSP among it", () => {
  for (const file of [
    "dist/host/cli/holdover.js",
    "dist/firmware/io/media-worker.js",
    "dist/dsp-wasm/dsp.wasm",
    "host/cli/demo/speech/station-a.wav",
    "host/cli/demo/speech/station-b.wav",
    "docs/examples/gateway-1.yaml",
    "docs/mib/HOLDOVER-MIB.txt",
    "docs/recovery-package.md",
    "README.md",
    "LICENSE",
  ])
    expect(files).toContain(file);
});

test("it holds no tests and no sources", () => {
  expect(
    files.filter((file) => /^(dist\/)?test\/|\.test\.|^firmware\/|^dsp-wasm\/|^node_modules\//.test(file)),
  ).toEqual([]);
});

test("its holdover runs by the link that npm makes", async () => {
  const version = await runProgram(bin, ["--version"], { cwd: folder });
  expect(version).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), stderr: "" });
  const help = await runProgram(bin, ["audit", "--help"], { cwd: folder });
  expect(help).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("mgcp://HOST"), stderr: "" });
});

test("its gateway starts with the example it brings, media engine and all", async () => {
  const example = join(unpacked, "docs", "examples", "gateway-1.yaml");
  const { exitCode, stdout, stderr } = await runProgram(bin, ["gateway", "-c", example], {
    cwd: folder,
    endAfter: (text) => text.includes('"listening"'),
  });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  const lines: unknown[] = linesOf(stdout).map((line) => JSON.parse(line));
  expect(lines).toContainEqual(expect.objectContaining({ event: "listening", gateway: "gw1.example" }));
});
