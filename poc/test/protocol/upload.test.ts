import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type BeaconReport,
  decodeUpload,
  encodeUpload,
  importKey,
  MAX_UPLOAD_BYTES,
  MAX_UPLOAD_REPORTS,
  type PacketConfirmation,
  type PacketReceipt,
  parseUploadHeader,
  RECORD_BYTES,
  ReportColumns,
  sealUpload,
  signerFromEd25519Seed,
  signerFromP256Scalar,
  type UploadContent,
  uploadSize,
  verifyUpload,
  type WitnessReport,
} from "../../src/protocol/index.ts";
import {
  bytes,
  codeOf,
  edDevice,
  hex,
  p256Device,
  seed,
  soak,
  someBeacon,
  someConfirmation,
  someReceipt,
  someWitness,
  vectors,
} from "./support.ts";

const ZERO_ID = new Uint8Array(32);

type Hexed<T> = { readonly [K in keyof T]: T[K] extends Uint8Array ? string : T[K] };
interface UploadVector {
  readonly what: string;
  readonly signer: { kind: "ed25519" | "p256"; secret: string; key: string };
  readonly network: number;
  readonly sequence: number;
  readonly previousId: string;
  readonly resumed: boolean;
  readonly beacons: Hexed<BeaconReport>[];
  readonly witnesses: Hexed<WitnessReport>[];
  readonly receipts: Hexed<PacketReceipt>[];
  readonly confirmations: Hexed<PacketConfirmation>[];
  readonly id: string;
  readonly bytes: string;
}
const { uploads } = vectors<{ uploads: UploadVector[] }>("uploads.json");

function contentOf(vector: UploadVector): UploadContent {
  return {
    network: vector.network,
    sequence: vector.sequence,
    previousId: bytes(vector.previousId),
    resumed: vector.resumed,
    beacons: vector.beacons.map((b) => ({ ...b, challengeId: bytes(b.challengeId), signature: bytes(b.signature) })),
    witnesses: vector.witnesses.map((w) => ({ ...w, payload: bytes(w.payload) })),
    receipts: vector.receipts.map((r) => ({ ...r, packetHash: bytes(r.packetHash) })),
    confirmations: vector.confirmations.map((c) => ({
      ...c,
      packetHash: bytes(c.packetHash),
      hotspotKey: bytes(c.hotspotKey),
    })),
  };
}

