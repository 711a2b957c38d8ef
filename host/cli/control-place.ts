/** Where the call server of a configuration is asked. */
import { readConfigurationFile } from "#io/configuration-file.js";
import { type ParseResult, parsed } from "#protocol/parse-result.js";
import { callServerSchema, controlSocketOf } from "../config.js";

export function controlPlaceOf(configurationFile: string): ParseResult<string> {
  const read = readConfigurationFile(configurationFile, callServerSchema);
  return read.ok ? parsed(controlSocketOf(read.value)) : read;
}
