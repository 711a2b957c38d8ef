import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import type { ExtensionParameter, MgcpParameters } from "../../../firmware/protocol/mgcp/message.js";
import { parseDatagram } from "../../../firmware/protocol/mgcp/parse.js";
import {
  readAuditRequest,
  readClaim,
  readEpoch,
  readOrigin,
  readTag,
  wholeAudit,
  writeAuditRequest,
  writeClaim,
  writeEpoch,
  writeOrigin,
  writeTag,
} from "../../../firmware/protocol/mgcp/recovery-package.js";
import { AuditPages, readAuditPage, writeAuditPage } from "../../../firmware/protocol/mgcp/recovery-page.js";
import { formatTag, parseTag } from "../../../firmware/protocol/mgcp/recovery-tag.js";
import { writeMessage } from "../../../firmware/protocol/mgcp/write.js";
import { aHexId, anEpoch, anIpAddress, aSnapshot, aTag } from "../../support/arbitraries.js";

/** Through a whole reply on the wire, so that a line's own rules (white space, quotes) count as well. */
function onTheWire(extensions: readonly ExtensionParameter[], bytesMax = 65_507): MgcpParameters {
  const content = { code: 200, packageName: null, comment: "OK", sessions: [] };
  const bytes = writeMessage({ kind: "response", transactionId: 1, ...content, parameters: { extensions } });
  expect(bytes.length).toBeLessThanOrEqual(bytesMax);
  const [result] = parseDatagram(bytes);
  if (result?.ok !== true) throw new Error(result?.reason);
  return result.message.parameters;
}

test.prop([aSnapshot(), fc.constantFrom(0, 4_000, 16_000)], { numRuns: 150 })(
  "a snapshot written in pages and read back is the same snapshot",
  (snapshot, bytesMax) => {
    const pages = new AuditPages();
    let request = wholeAudit;
    for (let count = 0; count <= 40; count++) {
      const page = writeAuditPage(snapshot, request, "*", bytesMax);
      const read = readAuditPage(snapshot.gateway, onTheWire(page?.extensions ?? []));
      if (!read.ok) throw new Error(read.reason);
      expect(pages.add(read.value)).toBe(true);
      expect(read.value.next).toBe(page?.next ?? null);
      if (read.value.next === null) break;
      request = { ...request, after: read.value.next };
    }
    expect(pages.snapshot()).toEqual(snapshot);
  },
);

test.prop([aSnapshot()], { numRuns: 100 })(
  "a page is within the asker's datagram unless one row fills it",
  (snapshot) => {
    for (let after: string | null = null, count = 0; count < 40; count++) {
      const page = writeAuditPage(snapshot, { ...wholeAudit, after }, "*", 4_000);
      const rows = page?.extensions.filter((extension) => !/^x-ho\/[BN]$/.test(extension.name)).length ?? 0;
      onTheWire(page?.extensions ?? [], rows > 1 ? 4_000 : 65_507);
      after = page?.next ?? null;
      if (after === null) break;
    }
  },
);

test.prop([aSnapshot()], { numRuns: 100 })("an audit since a counter tells what changed behind it", (snapshot) => {
  const counter = snapshot.connections[0]?.changedAt ?? 0;
  for (const bootId of [snapshot.bootId ?? "0", "another boot"]) {
    const page = writeAuditPage(snapshot, { ...wholeAudit, since: { bootId, counter } }, "*", 1_000_000);
    const read = readAuditPage(snapshot.gateway, { extensions: page?.extensions ?? [] });
    const sameBoot = bootId === snapshot.bootId;
    const wanted = snapshot.connections.filter((connection) => !sameBoot || connection.changedAt > counter);
    expect(read.ok && read.value.connections).toEqual(wanted);
  }
});

test.prop([
  anEpoch,
  aTag,
  fc.record({ device: fc.string({ maxLength: 40 }), address: fc.option(anIpAddress, { nil: null }) }),
])("epoch, claim, tag and origin written and read back are the same", (epoch, tag, origin) => {
  const parameters = onTheWire([writeEpoch(epoch), writeClaim(epoch), writeTag(tag), writeOrigin(origin)]);
  expect(readEpoch(parameters)).toEqual({ ok: true, value: epoch });
  expect(readClaim(parameters)).toEqual({ ok: true, value: epoch });
  expect(readTag(parameters)).toEqual({ ok: true, value: tag });
  expect(readOrigin(parameters)).toEqual({ ok: true, value: origin });
});

const aMark = fc.nat();
/** At least one, ascending and apart. */
const someRanges = fc
  .array(fc.tuple(fc.nat({ max: 9 }), fc.nat({ max: 9 })), { minLength: 1, maxLength: 20 })
  .map((steps) => {
    let before = -1;
    return steps.map(([gap, length]) => {
      const first = before + 2 + gap;
      before = first + length;
      return { first, last: before };
    });
  });
const aRequest = fc.record({
  since: fc.option(fc.record({ bootId: aHexId, counter: aMark }), { nil: null }),
  after: fc.option(fc.constantFrom("R.0A3F", "J.12"), { nil: null }),
  ack: fc.option(fc.record({ bootId: aHexId, ranges: someRanges }), { nil: null }),
  bytesMax: fc.option(fc.nat({ max: 65_507 }), { nil: null }),
});

test.prop([aRequest])("an audit request written and read back is the same", (request) => {
  expect(readAuditRequest(onTheWire([writeAuditRequest(request)]))).toEqual({ ok: true, value: request });
});

test.prop([fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.string({ unit: "binary", maxLength: 20 }))])(
  "a tag's entries written and read back are the same",
  (entries) => {
    const wellFormed = Object.entries(entries).filter(([, value]) => encodable(value));
    expect(parseTag(formatTag(wellFormed))).toEqual(new Map(wellFormed));
  },
);

/** A lone surrogate has no bytes. */
function encodable(text: string): boolean {
  return new TextDecoder().decode(new TextEncoder().encode(text)) === text && !text.startsWith("\ufeff");
}

const aName = fc.constantFrom("x-ho/A", "x-ho/B", "X-HO/R", "x-ho/V", "x-ho/D", "x-ho/N", "x-ho/T", "x-ho/E", "x-ho/O");
const aValue = fc.oneof(
  fc.string({ maxLength: 80 }),
  fc
    .array(fc.constantFrom("id=1", "q=1", ";", "=", "%4", "dur=x", "tx=PCMU/8000/0/20", "tag=", "boot=1", "7 ca"), {
      maxLength: 6,
    })
    .map((parts) => parts.join(";")),
);

test.prop([fc.array(fc.record({ name: aName, value: aValue }), { maxLength: 6 })], { numRuns: 500 })(
  "any parameters of the package end in a value or a reason",
  (extensions) => {
    for (const read of [readEpoch, readClaim, readTag, readOrigin, readAuditRequest]) {
      expect(typeof read({ extensions }).ok).toBe("boolean");
    }
    expect(typeof readAuditPage("gw", { extensions }).ok).toBe("boolean");
    for (const { value } of extensions) parseTag(value);
  },
);
