import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  beaconMessage,
  beaconPayload,
  importKey,
  isBeaconPayload,
  payloadKey,
  signBeacon,
  verifyBeaconSignature,
} from "../../src/protocol/index.ts";
import { bytes, codeOf, edDevice, hex, p256Device, seed, soak, vectors } from "./support.ts";

const { beacons } = vectors<{
  beacons: {
    key: string;
    challengeId: string;
    message: string;
    signature: string;
    payload: string;
    payloadKey: { hi: number; lo: number };
  }[];
}>("beacon.json");

describe("a beacon's payload", () => {
  test("is the vector's", () => {
    for (const vector of beacons) {
      const challengeId = bytes(vector.challengeId);
      expect(hex(beaconMessage(challengeId))).toBe(vector.message);
      expect(verifyBeaconSignature(importKey(bytes(vector.key)), challengeId, bytes(vector.signature))).toBe(true);
      const payload = beaconPayload(challengeId, bytes(vector.signature));
      expect(hex(payload)).toBe(vector.payload);
      expect(payloadKey(payload)).toEqual(vector.payloadKey);
    }
  });

  test("is recognised by its length, header and version", () => {
    const payload = bytes(beacons[0]!.payload);
    expect(isBeaconPayload(payload)).toBe(true);
    expect(isBeaconPayload(payload.subarray(0, 23))).toBe(false);
    expect(isBeaconPayload(Uint8Array.of(...payload, 0))).toBe(false);
    expect(isBeaconPayload(new Uint8Array(24))).toBe(false);
    expect(isBeaconPayload(payload.with(0, 0x40))).toBe(false);
    expect(isBeaconPayload(payload.with(1, 0xe6))).toBe(false);
    expect(isBeaconPayload(new Uint8Array(0))).toBe(false);
  });

  test("belongs to one key and one challenge", () => {
    for (const signer of [edDevice, p256Device]) {
      const id = seed("one");
      const signature = signBeacon(signer, id);
      expect(verifyBeaconSignature(importKey(signer.publicKey), id, signature)).toBe(true);
      expect(verifyBeaconSignature(importKey(signer.publicKey), seed("other"), signature)).toBe(false);
      const other = signer === edDevice ? p256Device : edDevice;
      expect(verifyBeaconSignature(importKey(other.publicKey), id, signature)).toBe(false);
    }
  });

  test("has a key that any one changed byte changes", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 24, maxLength: 24 }),
        fc.nat(23),
        fc.integer({ min: 1, max: 255 }),
        (payload, at, change) => {
          const changed = payload.with(at, payload[at]! ^ change);
          expect(payloadKey(changed)).not.toEqual(payloadKey(payload));
        },
      ),
      soak(300),
    );
  });

  test("is refused for parts of another length", () => {
    expect(codeOf(() => beaconPayload(new Uint8Array(31), new Uint8Array(64)))).toBe("POC_BAD_LENGTH");
    expect(codeOf(() => beaconPayload(new Uint8Array(32), new Uint8Array(63)))).toBe("POC_BAD_LENGTH");
    expect(codeOf(() => beaconMessage(new Uint8Array(33)))).toBe("POC_BAD_LENGTH");
    expect(codeOf(() => payloadKey(new Uint8Array(23)))).toBe("POC_BAD_LENGTH");
  });
});
