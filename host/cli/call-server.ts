/** `holdover call-server -c FILE [--role …]`: runs one call server until it is told to end. */
import { Command, CommanderError, Option } from "commander";
import { pino } from "pino";
import { readConfigurationFile } from "#io/configuration-file.js";
import { callServerSchema } from "../config.js";
import { startCallServer } from "../main.js";

/** Exit code: 0 ended on request, 1 could not run, 2 wrong usage or configuration. */
export async function run(args: readonly string[]): Promise<number> {
  const command = new Command("holdover call-server")
    .description("Run a call server: sets calls up between gateways, watches them, takes over from its peer, bills.")
    .requiredOption("-c, --config <file>", "YAML configuration (docs/examples/call-server-primary.yaml is one)")
    .addOption(new Option("--role <role>", "overrides the configured role").choices(["primary", "backup"]))
    .option("--check", "check the configuration and exit")
    .exitOverride()
    .allowExcessArguments(false);
  try {
    command.parse(args, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
  const options = command.opts<{ config: string; role?: "primary" | "backup"; check?: boolean }>();
  const read = readConfigurationFile(options.config, callServerSchema);
  if (!read.ok) return complain(read.reason, 2);
  const config = options.role === undefined ? read.value : { ...read.value, role: options.role };
  if (config.role === "backup" && config.peer === undefined) return complain("a backup needs a peer section", 2);
  if (options.check === true) return 0;

  const log = pino({
    base: { server: config.server },
    timestamp: false,
    formatters: { level: (level) => ({ level }) },
  });
  let end: (exitCode: number) => void = () => undefined;
  const ended = new Promise<number>((resolve) => {
    end = resolve;
  });
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => end(0));
  const server = await startCallServer(
    config,
    (event, { nowMs, wallMs }) => log.info({ monotonicMs: nowMs, wallMs, ...event }),
    (error) => end(complain(error instanceof Error ? error.message : String(error), 1)),
  );
  if (!server.ok) return complain(server.reason, 1);
  const exitCode = await ended;
  await server.value.close();
  return exitCode;
}

/** Several lines may be wrong at once; each is told with the program's name. */
function complain(reason: string, exitCode: number): number {
  for (const line of reason.split("\n")) process.stderr.write(`holdover call-server: ${line}\n`);
  return exitCode;
}
