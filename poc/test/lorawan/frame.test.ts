import { loadCapturedFrames, loadLorawanVectors } from "@earshot/fixtures";
import fc from "fast-check";
import loraPacket from "lora-packet";
import { describe, expect, test } from "vitest";
import { encodeDataFrame, encodeJoinRequest, encodeProprietary } from "../../src/lorawan/encode-frame.ts";
import { type DataFrame, type Frame, MAX_FRAME_BYTES } from "../../src/lorawan/frame.ts";
import { parseFrame } from "../../src/lorawan/parse-frame.ts";
import { hex, hexOf } from "./hex.ts";

const soak = Number(process.env.EARSHOT_SOAK ?? 1);

const joinRequest = hex("0039363463336913aa05693574323831330489c65b1304");
const dataUp = hex("40f17dbe4900020001954378762b11ff0d");
const rejoin0 = hex("c0 00 134200 8877665544332211 3412 aabbccdd");
const rejoin1 = hex("c0 01 0807060504030201 8877665544332211 3412 aabbccdd");
const captured = loadCapturedFrames();
const vectorFrames = loadLorawanVectors().flatMap((vector) => ("phyPayload" in vector ? [vector.phyPayload] : []));

describe("parseFrame", () => {
  test("reads a join-request", () => {
    expect(parseFrame(joinRequest)).toEqual({
      kind: "join-request",
      joinEui: 0xaa13693363343639n,
      devEui: 0x3331383274356905n,
      devNonce: 0x8904,
      mic: hex("c65b1304"),
    });
  });

  test("reads an uplink with port and payload", () => {
    expect(parseFrame(dataUp)).toEqual({
      kind: "data",
      direction: "up",
      isConfirmed: false,
      devAddr: 0x49be7df1,
      adr: false,
      adrAckReq: false,
      ack: false,
      isClassBOrPending: false,
      fCnt: 2,
      fOpts: hex(""),
      fPort: 1,
      frmPayload: hex("95437876"),
      mic: hex("2b11ff0d"),
    });
  });

  test("reads a downlink with the ACK bit and no port", () => {
    expect(parseFrame(hex("60f17dbe4920020001f9d65d27"))).toMatchObject({
      direction: "down",
      ack: true,
      fPort: 1,
      frmPayload: hex(""),
    });
    expect(parseFrame(hex("60f17dbe49200200f9d65d27"))).toMatchObject({
      direction: "down",
      ack: true,
      fPort: null,
      frmPayload: hex(""),
    });
  });

  test("reads FOpts and the four flags", () => {
    expect(parseFrame(hex("a0 f17dbe49 f3 ffff 020304 00 07 00000000"))).toMatchObject({
      isConfirmed: true,
      direction: "down",
      adr: true,
      adrAckReq: true,
      ack: true,
      isClassBOrPending: true,
      fCnt: 0xffff,
      fOpts: hex("020304"),
      fPort: 0,
      frmPayload: hex("07"),
    });
  });

  test("reads rejoin-requests of all three types", () => {
    const rest = { kind: "rejoin-request", devEui: 0x1122334455667788n, rejoinCount: 0x1234, mic: hex("aabbccdd") };
    expect(parseFrame(rejoin0)).toEqual({ ...rest, rejoinType: 0, netId: 0x004213 });
    expect(parseFrame(rejoin1)).toEqual({ ...rest, rejoinType: 1, joinEui: 0x0102030405060708n });
    const rejoin2 = Uint8Array.from(rejoin0);
    rejoin2[1] = 2;
    expect(parseFrame(rejoin2)).toEqual({ ...rest, rejoinType: 2, netId: 0x004213 });
  });

  test("keeps a join-accept encrypted and a proprietary frame whole", () => {
    expect(parseFrame(hex("20c9fbb259e11649096a568a9e3b7117c3"))).toEqual({
      kind: "join-accept",
      encrypted: hex("c9fbb259e11649096a568a9e3b7117c3"),
    });
    expect(parseFrame(hex("e0 e5 0102"))).toEqual({ kind: "proprietary", payload: hex("e50102") });
    expect(parseFrame(hex("e0"))).toEqual({ kind: "proprietary", payload: hex("") });
    expect(parseFrame(hex("e3 01"))).toEqual({ kind: "proprietary", payload: hex("01") });
  });

  test("gives views of its input, not copies", () => {
    const bytes = Uint8Array.from(dataUp);
    const frame = parseFrame(bytes) as DataFrame;
    bytes[9] = 0x77;
    expect(frame.frmPayload[0]).toBe(0x77);
    expect(frame.frmPayload.buffer).toBe(bytes.buffer);
  });

  test("reads a view that does not begin at its buffer's start", () => {
    const padded = new Uint8Array(40);
    padded.set(dataUp, 13);
    expect(parseFrame(padded.subarray(13, 13 + dataUp.length))).toEqual(parseFrame(dataUp));
  });

  test("reads all 12,614 captured frames as their network server did", () => {
    for (const { phyPayload, devAddrWireHex, fCnt, fPort } of captured) {
      const frame = parseFrame(phyPayload);
      if (frame.kind !== "data") throw new Error(`a captured frame is ${frame.kind}`);
      expect([hexOf(phyPayload.subarray(1, 5)), frame.fCnt, frame.fPort]).toEqual([
        devAddrWireHex,
        fCnt & 0xffff,
        fPort,
      ]);
    }
  });
});

