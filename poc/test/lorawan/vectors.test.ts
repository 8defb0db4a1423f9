/** Published vectors for MICs, session keys and encryption; each also against lora-packet where it has the operation. */
import { type LorawanVector, loadLorawanVectors } from "@earshot/fixtures";
import fc from "fast-check";
import loraPacket from "lora-packet";
import { describe, expect, test } from "vitest";
import { encodeDataFrame } from "../../src/lorawan/encode-frame.ts";
import {
  dataMic10,
  downlinkMic11,
  hasMic,
  JOIN_REQUEST_TYPE,
  joinAcceptMic11,
  joinMic,
  uplinkMic11,
} from "../../src/lorawan/mic.ts";
import {
  applyPayloadKey,
  decryptJoinAccept,
  encryptJoinAccept,
  joinServerKeys,
  sessionKeys10,
  sessionKeys11,
} from "../../src/lorawan/session.ts";
import { hex, hexOf } from "./hex.ts";

const vectors = loadLorawanVectors();

function ofKind<K extends LorawanVector["kind"]>(kind: K) {
  return vectors
    .filter((vector): vector is Extract<LorawanVector, { kind: K }> => vector.kind === kind)
    .map((vector, index) => [index, vector] as const);
}

const number = (bytes: Uint8Array) => Number.parseInt(bytes.toHex(), 16);
const eui = (bytes: Uint8Array) => BigInt(`0x${bytes.toHex()}`);

describe("vectors", () => {
  test.each(ofKind("data_mic_1_0"))("data MIC 1.0 %i", (_, { phyPayload, nwkSKey, isValid }) => {
    expect(hasMic(phyPayload, dataMic10(phyPayload, nwkSKey))).toBe(isValid);
  });

  test.each(ofKind("data_1_1_up"))(
    "uplink MIC 1.1 %i",
    (_, { phyPayload, fNwkSIntKey, sNwkSIntKey, confFCntTxDrTxCh, isValid }) => {
      const [low, high, txDataRate, txChannel] = confFCntTxDrTxCh as unknown as [number, number, number, number];
      const mic = uplinkMic11(phyPayload, {
        fNwkSIntKey,
        sNwkSIntKey,
        confirmedFCnt: low | (high << 8),
        txDataRate,
        txChannel,
      });
      expect(hasMic(phyPayload, mic)).toBe(isValid);
    },
  );

  test.each(ofKind("join_request_mic"))("join-request MIC %i", (_, { phyPayload, key, isValid }) => {
    expect(hasMic(phyPayload, joinMic(phyPayload, key))).toBe(isValid);
  });

  test.each(ofKind("join_accept_mic_plain"))("join-accept MIC %i", (_, { phyPayload, key, isValid }) => {
    expect(hasMic(phyPayload, joinMic(phyPayload, key))).toBe(isValid);
  });

  test.each(ofKind("join_accept_encrypted"))("join-accept decryption %i", (_, { phyPayload, key, plain }) => {
    const decrypted = decryptJoinAccept(phyPayload, key);
    expect(hexOf(decrypted.subarray(1))).toBe(hexOf(plain));
    expect(hasMic(decrypted, joinMic(decrypted, key))).toBe(true);
    expect(encryptJoinAccept(decrypted, key)).toEqual(phyPayload);
  });

  test.each(ofKind("frm_payload"))("FRMPayload %i", (_, { phyPayload, appSKey, plain }) => {
    expect(hexOf(applyPayloadKey(phyPayload, appSKey))).toBe(hexOf(plain));
  });

  test.each(ofKind("session_keys_1_0"))("session keys 1.0 %i", (_, vector) => {
    const keys = sessionKeys10(vector.appKey, {
      appNonce: number(vector.appNonce),
      netId: number(vector.netId),
      devNonce: number(vector.devNonce),
    });
    expect([keys.nwkSKey, keys.appSKey].map(hexOf)).toEqual([vector.nwkSKey, vector.appSKey].map(hexOf));
  });

  test.each(ofKind("session_keys_1_1"))("session keys 1.1 %i", (_, vector) => {
    const keys = sessionKeys11(vector, {
      joinNonce: number(vector.joinNonce),
      joinEui: eui(vector.joinEui),
      devNonce: number(vector.devNonce),
    });
    const server = joinServerKeys(vector.nwkKey, eui(vector.devEui));
    expect(
      [keys.appSKey, keys.fNwkSIntKey, keys.sNwkSIntKey, keys.nwkSEncKey, server.jsIntKey, server.jsEncKey].map(hexOf),
    ).toEqual(
      [vector.appSKey, vector.fNwkSIntKey, vector.sNwkSIntKey, vector.nwkSEncKey, vector.jsIntKey, vector.jsEncKey].map(
        hexOf,
      ),
    );
  });
});

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const dataFrame = fc
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
    fPort: fc.integer({ min: 1, max: 255 }),
    frmPayload: fc.uint8Array({ maxLength: 200 }),
    mic: bytes(4),
  })
  .map(encodeDataFrame);

