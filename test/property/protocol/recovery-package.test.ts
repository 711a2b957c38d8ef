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
import { readAuditPage, writeAuditPage } from "../../../firmware/protocol/mgcp/recovery-page.js";
import { AuditPages } from "../../../firmware/protocol/mgcp/recovery-pages.js";
import { formatTag, parseTag } from "../../../firmware/protocol/mgcp/recovery-tag.js";
import { writeMessage } from "../../../firmware/protocol/mgcp/write.js";
import { aHexId, anEpoch, anIpAddress, aSnapshot, aTag } from "../../support/arbitraries.js";
import { snapshotSource } from "../../support/snapshot-source.js";

/** Through a whole reply on the wire, so that a line's own rules (white space, quotes) count as well. */
function onTheWire(extensions: readonly ExtensionParameter[], bytesMax = 65_507): MgcpParameters {
  const content = { code: 200, packageName: null, comment: "OK", sessions: [] };
  const bytes = writeMessage({ kind: "response", transactionId: 1, ...content, parameters: { extensions } });
  expect(bytes.length).toBeLessThanOrEqual(bytesMax);
  const [result] = parseDatagram(bytes);
  if (result?.ok !== true) throw new Error(result?.reason);
  return result.message.parameters;
}

test.prop([aSnapshot(), fc.constantFrom(0, 4_000, 16_000), fc.option(fc.integer({ min: 1, max: 5 })), fc.nat()], {
  numRuns: 150,
})(
  "a snapshot written in pages, in parts as many as asked for and read in any order, is the same snapshot",
  (snapshot, bytesMax, parts, order) => {
    const pages = new AuditPages();
    const waiting: (string | null)[] = [null];
    for (let count = 0; count <= 60 && waiting.length > 0; count++) {
      const [after = null] = waiting.splice((order + count) % waiting.length, 1);
      const page = writeAuditPage(snapshotSource(snapshot), { ...wholeAudit, after, parts }, "*", bytesMax);
      const read = readAuditPage(snapshot.gateway, onTheWire(page?.extensions ?? []));
      if (!read.ok) throw new Error(read.reason);
      expect(pages.add(read.value)).toBe(true);
      expect(read.value.next).toEqual(page?.next);
      expect(read.value.next.length).toBeLessThanOrEqual(after === null ? (parts ?? 1) : 1);
      waiting.push(...read.value.next);
    }
    const told = pages.snapshot();
    const connections = [...(told?.connections ?? [])].sort((a, b) => (a.connectionId < b.connectionId ? -1 : 1));
    expect({ ...told, connections }).toEqual(snapshot);
  },
);

test.prop([aSnapshot()], { numRuns: 100 })(
  "a page is within the asker's datagram unless one row fills it",
  (snapshot) => {
    for (let after: string | null = null, count = 0; count < 40; count++) {
      const page = writeAuditPage(snapshotSource(snapshot), { ...wholeAudit, after }, "*", 4_000);
      const rows = page?.extensions.filter((extension) => !/^x-ho\/[BN]$/.test(extension.name)).length ?? 0;
      onTheWire(page?.extensions ?? [], rows > 1 ? 4_000 : 65_507);
      after = page?.next[0] ?? null;
      if (after === null) break;
    }
  },
);

test.prop([aSnapshot()], { numRuns: 100 })("an audit since a counter tells what changed behind it", (snapshot) => {
  const counter = snapshot.connections[0]?.changedAt ?? 0;
  const source = snapshotSource({ ...snapshot, counter: 2 ** 40 });
  for (const bootId of [snapshot.bootId ?? "0", "another boot"]) {
    const page = writeAuditPage(source, { ...wholeAudit, since: { bootId, counter } }, "*", 1_000_000);
    const read = readAuditPage(snapshot.gateway, { extensions: page?.extensions ?? [] });
    if (!read.ok) throw new Error(read.reason);
    const isSameBoot = bootId === snapshot.bootId;
    const wanted = snapshot.connections.filter((connection) => !isSameBoot || connection.changedAt > counter);
    expect(new Set(read.value.connections)).toEqual(new Set(wanted));
    expect(read.value.since).toBe(isSameBoot ? counter : undefined);
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
  after: fc.option(fc.constantFrom("M.17.30", "J.12"), { nil: null }),
  ack: fc.option(fc.record({ bootId: aHexId, ranges: someRanges }), { nil: null }),
  bytesMax: fc.option(fc.nat({ max: 65_507 }), { nil: null }),
  parts: fc.option(fc.integer({ min: 1, max: 16 }), { nil: null }),
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