describe("a malformed frame is a value with a reason", () => {
  test.each([
    ["empty", ""],
    ["unknown_major", "41f17dbe4900020001954378762b11ff0d"],
    ["bad_join_request_length", "0039363463336913aa05693574323831330489c65b13"],
    ["bad_join_request_length", "0039363463336913aa05693574323831330489c65b130405"],
    ["bad_join_accept_length", "20c9fbb259e11649096a568a9e3b7117"],
    ["bad_join_accept_length", "20c9fbb259e11649096a568a9e3b7117c300"],
    ["data_too_short", "40"],
    ["data_too_short", "40f17dbe4900020001f9d6"],
    ["f_opts_overrun", "40f17dbe4901020001f9d65d"],
    ["f_opts_overrun", "40f17dbe490f0200 0102030405060708090a0b0c0d0e 01f9d65d"],
    ["bad_rejoin_length", "c0"],
    ["bad_rejoin_length", "c000 134200 8877665544332211 3412 aabbcc"],
    ["bad_rejoin_length", "c000 0807060504030201 8877665544332211 3412 aabbccdd"],
    ["bad_rejoin_length", "c001 134200 8877665544332211 3412 aabbccdd"],
    ["unknown_rejoin_type", "c003 134200 8877665544332211 3412 aabbccdd"],
  ])("%s: %s", (reason, text) => {
    expect(parseFrame(hex(text))).toEqual({ kind: "malformed", reason });
  });

  test("over 255 bytes, and the longest frame is not", () => {
    const longest = new Uint8Array(MAX_FRAME_BYTES);
    longest[0] = 0x40;
    expect(parseFrame(longest).kind).toBe("data");
    expect(parseFrame(new Uint8Array(256))).toEqual({ kind: "malformed", reason: "too_long" });
    expect(parseFrame(new Uint8Array(70_000))).toEqual({ kind: "malformed", reason: "too_long" });
  });

  test("the shortest data frame and the longest FOpts fit exactly", () => {
    expect(parseFrame(hex("40f17dbe4900020001f9d65d"))).toMatchObject({ kind: "data", fPort: null });
    expect(parseFrame(hex("40f17dbe490f0200 0102030405060708090a0b0c0d0e0f 01f9d65d"))).toMatchObject({
      kind: "data",
      fOpts: hex("0102030405060708090a0b0c0d0e0f"),
      fPort: null,
    });
  });
});

const anyMic = fc.uint8Array({ minLength: 4, maxLength: 4 });
const anyEui = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const anyDataFrame: fc.Arbitrary<DataFrame> = fc
  .record({
    direction: fc.constantFrom("up" as const, "down" as const),
    isConfirmed: fc.boolean(),
    devAddr: fc.integer({ min: 0, max: 0xffff_ffff }),
    adr: fc.boolean(),
    adrAckReq: fc.boolean(),
    ack: fc.boolean(),
    isClassBOrPending: fc.boolean(),
    fCnt: fc.integer({ min: 0, max: 0xffff }),
    fOpts: fc.uint8Array({ maxLength: 15 }),
    body: fc.option(
      fc.record({ fPort: fc.integer({ min: 0, max: 255 }), frmPayload: fc.uint8Array({ maxLength: 227 }) }),
    ),
    mic: anyMic,
  })
  .map(({ body, ...frame }) => ({
    ...frame,
    kind: "data" as const,
    fPort: body?.fPort ?? null,
    frmPayload: body?.frmPayload ?? new Uint8Array(0),
  }));

/** The bytes again, or null for kinds without an encoder. */
function encode(frame: Frame): Uint8Array | null {
  if (frame.kind === "data") return encodeDataFrame(frame);
  if (frame.kind === "join-request") return encodeJoinRequest(frame);
  if (frame.kind === "proprietary") return encodeProprietary(frame.payload);
  return null;
}

