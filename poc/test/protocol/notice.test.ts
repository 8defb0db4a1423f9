import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MIN_NOTICE_BYTES, type NoticeKind, parseNotice, sealNotice, verifyNotice } from "../../src/protocol/notice.ts";
import { importKey, signerFromEd25519Seed } from "../../src/protocol/signature.ts";
import { uploadId } from "../../src/protocol/upload.ts";
import { parseUploadHeader } from "../../src/protocol/upload-verify.ts";

const NETWORK = 3;
const signer = signerFromEd25519Seed(new Uint8Array(32).fill(3));
const key = importKey(signer.publicKey);
const document = new Uint8Array(100).fill(7);
const { bytes, id } = sealNotice("refutation", document, NETWORK, signer);

describe("a notice", () => {
  test("says what was signed, under the id by which a log names its records", () => {
    expect(verifyNotice(bytes, key, NETWORK)).toEqual({
      status: "ok",
      kind: "refutation",
      network: NETWORK,
      signer: signer.publicKey,
      document,
      id,
    });
    expect(uploadId(bytes)).toEqual(id);
  });

  test("is no upload to whoever reads uploads", () => {
    expect(parseUploadHeader(bytes)).toMatchObject({ status: "refused", code: "bad_magic" });
  });

  test("is refused under another key, another network and no key", () => {
    const other = importKey(signerFromEd25519Seed(new Uint8Array(32).fill(4)).publicKey);
    expect(verifyNotice(bytes, other, NETWORK)).toMatchObject({ code: "unknown_key" });
    expect(verifyNotice(bytes, undefined, NETWORK)).toMatchObject({ code: "unknown_key" });
    expect(verifyNotice(bytes, key, 4)).toMatchObject({ code: "wrong_network" });
  });

  test("has room for a document of 45 bytes to 64 KiB", () => {
    for (const kind of ["refutation", "appeal"] as NoticeKind[]) {
      expect(sealNotice(kind, new Uint8Array(45), NETWORK, signer).bytes).toHaveLength(MIN_NOTICE_BYTES);
      expect(() => sealNotice(kind, new Uint8Array(44), NETWORK, signer)).toThrow("POC_BAD_ENCODING");
      expect(() => sealNotice(kind, new Uint8Array(65_536), NETWORK, signer)).toThrow("POC_BAD_ENCODING");
    }
  });

  test("with any bit flipped, or cut off anywhere, is refused and throws nothing", () => {
    fc.assert(
      fc.property(fc.nat(bytes.length * 8 - 1), fc.nat(bytes.length - 1), (bit, length) => {
        const flipped = bytes.slice();
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        expect(verifyNotice(flipped, key, NETWORK).status).toBe("refused");
        expect(verifyNotice(bytes.subarray(0, length), key, NETWORK).status).toBe("refused");
      }),
    );
  });

  test("made of any bytes is an answer", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (noise) => {
        expect(parseNotice(noise).status).toBe("refused");
        const framed = Uint8Array.from([...bytes.subarray(0, 5), ...noise]);
        parseNotice(framed);
      }),
    );
  });
});
