import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Edges that are the same for both programs, imported as #io/…: a socket, a clock, a file. */
const SHARED_EDGES = [
  "firmware/io/command-line.ts",
  "firmware/io/configuration-file.ts",
  "firmware/io/monotonic-clock.ts",
  "firmware/io/program-log.ts",
  "firmware/io/secret-file.ts",
  "firmware/io/udp-socket.ts",
];

/** Hashes and HMACs of node:crypto are allowed in a core; its randomness is not. */
const HOST_CORE = [
  "firmware/protocol",
  "host/call-agent",
  "host/cdr",
  "host/control",
  "host/datagram-seal.ts",
  "host/moment.ts",
  "host/query",
  "host/registry",
  "host/server-event.ts",
  "host/server-output.ts",
  "host/store",
  "host/watch",
  "node:crypto",
];

const GATEWAY_CORE = ["firmware/protocol", "firmware/media", "firmware/lines", "firmware/management"];

/**
 * Which folder may import which (ARCHITECTURE.md says the same in words; both change in one commit). A folder may always
 * import itself. "npm" is any package, "node" any node: module; crypto is the hashes, HMACs and ciphers of node:crypto.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  "firmware/protocol": ["npm:sdp-transform", "node:crypto"],
  "firmware/media": ["firmware/protocol"],
  "firmware/lines": ["firmware/protocol"],
  "firmware/dsp": ["firmware/media/codec.ts"],
  "firmware/dsp/io": ["firmware/dsp", "node"],
  "firmware/dsp/library.ts": ["firmware/dsp"],
  "firmware/management": ["firmware/protocol", "firmware/media", "firmware/lines", "node:crypto"],
  "firmware/phone": ["firmware/protocol", "firmware/media"],
  "firmware/gateway-options.ts": GATEWAY_CORE,
  "firmware/gateway-output.ts": GATEWAY_CORE,
  "firmware/gateway-parts.ts": [...GATEWAY_CORE, "firmware/gateway-options.ts"],
  "firmware/gateway.ts": [
    ...GATEWAY_CORE,
    "firmware/gateway-options.ts",
    "firmware/gateway-output.ts",
    "firmware/gateway-parts.ts",
  ],
  "firmware/config.ts": ["firmware/protocol", "firmware/media/codec.ts", "npm:zod"],
  "firmware/io": ["firmware/protocol", "firmware/media", "firmware/phone", "node", "npm"],
  "firmware/main.ts": ["firmware", "node", "npm"],
  "firmware/cli": ["firmware", "node", "npm"],
  "host/query": ["firmware/protocol"],
  "host/registry": ["firmware/protocol"],
  "host/cdr": ["firmware/protocol", "host/call-agent/call-tag.ts", "host/datagram-seal.ts"],
  "host/store": ["firmware/protocol", "host/cdr", "host/registry"],
  "host/watch": HOST_CORE,
  "host/call-agent": HOST_CORE,
  "host/control": HOST_CORE,
  "host/datagram-seal.ts": ["node:crypto"],
  "host/moment.ts": [],
  "host/server-event.ts": HOST_CORE,
  "host/server-output.ts": HOST_CORE,
  "host/call-server.ts": [...HOST_CORE, "host/config.ts"],
  "host/config.ts": ["firmware/protocol", "npm:zod"],
  "host/io": ["firmware/protocol", ...SHARED_EDGES, "host", "node", "npm"],
  "host/main.ts": ["firmware/protocol", ...SHARED_EDGES, "host", "node", "npm"],
  "host/cli": ["firmware/protocol", ...SHARED_EDGES, "host", "node", "npm"],
};

/** The one program dispatches to both sides, by dynamic import. */
const DISPATCHER = "host/cli/holdover.ts";

/** Folders that are told the time and the dice. */
const TOLD = Object.keys(MAY_IMPORT).filter((place) => !/\/(io|cli)$|main\.ts$/.test(place));
const BANNED = [
  [/\bDate\.now\b|\bnew Date\(\)/, "the wall clock"],
  [/\bperformance\b|\bprocess\.hrtime\b/, "the monotonic clock"],
  [/\bMath\.random\b|\brandomBytes\b|\brandomUUID\b|\bgetRandomValues\b/, "chance"],
  [/\bset(Timeout|Interval|Immediate)\b/, "timers"],
  [/\bprocess\.(env|argv|cwd|stdout|stderr)\b|\bconsole\./, "the environment"],
] as const;

function sourceFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name));
}

const files = [...sourceFiles("firmware"), ...sourceFiles("host")];

/** The row of the table a file belongs to: its own, or the longest folder's. */
function placeOf(file: string): string | undefined {
  return Object.keys(MAY_IMPORT)
    .filter((place) => file === place || file.startsWith(`${place}/`))
    .sort((a, b) => b.length - a.length)[0];
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), "utf8");
  return ts.preProcessFile(text).importedFiles.map(({ fileName: name }) => {
    if (name.startsWith("#protocol/")) return `firmware/protocol/${name.slice("#protocol/".length)}`;
    if (name.startsWith("#io/")) return `firmware/io/${name.slice("#io/".length)}`;
    if (name.startsWith(".")) return relative(root, join(root, dirname(file), name));
    return name.startsWith("node:") ? name : `npm:${name}`;
  });
}

function isAllowed(imported: string, place: string, allowed: readonly string[]): boolean {
  const [kind] = imported.split(":");
  return [place, ...allowed].some(
    (one) =>
      imported === one || imported.replace(/\.js$/, ".ts") === one || imported.startsWith(`${one}/`) || kind === one,
  );
}

test("every source file belongs to a row of the import table", () => {
  expect(files.filter((file) => placeOf(file) === undefined)).toEqual([]);
});

test("imports go only where the table allows", () => {
  const wrong = files.flatMap((file) => {
    const place = placeOf(file);
    if (place === undefined || file === DISPATCHER) return [];
    const allowed = MAY_IMPORT[place] ?? [];
    return importsOf(file)
      .filter((imported) => !isAllowed(imported, place, allowed))
      .map((imported) => `${file} imports ${imported}`);
  });
  expect(wrong).toEqual([]);
});

test("no file imports itself in a circle", () => {
  const known = new Set(files);
  const edges = new Map(
    files.map((file) => [
      file,
      importsOf(file)
        .map((name) => name.replace(/\.js$/, ".ts"))
        .filter((name) => known.has(name)),
    ]),
  );
  const circles: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, way: readonly string[]): void => {
    if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file].join(" -> "));
    else if (!done.has(file)) for (const next of edges.get(file) ?? []) visit(next, [...way, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  expect(circles).toEqual([]);
});

test("the cores are told the time, the dice and the environment", () => {
  const wrong = files
    .filter((file) => TOLD.includes(placeOf(file) ?? ""))
    .flatMap((file) => {
      const code = readFileSync(join(root, file), "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
      return BANNED.filter(([pattern]) => pattern.test(code)).map(([, what]) => `${file} touches ${what}`);
    });
  expect(wrong).toEqual([]);
});

test("no folder or file is a drawer for odds and ends", () => {
  const drawers = /(^|\/)(utils?|helpers?|common|managers?|types|misc|shared|index)(\.ts|\/)/;
  expect(files.filter((file) => drawers.test(file))).toEqual([]);
});

test("no test or source file is hardly readable for its length", () => {
  const long = [...files, ...sourceFiles("test")].filter(
    (file) => readFileSync(join(root, file), "utf8").split("\n").length > 500,
  );
  expect(long).toEqual([]);
});
