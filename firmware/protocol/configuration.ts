/**
 * What both programs do with a configuration document before and after a schema has judged it: put values from the
 * environment and from secret files in their places, and turn a schema's issues into one line each that names the key, the value found there
 * and what is allowed. It knows no schema library (the shape below is what zod's issues look like) and reads no file.
 */
import { type ParseResult, parsed, refused } from "./parse-result.js";

/** One thing wrong, as a schema library reports it. `path` leads to the value, or to the section of an unknown key. */
export interface SchemaIssue {
  readonly code?: string | undefined;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
  /** For a choice of shapes: what each of them found wrong. */
  readonly errors?: readonly (readonly SchemaIssue[])[];
}

/** More than this are not worth reading at once; the last line says how many are left. */
const linesMax = 20;
const shownCharactersMax = 60;
const depthMax = 20;
const secretKey = /secret|community|password|authentication|privacy|key$/i;

/** One line per issue: `heartbeat.everyMs: 3 is not allowed: expected number to be >=50`. */
export function configurationLines(issues: readonly SchemaIssue[], document: unknown): string[] {
  const lines = issues.flatMap((issue) => issueLines(issue, document));
  if (lines.length <= linesMax) return lines;
  return [...lines.slice(0, linesMax), `and ${lines.length - linesMax} more`];
}

function issueLines(issue: SchemaIssue, document: unknown): string[] {
  const allowed = allowedText(issue);
  if (issue.keys !== undefined)
    return issue.keys.map((key) => `${pathText([...issue.path, key])}: unknown key; ${allowed}`);
  const found = valueAt(document, issue.path);
  const name = pathText(issue.path);
  if (found === undefined) return [`${name}: missing; ${allowed}`];
  return [`${name}: ${shown(found, issue.path)} is not allowed: ${allowed}`];
}

function allowedText(issue: SchemaIssue): string {
  if (issue.errors !== undefined && issue.errors.length > 0) {
    const choices = issue.errors.flatMap((errors) => errors.map(allowedText));
    return [...new Set(choices)].join(", or ");
  }
  return issue.message
    .replace(/^(Invalid input|Invalid option|Invalid string|Too small|Too big): /, "")
    .replace(/, received .*$/, "");
}

function pathText(path: readonly PropertyKey[]): string {
  if (path.length === 0) return "the document";
  return path
    .map((key, index) => (typeof key === "number" ? `[${key}]` : `${index > 0 ? "." : ""}${String(key)}`))
    .join("");
}

function shown(value: unknown, path: readonly PropertyKey[]): string {
  const last = path[path.length - 1];
  if (typeof last === "string" && secretKey.test(last)) return "the value (not shown)";
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= shownCharactersMax ? text : `${text.slice(0, shownCharactersMax)}…`;
}

function valueAt(document: unknown, path: readonly PropertyKey[]): unknown {
  let value = document;
  for (const key of path) value = isRecord(value) ? value[String(key)] : undefined;
  return value;
}

/** Where values that need not stand in the file come from; the edge reads them. */
export interface ConfigurationSources {
  environment(name: string): string | undefined;
  /** The text of a file named by `secretFile`, `communityFile` and the like. */
  file(path: string): ParseResult<string>;
}

/** `secretFile: path` becomes `secret: <the file's text, trimmed>`. */
const fileKeys = new Map([
  ["secretFile", "secret"],
  ["communityFile", "community"],
  ["authenticationFile", "authentication"],
  ["privacyFile", "privacy"],
]);

/**
 * Every string that is wholly `${NAME}` becomes the environment's value of NAME, and `secretFile` the file's content, so
 * that secrets need not stand in the configuration. Refused: a name that is not set, an unreadable or empty file, and a
 * document nested deeper than anything we read.
 */
export function resolvePlaceholders(document: unknown, sources: ConfigurationSources): ParseResult<unknown> {
  return resolveAt(document, [], sources);
}

function resolveAt(value: unknown, path: readonly PropertyKey[], sources: ConfigurationSources): ParseResult<unknown> {
  if (path.length > depthMax) return refused(`${pathText(path)}: nested deeper than ${depthMax}`);
  if (typeof value === "string") return resolveText(value, path, sources);
  if (Array.isArray(value)) {
    const items: unknown[] = [];
    for (const [index, item] of value.entries()) {
      const resolved = resolveAt(item, [...path, index], sources);
      if (!resolved.ok) return resolved;
      items.push(resolved.value);
    }
    return parsed(items);
  }
  if (!isRecord(value)) return parsed(value);
  const entries: [string, unknown][] = [];
  for (const [key, item] of Object.entries(value)) {
    const resolved = resolveAt(item, [...path, key], sources);
    if (!resolved.ok) return resolved;
    const target = fileKeys.get(key);
    if (target === undefined || typeof resolved.value !== "string") entries.push([key, resolved.value]);
    else {
      const text = readSecret(resolved.value, [...path, key], sources);
      if (!text.ok) return text;
      entries.push([target, text.value]);
    }
  }
  return parsed(Object.fromEntries(entries));
}

function resolveText(text: string, path: readonly PropertyKey[], sources: ConfigurationSources): ParseResult<string> {
  const name = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/.exec(text)?.[1];
  if (name === undefined) return parsed(text);
  const found = sources.environment(name);
  if (found === undefined || found === "") {
    return refused(`${pathText(path)}: the environment variable ${name} is not set`);
  }
  return parsed(found);
}

function readSecret(file: string, path: readonly PropertyKey[], sources: ConfigurationSources): ParseResult<string> {
  const text = sources.file(file);
  if (!text.ok) return refused(`${pathText(path)}: ${text.reason}`);
  const secret = text.value.trim();
  return secret === "" ? refused(`${pathText(path)}: ${file} is empty`) : parsed(secret);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
