import { expect, test } from "vitest";
import { dialogOf, endedDialog, parseDialogInfo, writeDialogInfo } from "../../../firmware/protocol/dialog-info.js";
import { oneConnection } from "../../support/one-connection.js";

const gateway = { gateway: "gw1.example", bootId: "B0", counter: 3, upMs: 9_000, epoch: null, heard: [] };
const entity = "sip:connections@gw1.example";

test("a foreign watcher finds who talks in the elements of RFC 4235", () => {
  expect(dialogOf(oneConnection, true)).toMatchObject({
    id: "1F",
    callId: "C0",
    direction: "initiator",
    state: "confirmed",
    durationSeconds: 12,
    local: { identity: "sip:101@192.0.2.7", target: "sip:101@192.0.2.7" },
    remote: null,
  });
});

test("at the far gateway the originating device is the remote party", () => {
  const far = { ...oneConnection, endpoint: "aaln/2", origin: { ...oneConnection.origin, from: "tag" as const } };
  expect(dialogOf(far, true)).toMatchObject({
    direction: "recipient",
    local: { identity: "sip:aaln/2@gw1.example" },
    remote: { identity: "sip:101@192.0.2.7" },
  });
});

test("a connection that is being set up is early, one that is gone terminated", () => {
  expect(dialogOf({ ...oneConnection, state: "setting-up" }, true).state).toBe("early");
  const info = { version: 4, state: "partial" as const, entity, dialogs: [endedDialog("1F", "C0")], gateway };
  expect(writeDialogInfo(info).text).toContain('<dialog id="1F" call-id="C0"><state>terminated</state></dialog>');
});

test("a document that is wrong is refused with what is wrong in it", () => {
  const { text } = writeDialogInfo({
    version: 0,
    state: "full",
    entity,
    dialogs: [dialogOf(oneConnection, true)],
    gateway,
  });
  const reason = (from: string, to: string) => {
    const result = parseDialogInfo(text.replace(from, to));
    return result.ok ? null : result.reason;
  };
  expect(reason('state="full"', 'state="whole"')).toBe("state is neither full nor partial");
  expect(reason('version="0"', 'version="4294967296"')).toBe("version is no 32 bit number");
  expect(reason('dscp="46"', 'dscp="64"')).toBe("<connection>: dscp is no number from 0 to 63");
  expect(reason(' endpoint="aaln/1"', "")).toBe("<connection>: endpoint is missing");
  expect(reason('format="1"', 'format="0"')).toBe("format 0 of the connection extension is not known");
  expect(reason('format="1"', 'format="2" later="x"')).toBeNull();
});

test("an agent that was heard has an address", () => {
  const heard = [{ address: "192.0.2.1", ageMs: 120 }];
  const { text } = writeDialogInfo({ version: 0, state: "full", entity, dialogs: [], gateway: { ...gateway, heard } });
  expect(parseDialogInfo(text.replace(' address="192.0.2.1"', ""))).toEqual({
    ok: false,
    reason: "<heard>: address is missing",
  });
});
