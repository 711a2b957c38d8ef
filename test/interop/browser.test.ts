import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { extname, join, normalize } from "node:path";
import { type Browser, chromium as driver } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DtmfDetector, dtmfTone } from "../../firmware/dsp/dtmf.js";
import { LossConcealer } from "../../firmware/dsp/loss-concealer.js";
import { ToneGenerator } from "../../firmware/dsp/tone-generator.js";
import { VoiceCodec } from "../../firmware/dsp/voice-codec.js";
import { dspLibrary } from "../support/dsp-library.js";
import { foreignProgram } from "../support/foreign-program.js";
import { projectFolder } from "../support/programs.js";

const chromium = foreignProgram("chromium", "chromium");
const mediaTypes: Readonly<Record<string, string>> = { ".js": "text/javascript", ".wasm": "application/wasm" };

/** What a page may ask for: the page itself, and what was built. */
async function answerTo(path: string): Promise<{ type: string; body: Buffer | string } | null> {
  if (path === "/") return { type: "text/html", body: "<!doctype html><title>holdover/dsp</title>" };
  const type = mediaTypes[extname(path)];
  const file = normalize(join(projectFolder, "dist", path));
  if (type === undefined || !file.startsWith(join(projectFolder, "dist"))) return null;
  return { type, body: await readFile(file).catch(() => "") };
}

describe.skipIf(!chromium.installed)("holdover/dsp in a browser", () => {
  let server: Server;
  let browser: Browser;
  let origin: string;

  beforeAll(async () => {
    server = createServer((request, response) => {
      void answerTo(request.url ?? "/").then((answer) => {
        if (answer === null || answer.body.length === 0) response.writeHead(404).end();
        else response.writeHead(200, { "content-type": answer.type }).end(answer.body);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    origin = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
    // Its sandbox does not start as root, as in a container.
    const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
    browser = await driver.launch({ executablePath: chromium.path, headless: true, args });
  });

  afterAll(async () => {
    await browser.close();
    server.close();
  });

  test("it makes and hears digits, codes and conceals there as here, over memory that is not shared", async () => {
    const page = await browser.newPage();
    await page.goto(origin);
    const there: unknown = await page.evaluate(`(async () => {
      const library = await import("/firmware/dsp/library.js");
      const core = await library.loadDsp(65536);
      const work = ${String(work)};
      return { ...work(core, library), isShared: typeof SharedArrayBuffer !== "undefined" };
    })()`);
    const here = work(await dspLibrary(), { DtmfDetector, dtmfTone, LossConcealer, ToneGenerator, VoiceCodec });
    expect(here.digits).toBe("5#");
    expect(there).toEqual({ ...here, isShared: false });
  });
});

interface Library {
  readonly DtmfDetector: typeof DtmfDetector;
  readonly dtmfTone: typeof dtmfTone;
  readonly LossConcealer: typeof LossConcealer;
  readonly ToneGenerator: typeof ToneGenerator;
  readonly VoiceCodec: typeof VoiceCodec;
}

/** Runs here and, as its text, in the page. */
function work(core: Parameters<typeof DtmfDetector.create>[0], library: Library) {
  const generator = library.ToneGenerator.create(core, 80);
  const detector = library.DtmfDetector.create(core, 80);
  const codec = library.VoiceCodec.create(core, "G726-32");
  const concealer = library.LossConcealer.create(core, 80);
  if (generator === null || detector === null || codec === null || concealer === null)
    throw new Error("memory is full");
  generator.play([...(library.dtmfTone("5", 60, 60) ?? []), ...(library.dtmfTone("#", 60, 60) ?? [])], null);
  let digits = "";
  let sum = 0;
  for (let frame = 0; frame < 30; frame += 1) {
    const octets = codec.encode(generator.process(80));
    const samples = concealer.process(frame % 7 === 6 ? null : codec.decode(octets));
    digits += detector.process(samples).begun ?? "";
    for (const value of [...octets, ...samples]) sum = (sum * 31 + value) % 1_000_003;
  }
  return { digits, sum };
}
