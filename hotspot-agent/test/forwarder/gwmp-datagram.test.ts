import { readFileSync } from "node:fs";
import { realFilePath } from "@earshot/fixtures";
import { describe, expect, test } from "vitest";
import { encodeAck, encodePullResp, PULL_ACK, PUSH_ACK, parseDatagram } from "../../src/forwarder/gwmp-datagram.ts";

interface Captured {
  readonly hex: string;
  readonly version: number;
  readonly token: string;
  readonly type: number;
  readonly gateway: string;
}

const captured: readonly Captured[] = JSON.parse(readFileSync(realFilePath("gwmp/captured.json"), "utf8"));
const parseHex = (hex: string) => parseDatagram(Buffer.from(hex, "hex"));

describe("captured datagrams", () => {
  test.each(captured)("reads header and EUI of $token, type $type", ({ hex, version, token, type, gateway }) => {
    const read = parseHex(hex);
    const kind = type === 0 ? "push-data" : "pull-data";
    expect(read).toMatchObject({ kind, version, token: Number.parseInt(token, 16), gatewayEui: gateway });
  });
});

describe("what servers send back", () => {
  test("echoes version and token in acks", () => {
    expect(Buffer.from(encodeAck(1, 0xabcd, PUSH_ACK)).toString("hex")).toBe("01abcd01");
    expect(Buffer.from(encodeAck(2, 0x0001, PULL_ACK)).toString("hex")).toBe("02000104");
  });

  test("writes a PULL_RESP without an EUI", () => {
    expect(Buffer.from(encodePullResp(2, 0x7b00, "{}")).toString("hex")).toBe("027b00037b7d");
  });
});

describe("limits", () => {
  test("takes a PUSH_DATA with nothing behind the EUI, so that it is acknowledged", () => {
    expect(parseHex("020000000102030405060708")).toMatchObject({ kind: "push-data", gatewayEui: "0102030405060708" });
  });

  test("takes a TX_ACK with and without JSON", () => {
    expect(parseHex("020000050102030405060708")).toMatchObject({ kind: "tx-ack" });
    expect(parseHex("0200000501020304050607087b7d")).toMatchObject({ kind: "tx-ack" });
  });

  test.each([
    ["", "too_short"],
    ["020000", "too_short"],
    ["0200000001020304050607", "too_short"],
    ["000000020102030405060708", "unknown_version"],
    ["030000020102030405060708", "unknown_version"],
    ["020000060102030405060708", "unknown_type"],
    ["02000001", "not_from_a_gateway"],
    ["020000037b7d", "not_from_a_gateway"],
    ["02000004", "not_from_a_gateway"],
    ["02000002010203040506070800", "bad_length"],
  ])("refuses %s as %s", (hex, fault) => {
    expect(parseHex(hex)).toEqual({ kind: "malformed", fault });
  });
});
