import { type Logger, pino } from "pino";

/** Lines of JSON on standard output, each with the base's names; the times in them are the writer's own. */
export function programLog(base: Readonly<Record<string, string>>, level: string): Logger {
  return pino({ level, base, timestamp: false, formatters: { level: (label) => ({ level: label }) } });
}
