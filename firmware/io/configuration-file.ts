import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parse, YAMLParseError } from "yaml";
import type { z } from "zod";
import { configurationLines, resolvePlaceholders } from "#protocol/configuration.js";
import { type ParseResult, parsed, refused } from "#protocol/parse-result.js";
import { readSecretFile } from "./secret-file.js";

const fileBytesMax = 4 << 20;

/** Reads and checks a YAML file. The reason may be several lines, one for each thing wrong, each naming its key. */
export function readConfigurationFile<T>(file: string, schema: z.ZodType<T>): ParseResult<T> {
  const text = readText(file);
  if (!text.ok) return text;
  const document = parseYaml(file, text.value);
  if (!document.ok) return document;
  const resolved = resolvePlaceholders(document.value, {
    environment: (name) => process.env[name],
    file: (path) => readSecretFile(resolve(dirname(file), path)),
  });
  if (!resolved.ok) return refused(`${file}: ${resolved.reason}`);
  const checked = schema.safeParse(resolved.value);
  if (checked.success) return parsed(checked.data);
  const lines = configurationLines(checked.error.issues, resolved.value);
  return refused(lines.map((line) => `${file}: ${line}`).join("\n"));
}

function readText(file: string): ParseResult<string> {
  try {
    const bytes = readFileSync(file);
    return bytes.length > fileBytesMax
      ? refused(`${file}: larger than ${fileBytesMax} bytes`)
      : parsed(bytes.toString());
  } catch (error) {
    if (error instanceof Error && "code" in error) return refused(`cannot read ${file}: ${String(error.code)}`);
    throw error;
  }
}

function parseYaml(file: string, text: string): ParseResult<unknown> {
  try {
    return parsed(parse(text, { maxAliasCount: 0 }));
  } catch (error) {
    if (error instanceof YAMLParseError) return refused(`${file}: ${error.message.split("\n")[0]}`);
    if (error instanceof ReferenceError) return refused(`${file}: aliases are not allowed`);
    throw error;
  }
}
