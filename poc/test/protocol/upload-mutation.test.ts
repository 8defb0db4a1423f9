import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type DeviceSigner,
  importKey,
  MAX_UPLOAD_BYTES,
  MIN_UPLOAD_BYTES,
  parseUploadHeader,
  RECORD_BYTES,
  sealUpload,
  sha256,
  UPLOAD_HEADER_BYTES,
  verifyUpload,
} from "../../src/protocol/index.ts";
import { edDevice, p256Device, soak, someBeacon, someConfirmation, someReceipt, someWitness } from "./support.ts";

const NETWORK = 1;
const BEACON_AT = UPLOAD_HEADER_BYTES;
const WITNESS_AT = BEACON_AT + RECORD_BYTES.beacon;
const RECEIPT_AT = WITNESS_AT + RECORD_BYTES.witness;
const CONFIRMATION_AT = RECEIPT_AT + RECORD_BYTES.receipt;

/** Codes that one wrong bit can lead to. */
const CODES_OF_A_FLIP = [
  "bad_counts",
  "bad_flags",
  "bad_key",
  "bad_magic",
  "bad_sequence",
  "bad_signature",
  "bad_version",
  "non_canonical",
  "oversized",
  "trailing_bytes",
  "truncated",
  "unknown_key",
  "wrong_network",
];

function upload(signer: DeviceSigner): Uint8Array {
  return sealUpload(
    {
      network: NETWORK,
      sequence: 1,
      previousId: new Uint8Array(32),
      beacons: [someBeacon],
      witnesses: [someWitness],
      receipts: [someReceipt],
      confirmations: [someConfirmation],
    },
    signer,
  ).bytes;
}

/** Signs changed bytes anew, so that only the format can refuse them. */
function resigned(bytes: Uint8Array, signer: DeviceSigner): Uint8Array {
  const id = sha256(bytes.subarray(0, bytes.length - 64));
  const result = bytes.slice();
  result.set(signer.sign(Uint8Array.of(...new TextEncoder().encode("earshot-upload"), ...id)), bytes.length - 64);
  return result;
}

function codeFor(bytes: Uint8Array, signer: DeviceSigner = edDevice): string {
  const verdict = verifyUpload(bytes, importKey(signer.publicKey), NETWORK);
  return verdict.status === "refused" ? verdict.code : "ok";
}

