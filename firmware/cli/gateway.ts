/** `holdover gateway -c FILE`: runs one media gateway until it is told to end. */
import { Command, CommanderError } from "commander";
import { pino } from "pino";
import { gatewaySchema } from "../config.js";
import { readConfigurationFile } from "../io/configuration-file.js";
import { now, startGateway } from "../main.js";

/** Exit code: 0 ended on request, 1 could not run, 2 wrong usage or configuration. */
export async function run(args: readonly string[]): Promise<number> {
  const command = new Command("holdover gateway")
    .description("Run a media gateway: telephones on its lines, RTP to the next gateway, answers to call servers.")
    .requiredOption("-c, --config <file>", "YAML configuration (docs/examples/gateway-1.yaml is one)")
    .option("--check", "check the configuration and exit")
    .exitOverride()
    .allowExcessArguments(false);
  try {
    command.parse(args, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
  const options = command.opts<{ config: string; check?: boolean }>();
  const config = readConfigurationFile(options.config, gatewaySchema);
  if (!config.ok) return complain(config.reason, 2);
  if (options.check === true) return 0;
  const log = pino({
    level: config.value.logLevel,
    base: { gateway: config.value.name },
    timestamp: false,
    formatters: { level: (level) => ({ level }) },
  });
  // Before the first line is said: who reads it may say stop at once.
  const told = untilTold();
  const gateway = await startGateway(config.value, log);
  if (!gateway.ok) return complain(gateway.reason, 1);
  log.info({ ...now(), event: "listening", ...gateway.value.ports, network: gateway.value.network });
  let reason = await Promise.race([told, gateway.value.ended]);
  log.info({ ...now(), event: "ending", reason });
  // An engine that is gone has nothing left to end gracefully.
  while (reason === null && !(await gateway.value.leave(untilCalledBack()))) {
    log.info({ ...now(), event: "called-back" });
    reason = await Promise.race([untilTold(), gateway.value.ended]);
  }
  await gateway.value.close();
  return reason === null ? 0 : complain(`the media engine ended: ${reason}`, 1);
}

/** Several lines may be wrong at once; each is told with the program's name. */
function complain(reason: string, exitCode: number): number {
  for (const line of reason.split("\n")) process.stderr.write(`holdover gateway: ${line}\n`);
  return exitCode;
}

/** SIGHUP while it is ending gracefully. */
function untilCalledBack(): Promise<void> {
  return new Promise((resolve) => process.once("SIGHUP", () => resolve()));
}

/** SIGTERM or SIGINT: the end that was asked for. */
function untilTold(): Promise<null> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve(null));
  });
}