describe("codec", () => {
  test("parses what it encoded to the same data frame", () => {
    fc.assert(
      fc.property(anyDataFrame, (frame) => {
        expect(parseFrame(encodeDataFrame(frame))).toEqual(frame);
      }),
    );
  });

  test("parses what it encoded to the same join-request and proprietary frame", () => {
    fc.assert(
      fc.property(anyEui, anyEui, fc.integer({ min: 0, max: 0xffff }), anyMic, (joinEui, devEui, devNonce, mic) => {
        const frame = { kind: "join-request" as const, joinEui, devEui, devNonce, mic };
        expect(parseFrame(encodeJoinRequest(frame))).toEqual(frame);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 254 }), (payload) => {
        expect(parseFrame(encodeProprietary(payload))).toEqual({ kind: "proprietary", payload });
      }),
    );
  });

  test("encodes every captured frame to its own bytes", () => {
    for (const { phyPayload } of captured) expect(encode(parseFrame(phyPayload))).toEqual(phyPayload);
  });

  test("never throws on a mutated frame, stays inside it, and encodes it to its own bytes up to reserved bits", () => {
    const originals = [
      joinRequest,
      dataUp,
      rejoin0,
      rejoin1,
      hex("e0e50102"),
      ...vectorFrames,
      ...captured.slice(0, 50).map((frame) => frame.phyPayload),
    ];
    const mutation = fc.record({
      original: fc.constantFrom(...originals),
      flips: fc.array(fc.record({ at: fc.nat(300), mask: fc.integer({ min: 1, max: 255 }) }), { maxLength: 4 }),
      cut: fc.nat(300),
      tail: fc.uint8Array({ maxLength: 40 }),
      keepsLength: fc.boolean(),
    });
    const kinds = new Set<string>();
    fc.assert(
      fc.property(mutation, ({ original, flips, cut, tail, keepsLength }) => {
        const bytes = keepsLength
          ? Uint8Array.from(original)
          : Uint8Array.of(...original.subarray(0, cut % (original.length + 1)), ...tail);
        for (const { at, mask } of flips) if (bytes.length > 0) bytes[at % bytes.length]! ^= mask;
        const frame = parseFrame(bytes);
        kinds.add(frame.kind === "malformed" ? frame.reason : frame.kind);
        const again = encode(frame);
        if (again === null) return;
        const expected = Uint8Array.from(bytes);
        expected[0] = expected[0]! & 0xe0;
        expect(again).toEqual(expected);
      }),
      { numRuns: 10_000 * soak },
    );
    // The mutations reach every kind and every reason but the length that none of them has.
    expect([...kinds].sort()).toEqual(
      [
        "bad_join_accept_length",
        "bad_join_request_length",
        "bad_rejoin_length",
        "data",
        "data_too_short",
        "empty",
        "f_opts_overrun",
        "join-accept",
        "join-request",
        "proprietary",
        "rejoin-request",
        "unknown_major",
        "unknown_rejoin_type",
      ].sort(),
    );
  });

  test("refuses to encode fields out of range", () => {
    const frame = parseFrame(dataUp) as DataFrame;
    const bad: Partial<DataFrame>[] = [
      { devAddr: 2 ** 32 },
      { devAddr: -1 },
      { fCnt: 0x1_0000 },
      { fCnt: 1.5 },
      { fPort: 256 },
      { fPort: null },
      { fOpts: new Uint8Array(16) },
      { frmPayload: new Uint8Array(243) },
      { mic: new Uint8Array(3) },
    ];
    for (const change of bad) expect(() => encodeDataFrame({ ...frame, ...change })).toThrow(/^POC_BAD_FRAME/);
    expect(encodeDataFrame({ ...frame, frmPayload: new Uint8Array(242) })).toHaveLength(255);
    const join = { joinEui: 1n, devEui: 2n, devNonce: 3, mic: new Uint8Array(4) };
    expect(() => encodeJoinRequest({ ...join, joinEui: 1n << 64n })).toThrow(/^POC_BAD_FRAME/);
    expect(() => encodeJoinRequest({ ...join, devEui: -1n })).toThrow(/^POC_BAD_FRAME/);
    expect(() => encodeJoinRequest({ ...join, devNonce: 65_536 })).toThrow(/^POC_BAD_FRAME/);
    expect(() => encodeJoinRequest({ ...join, mic: new Uint8Array(5) })).toThrow(/^POC_BAD_FRAME/);
    expect(() => encodeProprietary(new Uint8Array(255))).toThrow(/^POC_BAD_FRAME/);
  });
});

