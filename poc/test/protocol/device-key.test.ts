import { ed25519 } from "@noble/curves/ed25519.js";
import { p256 } from "@noble/curves/nist.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  checkDeviceKey,
  deviceKeyProblem,
  gatewayIdOf,
  importEncodedKey,
  importKey,
  isSmallOrderPoint,
  keyFromText,
  keyToText,
  signerFromEd25519Seed,
  signerFromP256Scalar,
  verifySignature,
} from "../../src/protocol/index.ts";
import { bytes, codeOf, edDevice, hex, p256Device, soak, vectors } from "./support.ts";

interface KeyVectors {
  readonly valid: readonly { kind: "ed25519" | "p256"; secret: string; key: string; text: string; gatewayId: string }[];
  readonly invalid: readonly { key: string; why: string }[];
}
const { valid, invalid } = vectors<KeyVectors>("keys.json");

describe("device keys", () => {
  test("follow from their secrets", () => {
    for (const { kind, secret, key } of valid) {
      const signer = kind === "ed25519" ? signerFromEd25519Seed(bytes(secret)) : signerFromP256Scalar(bytes(secret));
      expect(hex(signer.publicKey)).toBe(key);
    }
  });

  test("have one text form with a checksum", () => {
    for (const { key, text } of valid) {
      expect(keyToText(bytes(key))).toBe(text);
      expect(hex(keyFromText(text))).toBe(key);
    }
  });

  test("give the gateway id that names a hotspot in a network server", () => {
    for (const { key, gatewayId } of valid) expect(hex(gatewayIdOf(bytes(key)))).toBe(gatewayId);
    expect(codeOf(() => gatewayIdOf(new Uint8Array(32)))).toBe("POC_BAD_LENGTH");
  });

  test("are refused with a reason when of small order, not reduced, off the curve or of an unknown tag", () => {
    for (const { key, why } of invalid) {
      expect(deviceKeyProblem(bytes(key)), key).toContain(why);
      expect(codeOf(() => importKey(bytes(key)))).toBe("POC_BAD_KEY");
      expect(codeOf(() => keyToText(bytes(key)))).toBe("POC_BAD_KEY");
    }
  });

  test("off Ed25519 alone are imported where only the encoding is looked at, and nothing verifies under them", () => {
    const isOffEd25519 = ({ key, why }: { key: string; why: string }) =>
      key.startsWith("ed") && why.startsWith("not a point");
    expect(invalid.filter(isOffEd25519).length).toBeGreaterThan(0);
    const message = new TextEncoder().encode("heard");
    for (const vector of invalid) {
      if (!isOffEd25519(vector)) {
        expect(
          codeOf(() => importEncodedKey(bytes(vector.key))),
          vector.key,
        ).toBe("POC_BAD_KEY");
        continue;
      }
      const key = importEncodedKey(bytes(vector.key));
      fc.assert(
        fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), (signature) => {
          signature[63]! &= 0x0f;
          return !verifySignature(key, message, signature);
        }),
        soak(50),
      );
      expect(verifySignature(key, message, edDevice.sign(message))).toBe(false);
    }
    for (const { key } of valid) expect(importEncodedKey(bytes(key))).toEqual(importKey(bytes(key)));
  });

  test("of small order are exactly the multiples of the torsion point, as another library counts them", () => {
    const torsion = ed25519.Point.fromHex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a");
    const found = new Set<string>();
    let point = ed25519.Point.ZERO;
    for (let i = 0; i < 8; i++, point = point.add(torsion)) {
      found.add(point.toHex());
      expect(isSmallOrderPoint(bytes(point.toHex()), 0)).toBe(true);
      expect(ed25519.Point.BASE.add(point).isSmallOrder()).toBe(false);
      expect(isSmallOrderPoint(ed25519.Point.BASE.add(point).toBytes(), 0)).toBe(false);
    }
    expect(found.size).toBe(8);
    expect(invalid.filter(({ why }) => why === "small order")).toHaveLength(14);
  });

  test("are judged as another library judges them, for any 32 bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.constantFrom(0xed, 0x02, 0x03), (body, tag) => {
        const key = Uint8Array.of(tag, ...body);
        let usable = true;
        try {
          if (tag === 0xed) usable = !ed25519.Point.fromBytes(body).isSmallOrder();
          else p256.Point.fromBytes(key);
        } catch {
          usable = false;
        }
        expect(deviceKeyProblem(key) === undefined, hex(key)).toBe(usable);
      }),
      soak(100),
    );
  });

  test("of any other length are refused", () => {
    for (const length of [0, 1, 32, 34, 65]) {
      expect(deviceKeyProblem(new Uint8Array(length).fill(0xed))).toContain("33 bytes expected");
    }
    expect(codeOf(() => checkDeviceKey(edDevice.publicKey.subarray(1)))).toBe("POC_BAD_KEY");
  });
});

describe("the text of a key", () => {
  test("is refused after any change of one character", () => {
    for (const { text } of valid) {
      for (let i = 0; i < text.length; i++) {
        const other = text[i] === "z" ? "y" : "z";
        expect(codeOf(() => keyFromText(text.slice(0, i) + other + text.slice(i + 1)))).toBe("POC_BAD_KEY");
      }
    }
  });

  test("is refused when it stands for a number above 37 bytes whose last 37 are a key and its checksum", () => {
    const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    const text = keyToText(p256Device.publicKey);
    let value = 2n ** 296n;
    for (let i = 0; i < text.length; i++) value += BigInt(alphabet.indexOf(text.at(-1 - i)!)) * 58n ** BigInt(i);
    let longer = "";
    for (; value > 0n; value /= 58n) longer = alphabet[Number(value % 58n)]! + longer;
    expect(longer).toHaveLength(51);
    expect(codeOf(() => keyFromText(longer))).toBe("POC_BAD_KEY");
  });

  test("is refused with characters added, lost or unknown", () => {
    const text = keyToText(p256Device.publicKey);
    for (const bad of [
      "",
      "1",
      `1${text}`,
      `${text}1`,
      text.slice(1),
      text.slice(0, -1),
      ` ${text}`,
      `${text}\n`,
      "0OIl",
      "é",
      "1".repeat(50),
      "z".repeat(51),
      "z".repeat(1_000_000),
    ]) {
      expect(
        codeOf(() => keyFromText(bad)),
        JSON.stringify(bad.slice(0, 60)),
      ).toBe("POC_BAD_KEY");
    }
  });
});