describe("a damaged upload", () => {
  test("is refused at every length it can be cut to, and with bytes added", () => {
    for (const signer of [edDevice, p256Device]) {
      const whole = upload(signer);
      expect(codeFor(whole, signer)).toBe("ok");
      for (let length = 0; length < whole.length; length++) {
        expect(codeFor(whole.subarray(0, length), signer), `${length} bytes`).toBe("truncated");
      }
      for (const extra of [1, 64, 115]) {
        const longer = new Uint8Array(whole.length + extra);
        longer.set(whole);
        expect(codeFor(longer, signer)).toBe("trailing_bytes");
      }
    }
  });

  test("is refused after a flip of any one bit, and says which rule", () => {
    for (const signer of [edDevice, p256Device]) {
      const whole = upload(signer);
      const key = importKey(signer.publicKey);
      const seen = new Map<string, number>();
      for (let bit = 0; bit < whole.length * 8; bit++) {
        const flipped = whole.slice();
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        const verdict = verifyUpload(flipped, key, NETWORK);
        const code = verdict.status === "refused" ? verdict.code : "ok";
        seen.set(code, (seen.get(code) ?? 0) + 1);
      }
      expect(CODES_OF_A_FLIP).toEqual(expect.arrayContaining([...seen.keys()]));
      for (const code of ["bad_magic", "bad_version", "bad_flags", "bad_signature", "non_canonical"]) {
        expect(seen.get(code), code).toBeGreaterThan(0);
      }
    }
  });

  test("is refused as not canonical even if its device signed it so", () => {
    const changes: readonly (readonly [string, number, number])[] = [
      ["beacon spreading factor 4", BEACON_AT + 108, 0x04],
      ["beacon spreading factor 13", BEACON_AT + 108, 0x0d],
      ["beacon bandwidth 3", BEACON_AT + 108, 0x3a],
      ["beacon time of 2^53", BEACON_AT + 96 + 6, 0x20],
      ["witness data rate 0", WITNESS_AT + 44, 0x00],
      ["witness data rate 255", WITNESS_AT + 44, 0xff],
      ["witness time of 2^56", WITNESS_AT + 24 + 7, 0x01],
      ["receipt time of 2^63", RECEIPT_AT + 39 + 7, 0x80],
      ["receipt route of 2^53", RECEIPT_AT + 47 + 6, 0x20],
      ["confirmation for a key with tag 0", CONFIRMATION_AT + 32, 0x00],
      ["confirmation for a key with tag 4", CONFIRMATION_AT + 32, 0x04],
    ];
    for (const signer of [edDevice, p256Device]) {
      for (const [what, at, value] of changes) {
        expect(codeFor(resigned(upload(signer).with(at, value), signer), signer), what).toBe("non_canonical");
      }
    }
  });

  test("is refused for counts that are nothing, too many, or more than its bytes", () => {
    const whole = upload(edDevice);
    const withCounts = (...counts: number[]) => {
      const changed = whole.slice();
      counts.forEach((count, kind) => {
        changed[6 + 2 * kind] = count;
        changed[7 + 2 * kind] = count >> 8;
      });
      return resigned(changed, edDevice);
    };
    expect(codeFor(withCounts(0, 0, 0, 0))).toBe("bad_counts");
    expect(codeFor(withCounts(65_535, 1, 0, 0))).toBe("bad_counts");
    expect(codeFor(withCounts(65_535, 65_535, 65_535, 65_535))).toBe("bad_counts");
    expect(codeFor(withCounts(65, 0, 0, 0))).toBe("bad_counts");
    expect(codeFor(withCounts(64, 0, 0, 0))).toBe("truncated");
    expect(codeFor(withCounts(0, 0, 0, 65_535))).toBe("oversized");
    expect(codeFor(withCounts(0, 65_535, 0, 0))).toBe("truncated");
    expect(codeFor(withCounts(2, 1, 1, 1))).toBe("truncated");
    expect(codeFor(withCounts(1, 1, 1, 0))).toBe("trailing_bytes");
    // The same number of bytes under other counts would be another reading of the same body: the lengths cannot collide here.
    expect(codeFor(withCounts(1, 1, 0, 1))).toBe("trailing_bytes");
  });

  test("is refused for a sequence of zero, of 2^53, or with a predecessor that does not fit it", () => {
    const whole = upload(edDevice);
    expect(codeFor(resigned(whole.with(16, 0), edDevice))).toBe("bad_sequence");
    expect(codeFor(resigned(whole.with(16, 2), edDevice))).toBe("bad_sequence");
    expect(codeFor(resigned(whole.with(24, 1), edDevice))).toBe("bad_sequence");
    expect(codeFor(resigned(whole.with(22, 0x20).with(24, 1), edDevice))).toBe("bad_sequence");
    expect(codeFor(resigned(whole.with(16, 2).with(24, 1), edDevice))).toBe("ok");
  });

  test("is refused for its size alone when it is larger than any upload", () => {
    expect(codeFor(new Uint8Array(MAX_UPLOAD_BYTES + 1))).toBe("oversized");
    expect(codeFor(new Uint8Array(MAX_UPLOAD_BYTES))).toBe("bad_magic");
    expect(codeFor(new Uint8Array(0))).toBe("truncated");
    expect(codeFor(upload(edDevice).subarray(0, MIN_UPLOAD_BYTES - 1))).toBe("truncated");
  });

  test("never throws, whatever the bytes", () => {
    const key = importKey(edDevice.publicKey);
    const magic = fc.boolean().map((start) => (start ? [0x45, 0x55, 0x50, 0x4c, 1, 0] : []));
    fc.assert(
      fc.property(magic, fc.uint8Array({ maxLength: 700 }), (start, rest) => {
        const input = Uint8Array.of(...start, ...rest);
        expect(parseUploadHeader(input).status).toMatch(/^(ok|refused)$/);
        expect(verifyUpload(input, key, NETWORK).status).toBe("refused");
      }),
      soak(500),
    );
  });

  test("is read the same from the middle of a larger buffer", () => {
    const whole = upload(edDevice);
    const buffer = new Uint8Array(whole.length + 17).fill(0xaa);
    buffer.set(whole, 9);
    expect(codeFor(buffer.subarray(9, 9 + whole.length))).toBe("ok");
    expect(codeFor(buffer.subarray(9, 10 + whole.length))).toBe("trailing_bytes");
  });
});
