import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { dialogOf, parseDialogInfo, writeDialogInfo } from "../../../firmware/protocol/dialog-info.js";
import { parseXml } from "../../../firmware/protocol/xml.js";
import { escapeXml } from "../../../firmware/protocol/xml-text.js";
import { aSnapshot } from "../../support/arbitraries.js";

const document = fc.tuple(aSnapshot(6), fc.nat(), fc.boolean()).map(([snapshot, version, mayHaveTag]) => {
  const { connections, lineEvents: _lineEvents, ended: _ended, ...gateway } = snapshot;
  const dialogs = connections.map((connection) => dialogOf(connection, mayHaveTag));
  const entity = `sip:connections@${gateway.gateway}`;
  return { info: { version, state: "full" as const, entity, dialogs, gateway }, snapshot, mayHaveTag };
});

test.prop([document])("a snapshot written and read gives the same connections and facts of the gateway", (drawn) => {
  const read = parseDialogInfo(writeDialogInfo(drawn.info).text);
  expect(read).toEqual({ ok: true, value: drawn.info });
});

test.prop([document])(
  "the tag is in the document only when the asker may have it",
  ({ info, snapshot, mayHaveTag }) => {
    const read = parseDialogInfo(writeDialogInfo(info).text);
    const tags = read.ok ? read.value.dialogs.map((dialog) => dialog.connection?.tag) : null;
    expect(tags).toEqual(snapshot.connections.map(({ tag }) => (mayHaveTag ? tag : "")));
  },
);

test.prop([document, fc.integer({ min: 1_500, max: 9_000 })])(
  "a document with a limit stays within it, and is partial when it does not tell all",
  ({ info }, bytesMax) => {
    const { text, told } = writeDialogInfo(info, bytesMax);
    if (told > 0) expect(new TextEncoder().encode(text).length).toBeLessThanOrEqual(bytesMax);
    const read = parseDialogInfo(text);
    expect(read.ok && read.value.dialogs.length).toBe(told);
    expect(read.ok && read.value.state).toBe(told < info.dialogs.length ? "partial" : "full");
  },
);

test.prop([document, fc.array(fc.tuple(fc.nat(), fc.nat({ max: 4 }), fc.string({ maxLength: 3 })), { maxLength: 3 })])(
  "a mutated document ends in a value that can be written and read again, or in a reason",
  ({ info }, edits) => {
    let { text } = writeDialogInfo(info);
    for (const [place, taken, put] of edits) {
      const at = place % (text.length + 1);
      text = text.slice(0, at) + put + text.slice(at + taken);
    }
    const result = parseDialogInfo(text);
    if (!result.ok) expect(result.reason).not.toBe("");
    else if (result.value.gateway !== null) expect(parseDialogInfo(writeDialogInfo(result.value).text).ok).toBe(true);
  },
);

test.prop([fc.string({ unit: "binary" })])(
  "any text survives as attribute and content, but for control characters",
  (text) => {
    const held = text.replace(/[^\P{Cc}\t\r\n]|\p{Cs}|[\ufffe\uffff]/gu, "\ufffd");
    const read = parseXml(`<a b="${escapeXml(text)}">${escapeXml(text)}</a>`);
    expect(read.ok && [read.value.attributes.get("b"), read.value.text]).toEqual([held, held]);
  },
);

test.prop([fc.string({ unit: fc.constantFrom(..."<>/=\"'&;!?-[]ab \n"), maxLength: 60 })])(
  "any text ends in an element or a reason",
  (text) => {
    const result = parseXml(text);
    expect(result.ok || result.reason.length > 0).toBe(true);
  },
);
