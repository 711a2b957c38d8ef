/** What every command of the program does alike at its door: arguments and complaints. */
import { type Command, CommanderError, InvalidArgumentError } from "commander";
import { parseDuration } from "#protocol/duration.js";

/** Wrong arguments or a wrong configuration. */
export const usageError = 2;

/** Null to go on; else the exit code: help was asked for (0), or the arguments are wrong (2), which has been said. */
export function parseArguments(command: Command, args: readonly string[]): number | null {
  try {
    command.exitOverride().parse(args, { from: "user" });
    return null;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : usageError;
    throw error;
  }
}

/** Says what is wrong in the program's name, line by line: several things may be wrong at once. Gives the exit code back. */
export function complain(program: string, reason: string, exitCode: number): number {
  for (const line of reason.split("\n")) process.stderr.write(`holdover ${program}: ${line}\n`);
  return exitCode;
}

/** Argument such as `5s`, in ms. */
export function durationArgument(text: string): number {
  const duration = parseDuration(text);
  if (!duration.ok) throw new InvalidArgumentError(`${duration.reason}.`);
  return duration.value;
}
