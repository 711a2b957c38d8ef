/** `holdover gateway -c FILE`: runs one media gateway until it is told to end. */
import { Command } from "commander";
import { gatewaySchema } from "../config.js";
import { complain, parseArguments, usageError } from "../io/command-line.js";
import { readConfigurationFile } from "../io/configuration-file.js";
import { programLog } from "../io/program-log.js";
import { now, startGateway } from "../main.js";

/** Exit code: 0 ended on request, 1 could not run, 2 wrong usage or configuration. */
export async function run(args: readonly string[]): Promise<number> {
  const command = new Command("holdover gateway")
    .description("Run a media gateway: telephones on its lines, RTP to the next gateway, answers to call servers.")
    .requiredOption("-c, --config <file>", "YAML configuration (docs/examples/gateway-1.yaml is one)")
    .option("--check", "check the configuration and exit")
    .allowExcessArguments(false);
  const exitCode = parseArguments(command, args);
  if (exitCode !== null) return exitCode;
  const options = command.opts<{ config: string; check?: boolean }>();
  const config = readConfigurationFile(options.config, gatewaySchema);
  if (!config.ok) return complain("gateway", config.reason, usageError);
  if (options.check === true) return 0;
  const log = programLog({ gateway: config.value.name }, config.value.logLevel);
  // Before the first line is said: who reads it may say stop at once.
  const told = untilTold();
  const gateway = await startGateway(config.value, log);
  if (!gateway.ok) return complain("gateway", gateway.reason, 1);
  log.info({ ...now(), event: "listening", ...gateway.value.ports, network: gateway.value.network });
  let reason = await Promise.race([told, gateway.value.ended]);
  log.info({ ...now(), event: "ending", reason });
  // An engine that is gone has nothing left to end gracefully.
  while (reason === null && !(await gateway.value.leave(untilCalledBack()))) {
    log.info({ ...now(), event: "called-back" });
    reason = await Promise.race([untilTold(), gateway.value.ended]);
  }
  await gateway.value.close();
  return reason === null ? 0 : complain("gateway", `the media engine ended: ${reason}`, 1);
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