describe("against lora-packet 0.9.3", () => {
  test("reads the fields of data frames alike", () => {
    const frames = [
      ...vectorFrames.filter((bytes) => parseFrame(bytes).kind === "data"),
      ...captured.filter((_, index) => index % 25 === 0).map((frame) => frame.phyPayload),
    ];
    expect(frames.length).toBeGreaterThan(500);
    for (const bytes of frames) {
      const frame = parseFrame(bytes) as DataFrame;
      const packet = loraPacket.fromWire(Buffer.from(bytes));
      expect(frame).toMatchObject({
        devAddr: packet.DevAddr!.readUInt32BE(0),
        direction: packet.getDir(),
        isConfirmed: packet.isConfirmed(),
        adr: packet.getFCtrlADR(),
        ack: packet.getFCtrlACK(),
        fCnt: packet.getFCnt(),
        fPort: packet.getFPort(),
      });
      expect([frame.fOpts, frame.frmPayload, frame.mic].map(hexOf)).toEqual(
        [packet.FOpts!, packet.FRMPayload!, packet.MIC!].map(hexOf),
      );
    }
  });

  test("encodes data frames and join-requests alike", () => {
    const packet = loraPacket.fromFields({
      MType: "Confirmed Data Up",
      DevAddr: Buffer.from("49be7df1", "hex"),
      FCnt: 0x1234,
      FCtrl: { ADR: true, ACK: true },
      FOpts: "0203",
      FPort: 7,
      payload: Buffer.from("0102ff", "hex"),
    });
    const frame = parseFrame(packet.PHYPayload!) as DataFrame;
    expect(frame).toMatchObject({ isConfirmed: true, adr: true, ack: true, fCnt: 0x1234, fPort: 7 });
    expect(encodeDataFrame(frame)).toEqual(Uint8Array.from(packet.PHYPayload!));
    const join = loraPacket.fromFields({
      AppEUI: Buffer.from("aa13693363343639", "hex"),
      DevEUI: Buffer.from("3331383274356905", "hex"),
      DevNonce: Buffer.from("8904", "hex"),
    });
    const parsed = parseFrame(joinRequest);
    if (parsed.kind !== "join-request") throw new Error("not a join-request");
    expect(encodeJoinRequest(parsed).subarray(0, 19)).toEqual(Uint8Array.from(join.PHYPayload!).subarray(0, 19));
  });

  // Where the reference is wrong, and what this codec does instead.
  test("differs in the rejoin count of type 1, which the reference reads 5 bytes too early", () => {
    const packet = loraPacket.fromWire(Buffer.from(rejoin1));
    expect(packet.RJCount1?.toString("hex")).toBe("4455");
    expect(parseFrame(rejoin1)).toMatchObject({ rejoinCount: 0x1234 });
  });

  test("differs in short joins and rejoins, where the reference throws", () => {
    for (const bytes of [joinRequest, rejoin0, rejoin1]) {
      const short = bytes.subarray(0, bytes.length - 1);
      expect(() => loraPacket.fromWire(Buffer.from(short))).toThrow("too short");
      expect(parseFrame(short).kind).toBe("malformed");
    }
  });

  test("differs in the empty frame, where the reference throws a range error", () => {
    expect(() => loraPacket.fromWire(Buffer.alloc(0))).toThrow();
    expect(parseFrame(new Uint8Array(0))).toEqual({ kind: "malformed", reason: "empty" });
  });

  test("differs in data frames whose FOpts overrun the MIC or that have no header, which the reference accepts", () => {
    expect(loraPacket.fromWire(Buffer.from(hex("40f17dbe4901020001f9d65d"))).isDataMessage()).toBe(true);
    expect(loraPacket.fromWire(Buffer.from(hex("40f17dbe490200"))).isDataMessage()).toBe(true);
    expect(parseFrame(hex("40f17dbe4901020001f9d65d")).kind).toBe("malformed");
    expect(parseFrame(hex("40f17dbe490200")).kind).toBe("malformed");
  });

  test("differs in overlong joins and other majors, which the reference accepts", () => {
    expect(loraPacket.fromWire(Buffer.from([...joinRequest, 0])).DevEUI).toBeDefined();
    expect(parseFrame(Uint8Array.of(...joinRequest, 0)).kind).toBe("malformed");
    const major1 = Uint8Array.from(dataUp);
    major1[0] = 0x41;
    expect(loraPacket.fromWire(Buffer.from(major1)).isDataMessage()).toBe(true);
    expect(parseFrame(major1)).toEqual({ kind: "malformed", reason: "unknown_major" });
  });
});
