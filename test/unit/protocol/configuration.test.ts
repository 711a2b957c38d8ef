import { describe, expect, test } from "vitest";
import { z } from "zod";
import { configurationLines, resolvePlaceholders } from "../../../firmware/protocol/configuration.js";
import { type ParseResult, parsed, refused } from "../../../firmware/protocol/parse-result.js";

const schema = z.strictObject({
  everyMs: z.number().int().min(50),
  role: z.enum(["primary", "backup"]),
  heartbeat: z.strictObject({ secret: z.string().min(16) }),
  gateways: z.array(z.strictObject({ address: z.ipv4() })),
  via: z.union([z.literal("all"), z.array(z.string())]),
});

function linesOf(document: unknown): string[] {
  const result = schema.safeParse(document);
  return result.success ? [] : configurationLines(result.error.issues, document);
}

const right = { everyMs: 500, role: "backup", heartbeat: { secret: "x".repeat(16) }, gateways: [], via: "all" };

describe("configuration lines", () => {
  test("a right document gives no line", () => {
    expect(linesOf(right)).toEqual([]);
  });

  test("a value out of range is named with its key and what is allowed", () => {
    expect(linesOf({ ...right, everyMs: 3 })).toEqual(["everyMs: 3 is not allowed: expected number to be >=50"]);
  });

  test("a wrong word is answered with the words that are allowed", () => {
    expect(linesOf({ ...right, role: "boss" })).toEqual([
      'role: "boss" is not allowed: expected one of "primary"|"backup"',
    ]);
  });

  test("an unknown key is named with its whole path", () => {
    expect(linesOf({ ...right, gateways: [{ address: "192.0.2.1", adress: 1 }] })[0]).toMatch(
      /^gateways\[0\]\.adress: unknown key; /,
    );
  });

  test("a missing key says so", () => {
    const { everyMs: _, ...rest } = right;
    expect(linesOf(rest)).toEqual(["everyMs: missing; expected number"]);
  });

  test("a secret is never shown", () => {
    const [line] = linesOf({ ...right, heartbeat: { secret: "short" } });
    expect(line).toContain("heartbeat.secret: the value (not shown) is not allowed");
    expect(line).not.toContain("short");
  });

  test("a choice of shapes lists what each would take", () => {
    expect(linesOf({ ...right, via: 7 })).toEqual(['via: 7 is not allowed: expected "all", or expected array']);
  });
});

const placeholder = (name: string) => `\${${name}}`;

describe("placeholders", () => {
  const sources = {
    environment: (name: string) => (name === "SECRET" ? "from outside" : undefined),
    file: (path: string): ParseResult<string> =>
      path === "there" ? parsed(" kept in a file\n") : path === "empty" ? parsed("\n") : refused(`cannot read ${path}`),
  };

  test("a whole-string placeholder takes the environment's value, at any depth", () => {
    const resolved = resolvePlaceholders(
      { a: [{ b: placeholder("SECRET") }], c: `x ${placeholder("SECRET")}`, d: null },
      sources,
    );
    expect(resolved).toEqual({
      ok: true,
      value: { a: [{ b: "from outside" }], c: `x ${placeholder("SECRET")}`, d: null },
    });
  });

  test("a variable that is not set is refused by name and place", () => {
    expect(resolvePlaceholders({ a: { b: placeholder("NOT_SET") } }, sources)).toEqual({
      ok: false,
      reason: "a.b: the environment variable NOT_SET is not set",
    });
  });

  test("a secret file's content stands under the secret's own key", () => {
    expect(resolvePlaceholders({ heartbeat: { secretFile: "there" } }, sources)).toEqual({
      ok: true,
      value: { heartbeat: { secret: "kept in a file" } },
    });
  });

  test("a secret file that cannot be read or holds nothing is refused", () => {
    expect(resolvePlaceholders({ secretFile: "gone" }, sources)).toEqual({
      ok: false,
      reason: "secretFile: cannot read gone",
    });
    expect(resolvePlaceholders({ secretFile: "empty" }, sources)).toEqual({
      ok: false,
      reason: "secretFile: empty is empty",
    });
  });
});
