/**
 * A build of firmware/protocol that counts its work instead of timing it: a step for every run of a function's or a
 * loop's body, and for what strings and regular expressions do inside, a step for each character they go over.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import ts from "typescript";

const protocolFolder = fileURLToPath(new URL("../../firmware/protocol/", import.meta.url));

/** Of what needs no npm package. In a folder of its own, until it is removed. */
export class CountedBuild {
  readonly #folder: string;

  constructor() {
    this.#folder = mkdtempSync(join(tmpdir(), "holdover-counted-"));
    const names = readdirSync(protocolFolder, { recursive: true, encoding: "utf8" });
    for (const name of names.filter((one) => one.endsWith(".ts"))) {
      const file = join(this.#folder, name.replace(/\.ts$/, ".js"));
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, instrumented(readFileSync(join(protocolFolder, name), "utf8"), name));
    }
  }

  /** URL of one of the built files, to be imported. */
  url(name: string): string {
    return pathToFileURL(join(this.#folder, name)).href;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const counterName = "countedSteps";
const counter = { steps: 0 };
// What the built files count in, from their first statement on.
Reflect.set(globalThis, counterName, counter);

/** Steps that `work` took in code of the counted build, and in strings and regular expressions. */
export function countSteps(work: () => void): number {
  const restore = countBuiltIns();
  counter.steps = 0;
  try {
    work();
  } finally {
    restore();
  }
  return counter.steps;
}

function instrumented(source: string, fileName: string): string {
  const compilerOptions: ts.CompilerOptions = {
    module: ts.ModuleKind.ESNext,
    target: ts.ScriptTarget.ES2023,
    verbatimModuleSyntax: true,
  };
  return ts.transpileModule(source, { fileName, compilerOptions, transformers: { before: [countBodies] } }).outputText;
}

function countBodies(context: ts.TransformationContext): (file: ts.SourceFile) => ts.SourceFile {
  const { factory } = context;
  const step = () =>
    factory.createPostfixIncrement(
      factory.createPropertyAccessExpression(factory.createIdentifier(counterName), "steps"),
    );
  const counted = (body: ts.Statement) =>
    factory.createBlock([factory.createExpressionStatement(step()), ...(ts.isBlock(body) ? body.statements : [body])]);
  const visit = (node: ts.Node): ts.Node => {
    const seen = ts.visitEachChild(node, visit, context);
    if (ts.isBlock(seen) && ts.isFunctionLike(node.parent)) return counted(seen);
    if (ts.isArrowFunction(seen) && !ts.isBlock(seen.body)) {
      const { modifiers, typeParameters, parameters, type, equalsGreaterThanToken, body } = seen;
      const both = factory.createParenthesizedExpression(factory.createComma(step(), body));
      return factory.updateArrowFunction(
        seen,
        modifiers,
        typeParameters,
        parameters,
        type,
        equalsGreaterThanToken,
        both,
      );
    }
    if (ts.isForStatement(seen)) {
      const { initializer, condition, incrementor, statement } = seen;
      return factory.updateForStatement(seen, initializer, condition, incrementor, counted(statement));
    }
    if (ts.isForOfStatement(seen)) {
      const { awaitModifier, initializer, expression, statement } = seen;
      return factory.updateForOfStatement(seen, awaitModifier, initializer, expression, counted(statement));
    }
    if (ts.isWhileStatement(seen)) return factory.updateWhileStatement(seen, seen.expression, counted(seen.statement));
    if (ts.isDoStatement(seen)) return factory.updateDoStatement(seen, counted(seen.statement), seen.expression);
    return seen;
  };
  return (file) => ts.visitEachChild(file, visit, context);
}

/** Methods that go over their whole string, and those that go as far as what they find or give. */
const wholeString = ["trim", "split", "search", "replace", "replaceAll", "includes", "toUpperCase", "toLowerCase"];
const partOfString = ["slice", "indexOf", "lastIndexOf"];

function countBuiltIns(): () => void {
  const undo = [
    ...wholeString.map((name) => wrap(String.prototype, name, (subject) => String(subject).length)),
    ...partOfString.map((name) =>
      wrap(String.prototype, name, (subject, args, result) => {
        if (typeof result === "string") return result.length;
        const from = name === "indexOf" ? Number(args[1] ?? 0) : 0;
        return typeof result === "number" && result >= from ? result - from : String(subject).length - from;
      }),
    ),
    ...["test", "exec"].map((name) => wrap(RegExp.prototype, name, (_subject, args) => String(args[0]).length)),
  ];
  return () => {
    for (const one of undo) one();
  };
}

function wrap(
  prototype: object,
  name: string,
  costOf: (subject: unknown, args: readonly unknown[], result: unknown) => number,
): () => void {
  const original: unknown = Reflect.get(prototype, name);
  if (typeof original !== "function") throw new Error(`no method ${name}`);
  Reflect.set(prototype, name, function (this: unknown, ...args: unknown[]): unknown {
    // split and replace call exec for themselves.
    const before = counter.steps;
    const result: unknown = Reflect.apply(original, this, args);
    counter.steps = before + 1 + costOf(this, args, result);
    return result;
  });
  return () => Reflect.set(prototype, name, original);
}
