import gw from "@chirpstack/chirpstack-api/gw/gw_pb.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  readConfiguration,
  readDownlink,
  readExecRequest,
  readStats,
  readTxAck,
  readUplink,
} from "../../src/network-server/gateway-encoding.ts";
import { uplinkFrameShape } from "../../src/network-server/message-shapes.ts";
import { fitsShape, type Shape } from "../../src/network-server/wire-shape.ts";
import { uplinkBytes } from "../doubles/uplink-bytes.ts";

const SOAK = Math.max(1, Number(process.env.EARSHOT_SOAK ?? 1));
const shape: Shape = { 1: "varint", 2: "bytes", 3: { 1: "bytes", 2: "fixed32" }, 4: "fixed64" };
const fits = (hex: string) => fitsShape(Uint8Array.fromHex(hex), shape);

describe("fitsShape", () => {
  test.each([
    ["nothing at all", ""],
    [
      "a varint, bytes, a nested message and a fixed number",
      "0805" + "1202aabb" + "1a080a01611501020304" + "210102030405060708",
    ],
    ["a packed list of varints", "0a0301ac02"],
    ["a field that no shape names", "5203aabbcc" + "5801" + "6501020304"],
  ])("takes %s", (_, hex) => {
    expect(fits(hex)).toBe(true);
  });

  test.each([
    ["a length beyond the message", "1203aabb"],
    ["a length of 2 GiB", "12ffffffff07"],
    ["a nested length beyond the nested message", "1a030a05aa" + "bbccddeeff"],
    ["a length where a number must be", "1801"],
    ["a number where bytes must be", "1005"],
    ["a varint that does not end", "08ffffff"],
    ["a varint of eleven bytes", `08${"ff".repeat(10)}01`],
    ["a fixed number cut short", "21010203"],
    ["a packed list that ends within a varint", "0a0201ac"],
    ["a group", "0b0c"],
    ["an unknown length beyond the message", "5204aabb"],
  ])("refuses %s", (_, hex) => {
    expect(fits(hex)).toBe(false);
  });

  test("takes what ChirpStack's own library writes", () => {
    const frame = uplinkBytes({ gatewayId: "0102030405060708", phyPayload: new Uint8Array(20) });
    expect(fitsShape(frame, uplinkFrameShape)).toBe(true);
    const stats = new gw.GatewayStats();
    stats.setGatewayId("0102030405060708");
    stats.getMetadataMap().set("a", "b");
    stats.getTxPacketsPerFrequencyMap().set(868_100_000, 2);
    expect(readStats(stats.serializeBinary())).toMatchObject({ gatewayId: "0102030405060708" });
  });
});

test("no reader believes a length that reaches beyond its message", () => {
  const lengths = fc.constantFrom("ffffff00", "ffffff0f", "ffffffff07", "ffffffff0f", "ffffffffffffffff7f");
  const field = fc.integer({ min: 1, max: 18 });
  const wireType = fc.constantFrom(0, 2);
  const prefix = fc.constantFrom("", "2a0a", "220a", "2a081a06", "1a0a12");
  fc.assert(
    fc.property(prefix, field, wireType, lengths, (before, number, type, length) => {
      const tag = ((number << 3) | type) % 128;
      const bytes = Uint8Array.fromHex(before + tag.toString(16).padStart(2, "0") + (number > 15 ? "01" : "") + length);
      for (const read of [readConfiguration, readDownlink, readExecRequest, readStats, readTxAck, readUplink]) {
        // A reader that believed one of these would count to two thousand million here.
        const message = read(bytes);
        expect(message === null || typeof message === "object").toBe(true);
      }
    }),
    { numRuns: 2000 * SOAK },
  );
});