/** lora-packet wants Buffers. */
const b = (value: Uint8Array) => Buffer.from(value);

describe("against lora-packet", () => {
  test("data MICs of 1.0 and payload encryption agree for any frame and counter", () => {
    fc.assert(
      fc.property(dataFrame, bytes(16), fc.integer({ min: 0, max: 0xffff }), (frame, key, fCntHigh) => {
        const packet = loraPacket.fromWire(b(frame));
        const upper = Buffer.from([fCntHigh & 0xff, fCntHigh >>> 8]);
        expect(hexOf(dataMic10(frame, key, fCntHigh))).toBe(
          loraPacket.calculateMIC(packet, b(key), undefined, upper).toString("hex"),
        );
        expect(hexOf(applyPayloadKey(frame, key, fCntHigh))).toBe(
          loraPacket.decrypt(packet, b(key), undefined, upper).toString("hex"),
        );
      }),
      { numRuns: 60 },
    );
  });

  test("uplink MICs of 1.1 agree for any frame without an acknowledgement", () => {
    fc.assert(
      fc.property(
        dataFrame,
        bytes(16),
        bytes(16),
        fc.nat(255),
        fc.nat(255),
        (frame, fNwkSIntKey, sNwkSIntKey, txDataRate, txChannel) => {
          frame[0] = 0x40;
          frame[5]! &= ~0x20;
          const context = Buffer.from([0, 0, txDataRate, txChannel]);
          const expected = loraPacket.calculateMIC(
            loraPacket.fromWire(b(frame)),
            b(fNwkSIntKey),
            b(sNwkSIntKey),
            undefined,
            context,
          );
          const mic = uplinkMic11(frame, { fNwkSIntKey, sNwkSIntKey, confirmedFCnt: 0, txDataRate, txChannel });
          expect(hexOf(mic)).toBe(expected.toString("hex"));
        },
      ),
      { numRuns: 60 },
    );
  });

  test("downlink MICs of 1.1 agree for any acknowledging frame", () => {
    fc.assert(
      fc.property(dataFrame, bytes(16), fc.nat(0xffff), (frame, sNwkSIntKey, confirmedFCnt) => {
        frame[0] = 0x60;
        frame[5]! |= 0x20;
        const context = Buffer.from([confirmedFCnt & 0xff, confirmedFCnt >>> 8]);
        const expected = loraPacket.calculateMIC(
          loraPacket.fromWire(b(frame)),
          undefined,
          b(sNwkSIntKey),
          undefined,
          context,
        );
        expect(hexOf(downlinkMic11(frame, { sNwkSIntKey, confirmedFCnt }))).toBe(expected.toString("hex"));
      }),
      { numRuns: 60 },
    );
  });

  test("join-server and session keys of 1.1 agree for any join", () => {
    fc.assert(
      fc.property(
        bytes(16),
        bytes(16),
        bytes(3),
        bytes(8),
        bytes(2),
        (nwkKey, appKey, joinNonce, joinEui, devNonce) => {
          const expected = loraPacket.generateSessionKeys11(
            b(appKey),
            b(nwkKey),
            b(joinEui),
            b(joinNonce),
            b(devNonce),
          );
          const keys = sessionKeys11(
            { nwkKey, appKey },
            { joinNonce: number(joinNonce), joinEui: eui(joinEui), devNonce: number(devNonce) },
          );
          expect([keys.appSKey, keys.fNwkSIntKey, keys.sNwkSIntKey, keys.nwkSEncKey].map(hexOf)).toEqual(
            [expected.AppSKey, expected.FNwkSIntKey, expected.SNwkSIntKey, expected.NwkSEncKey].map(hexOf),
          );
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe("MICs", () => {
  const uplink = hex("40f17dbe4900020001954378762b11ff0d");
  const key = hex("44024241ed4ce9a68c6a8bc055233fd3");

  test("depend on the upper half of the counter", () => {
    expect(hasMic(uplink, dataMic10(uplink, key, 1))).toBe(false);
  });

  test("of a 1.1 uplink use the acknowledged counter only under the ACK bit", () => {
    const context = { fNwkSIntKey: key, sNwkSIntKey: key, txDataRate: 5, txChannel: 2 };
    const mic = (frame: Uint8Array, confirmedFCnt: number) => hexOf(uplinkMic11(frame, { ...context, confirmedFCnt }));
    expect(mic(uplink, 7)).toBe(mic(uplink, 0));
    const acknowledging = Uint8Array.from(uplink);
    acknowledging[5] = 0x20;
    expect(mic(acknowledging, 7)).not.toBe(mic(acknowledging, 0));
    expect(mic(acknowledging, 0x0100)).not.toBe(mic(acknowledging, 0x0001));
  });

  test("of a 1.1 join-accept cover the request it answers", () => {
    const accept = hex("20386337ccbbaae7cd2c010000d9d0a6e7");
    const answered = { joinReqType: JOIN_REQUEST_TYPE, joinEui: 0x0102030405060708n, devNonce: 0xf18e };
    const mic = joinAcceptMic11(accept, key, answered);
    expect(mic).toEqual(joinMic(hex(`ff 0807060504030201 8ef1 ${hexOf(accept)}`), key));
    expect(hexOf(joinAcceptMic11(accept, key, { ...answered, devNonce: 1 }))).not.toBe(hexOf(mic));
  });

  test("refuse frames of other kinds, short frames, keys and counters out of range", () => {
    expect(() => dataMic10(hex("e0aabbccddee"), key)).toThrow(/^POC_BAD_FRAME/);
    expect(() => dataMic10(uplink.subarray(0, 11), key)).toThrow(/^POC_BAD_FRAME/);
    expect(() => dataMic10(uplink, key.subarray(1))).toThrow(/^POC_BAD_LENGTH/);
    expect(() => dataMic10(uplink, key, 0x1_0000)).toThrow(/^POC_BAD_FRAME/);
    expect(() => joinMic(hex("00010203"), key)).toThrow(/^POC_BAD_FRAME/);
    expect(() => applyPayloadKey(hex("e0aabb"), key)).toThrow(/^POC_BAD_FRAME/);
    expect(() => decryptJoinAccept(uplink, key)).toThrow(/^POC_BAD_FRAME/);
    expect(() => sessionKeys10(key, { appNonce: 1 << 24, netId: 0, devNonce: 0 })).toThrow(/^POC_BAD_FRAME/);
    expect(() => sessionKeys10(key, { appNonce: 0.5, netId: 0, devNonce: 0 })).toThrow(/^POC_BAD_FRAME/);
    expect(() => joinServerKeys(key, -1n)).toThrow(/^POC_BAD_FRAME/);
    expect(hasMic(hex("01020304"), hex("01020304"))).toBe(false);
  });
});
