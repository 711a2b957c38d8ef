#!/usr/bin/env node
/** The one program. It only dispatches: each command is a file that is loaded when it is called, with a `run` of its own. */
import { readFileSync } from "node:fs";
import { Command } from "commander";
import { parseArguments, usageError } from "#io/command-line.js";

interface Program {
  readonly name: string;
  readonly description: string;
  readonly load: () => Promise<{ readonly run: (args: string[]) => Promise<number> }>;
}

const programs: readonly Program[] = [
  {
    name: "gateway",
    description: "run a media gateway",
    load: () => import("../../firmware/cli/gateway.js"),
  },
  {
    name: "phone",
    description: "run a packet telephone for trying things out",
    load: () => import("../../firmware/cli/phone.js"),
  },
  {
    name: "call-server",
    description: "run a call server, primary or backup",
    load: () => import("./call-server.js"),
  },
  {
    name: "audit",
    description: "ask gateways which connections are active",
    load: () => import("./audit.js"),
  },
  {
    name: "calls",
    description: "list the calls a running call server knows of",
    load: () => import("./calls.js"),
  },
  {
    name: "switchover",
    description: "put a call server in charge, by the operator's word",
    load: () => import("./switchover.js"),
  },
  {
    name: "cdr",
    description: "list call detail records, filter them, export them",
    load: () => import("./cdr.js"),
  },
  {
    name: "capacity",
    description: "measure how many calls this box carries",
    load: () => import("../../firmware/cli/capacity.js"),
  },
  {
    name: "demo",
    description: "watch a call survive the death of its call server",
    load: () => import("./demo.js"),
  },
];

/** Exit code: 0 ok, 1 failed, 2 wrong usage or configuration. */
async function main(args: readonly string[]): Promise<number> {
  let chosen: { program: Program; rest: string[] } | null = null;
  const command = new Command("holdover")
    .description("Calls that outlive their call server: a media gateway, a call server, and what asks them.")
    .version(version(), "-V, --version")
    .enablePositionalOptions()
    .showHelpAfterError("(holdover --help lists the commands)");
  for (const program of programs) {
    command
      .command(program.name)
      .description(program.description)
      .argument("[args...]")
      .helpOption(false)
      .allowUnknownOption()
      .passThroughOptions()
      .action((rest: string[]) => {
        chosen = { program, rest };
      });
  }
  return parseArguments(command, args) ?? (await dispatch(chosen));
}

async function dispatch(chosen: { program: Program; rest: string[] } | null): Promise<number> {
  if (chosen === null) return usageError;
  const { run } = await chosen.program.load();
  return await run(chosen.rest);
}

/** The package this file was built into: two folders above when built, as its folders mirror the sources. */
function version(): string {
  const description: unknown = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8"));
  const isNamed = typeof description === "object" && description !== null && "version" in description;
  return isNamed ? String(description.version) : "unknown";
}

process.exitCode = await main(process.argv.slice(2));