describe("a sealed upload", () => {
  test("is the vector's byte for byte; a P-256 one but for its signature", () => {
    for (const vector of uploads) {
      const { kind, secret } = vector.signer;
      const signer = kind === "ed25519" ? signerFromEd25519Seed(bytes(secret)) : signerFromP256Scalar(bytes(secret));
      const sealed = sealUpload(contentOf(vector), signer);
      expect(hex(sealed.id)).toBe(vector.id);
      const compared = kind === "ed25519" ? vector.bytes.length : vector.bytes.length - 128;
      expect(hex(sealed.bytes).slice(0, compared)).toBe(vector.bytes.slice(0, compared));
    }
  });

  test("is verified and decoded from the vector's bytes", () => {
    for (const vector of uploads) {
      const verified = verifyUpload(bytes(vector.bytes), importKey(bytes(vector.signer.key)), vector.network);
      if (verified.status === "refused") throw new Error(`${vector.what}: ${verified.code}`);
      expect(hex(verified.id)).toBe(vector.id);
      expect(verified.header).toMatchObject({
        resumed: vector.resumed,
        network: vector.network,
        sequence: vector.sequence,
      });
      const columns = new ReportColumns();
      decodeUpload(verified, { hotspot: 5, receiveOffsetMs: 77, uploadRank: 3 }, columns);
      vector.witnesses.forEach((witness, row) => {
        expect(columns.witnesses.rssiDdbm[row]).toBe(witness.rssiDdbm);
        expect(columns.witnesses.snrDdb[row]).toBe(witness.snrDdb);
        expect(columns.witnesses.receivedMs[row]).toBe(witness.receivedMs);
        expect(columns.witnesses.indexInUpload[row]).toBe(vector.beacons.length + row);
      });
      expect(columns.receipts.length).toBe(vector.receipts.length);
      expect(columns.confirmations.length).toBe(vector.confirmations.length);
    }
  });

  test("can be signed later by whoever holds the key", () => {
    const content = { network: 1, sequence: 1, previousId: ZERO_ID, witnesses: [someWitness] };
    const { bytes: unsigned, id, message } = encodeUpload(content, edDevice.publicKey);
    unsigned.set(edDevice.sign(message), unsigned.length - 64);
    expect(hex(unsigned)).toBe(hex(sealUpload(content, edDevice).bytes));
    expect(verifyUpload(unsigned, importKey(edDevice.publicKey), 1)).toMatchObject({ status: "ok", id });
  });

  test("takes 65,535 reports and not one more", () => {
    const witnesses = new Array<WitnessReport>(MAX_UPLOAD_REPORTS).fill(someWitness);
    const content = { network: 1, sequence: 1, previousId: ZERO_ID, witnesses };
    const sealed = sealUpload(content, edDevice);
    expect(verifyUpload(sealed.bytes, importKey(edDevice.publicKey), 1)).toMatchObject({ status: "ok" });
    expect(codeOf(() => sealUpload({ ...content, beacons: [someBeacon] }, edDevice))).toBe("POC_BAD_ENCODING");
  });

  test("takes 4 MiB and no report more", () => {
    const rows = Math.floor((MAX_UPLOAD_BYTES - uploadSize(0, 0, 0, 0)) / RECORD_BYTES.confirmation);
    const confirmations = new Array<PacketConfirmation>(rows).fill(someConfirmation);
    const content = { network: 1, sequence: 1, previousId: ZERO_ID };
    const sealed = sealUpload({ ...content, confirmations }, edDevice);
    expect(verifyUpload(sealed.bytes, importKey(edDevice.publicKey), 1)).toMatchObject({ status: "ok" });
    const more = [...confirmations, someConfirmation];
    expect(codeOf(() => sealUpload({ ...content, confirmations: more }, edDevice))).toBe("POC_BAD_ENCODING");
  });

  test("keeps the order of reports inside a kind", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1500, max: 0 }), { minLength: 1, maxLength: 30 }), (levels) => {
        const witnesses = levels.map((rssiDdbm) => ({ ...someWitness, rssiDdbm }));
        const sealed = sealUpload({ network: 1, sequence: 1, previousId: ZERO_ID, witnesses }, edDevice);
        const verified = verifyUpload(sealed.bytes, importKey(edDevice.publicKey), 1);
        if (verified.status === "refused") throw new Error(verified.code);
        const columns = new ReportColumns();
        decodeUpload(verified, { hotspot: 0, receiveOffsetMs: 0, uploadRank: 0 }, columns);
        expect([...columns.witnesses.rssiDdbm.subarray(0, levels.length)]).toEqual(levels);
      }),
      soak(30),
    );
  });

  test("is refused by the wrong network, by no key and by another's key, before its signature is looked at", () => {
    const sealed = sealUpload({ network: 2, sequence: 1, previousId: ZERO_ID, receipts: [someReceipt] }, edDevice);
    expect(verifyUpload(sealed.bytes, importKey(edDevice.publicKey), 1)).toEqual({
      status: "refused",
      code: "wrong_network",
      expected: 1,
      got: 2,
    });
    expect(verifyUpload(sealed.bytes, undefined, 2)).toMatchObject({ code: "unknown_key" });
    expect(verifyUpload(sealed.bytes, importKey(p256Device.publicKey), 2)).toMatchObject({ code: "unknown_key" });
  });

  test("is refused when signed by another, or for another purpose", () => {
    const sealed = sealUpload({ network: 1, sequence: 1, previousId: ZERO_ID, receipts: [someReceipt] }, edDevice);
    const key = importKey(edDevice.publicKey);
    const forged = sealed.bytes.slice();
    forged.set(signerFromEd25519Seed(seed("another")).sign(sealed.id), forged.length - 64);
    expect(verifyUpload(forged, key, 1)).toMatchObject({ code: "bad_signature" });
    forged.set(edDevice.sign(sealed.id), forged.length - 64);
    expect(verifyUpload(forged, key, 1)).toMatchObject({ code: "bad_signature" });
  });

  test("cannot be sealed empty, out of sequence or with a broken signer", () => {
    const content = { network: 1, sequence: 1, previousId: ZERO_ID, witnesses: [someWitness] };
    expect(codeOf(() => sealUpload({ ...content, witnesses: [] }, edDevice))).toBe("POC_BAD_ENCODING");
    expect(codeOf(() => sealUpload({ ...content, sequence: 0 }, edDevice))).toBe("POC_BAD_ENCODING");
    expect(codeOf(() => sealUpload({ ...content, sequence: 2 }, edDevice))).toBe("POC_BAD_ENCODING");
    expect(codeOf(() => sealUpload({ ...content, previousId: seed("x") }, edDevice))).toBe("POC_BAD_ENCODING");
    expect(codeOf(() => sealUpload({ ...content, previousId: new Uint8Array(31) }, edDevice))).toBe("POC_BAD_LENGTH");
    expect(codeOf(() => sealUpload({ ...content, network: 65_536 }, edDevice))).toBe("POC_BAD_ENCODING");
    const short = { publicKey: edDevice.publicKey, sign: () => new Uint8Array(63) };
    expect(codeOf(() => sealUpload(content, short))).toBe("POC_BAD_LENGTH");
    const identity = { publicKey: Uint8Array.of(0xed, 1, ...new Uint8Array(31)), sign: edDevice.sign };
    expect(codeOf(() => sealUpload(content, identity))).toBe("POC_BAD_KEY");
    const untagged = { publicKey: edDevice.publicKey.with(0, 0xec), sign: edDevice.sign };
    expect(codeOf(() => sealUpload(content, untagged))).toBe("POC_BAD_KEY");
    const cut = { publicKey: edDevice.publicKey.subarray(1), sign: edDevice.sign };
    expect(codeOf(() => sealUpload(content, cut))).toBe("POC_BAD_KEY");
  });

  test("shows its header to whoever has not verified it yet", () => {
    const sealed = sealUpload({ network: 1, sequence: 1, previousId: ZERO_ID, beacons: [someBeacon] }, p256Device);
    const parsed = parseUploadHeader(sealed.bytes);
    expect(parsed).toMatchObject({
      status: "ok",
      header: { reports: 1, counts: { beacons: 1, witnesses: 0, receipts: 0, confirmations: 0 }, resumed: false },
    });
    expect(parsed.status === "ok" && hex(parsed.header.signer)).toBe(hex(p256Device.publicKey));
  });
});
