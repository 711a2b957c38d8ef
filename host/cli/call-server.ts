/** `holdover call-server -c FILE [--role …]`: runs one call server until it is told to end. */
import { Command, Option } from "commander";
import { complain, parseArguments, usageError } from "#io/command-line.js";
import { readConfigurationFile } from "#io/configuration-file.js";
import { programLog } from "#io/program-log.js";
import { callServerSchema } from "../config.js";
import { startCallServer } from "../main.js";

/** Exit code: 0 ended on request, 1 could not run, 2 wrong usage or configuration. */
export async function run(args: readonly string[]): Promise<number> {
  const command = new Command("holdover call-server")
    .description("Run a call server: sets calls up between gateways, watches them, takes over from its peer, bills.")
    .requiredOption("-c, --config <file>", "YAML configuration (docs/examples/call-server-primary.yaml is one)")
    .addOption(new Option("--role <role>", "overrides the configured role").choices(["primary", "backup"]))
    .option("--check", "check the configuration and exit")
    .allowExcessArguments(false);
  const wrong = parseArguments(command, args);
  if (wrong !== null) return wrong;
  const options = command.opts<{ config: string; role?: "primary" | "backup"; check?: boolean }>();
  const read = readConfigurationFile(options.config, callServerSchema);
  if (!read.ok) return complain("call-server", read.reason, usageError);
  const config = options.role === undefined ? read.value : { ...read.value, role: options.role };
  if (config.role === "backup" && config.peer === undefined)
    return complain("call-server", "a backup needs a peer section", usageError);
  if (options.check === true) return 0;

  const log = programLog({ server: config.server }, "info");
  let end: (exitCode: number) => void = () => undefined;
  const ended = new Promise<number>((resolve) => {
    end = resolve;
  });
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => end(0));
  const server = await startCallServer(
    config,
    (event, { nowMs, wallMs }) => log.info({ monotonicMs: nowMs, wallMs, ...event }),
    (error) => end(complain("call-server", error instanceof Error ? error.message : String(error), 1)),
  );
  if (!server.ok) return complain("call-server", server.reason, 1);
  const exitCode = await ended;
  await server.value.close();
  return exitCode;
}
