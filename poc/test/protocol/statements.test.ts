import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  CHAIN_HEAD_BYTES,
  type DeviceSigner,
  importKey,
  LOG_HEAD_BYTES,
  logGenesis,
  logHeadAfter,
  nextLogHead,
  RECEIPT_BYTES,
  receiptsContradict,
  SIGNED_ENTROPY_BYTES,
  signChainHead,
  signEntropy,
  signerFromEd25519Seed,
  signJson,
  signLogHead,
  signReceipt,
  signStatement,
  statementKey,
  type UploadReceipt,
  type VerifyKey,
  verifyChainHead,
  verifyEntropy,
  verifyJson,
  verifyLogHead,
  verifyReceipt,
} from "../../src/protocol/index.ts";
import { bytes, codeOf, edDevice, hex, ingestSigner, p256Device, seed, soak, vectors } from "./support.ts";

interface StatementVectors {
  readonly network: number;
  readonly ingest: { secret: string; key: string };
  readonly logGenesis: string;
  readonly receipt: { uploadId: string; logIndex: number; previousHead: string; receiveMs: number; bytes: string };
  readonly logHeadAfter: string;
  readonly logHead: { length: number; head: string; issuedMs: number; bytes: string };
  readonly chainHead: { deviceKey: string; sequence: number; id: string; issuedMs: number; bytes: string };
  readonly entropy: {
    record: { minute: number; slot: number; blockTimeS: number; blockhash: string };
    issuedMs: number;
    bytes: string;
  };
}
const vector = vectors<StatementVectors>("statements.json");
const NETWORK = vector.network;
const signer = signerFromEd25519Seed(bytes(vector.ingest.secret));
const key = importKey(bytes(vector.ingest.key));

const receipt: UploadReceipt = {
  uploadId: bytes(vector.receipt.uploadId),
  logIndex: vector.receipt.logIndex,
  previousHead: bytes(vector.receipt.previousHead),
  receiveMs: vector.receipt.receiveMs,
};
const chainHead = {
  deviceKey: bytes(vector.chainHead.deviceKey),
  sequence: vector.chainHead.sequence,
  id: bytes(vector.chainHead.id),
  issuedMs: vector.chainHead.issuedMs,
};
const logHead = { length: 1, head: bytes(vector.logHead.head), issuedMs: vector.logHead.issuedMs };
const record = { ...vector.entropy.record, blockhash: bytes(vector.entropy.record.blockhash) };

interface Kind {
  readonly name: string;
  readonly size: number;
  readonly vector: string;
  sign(with_: DeviceSigner): Uint8Array;
  verify(statement: Uint8Array, key: VerifyKey | undefined, network: number): { status: string; code?: string };
}
const kinds: readonly Kind[] = [
  {
    name: "receipt",
    size: RECEIPT_BYTES,
    vector: vector.receipt.bytes,
    sign: (s) => signReceipt(NETWORK, receipt, s),
    verify: verifyReceipt,
  },
  {
    name: "log head",
    size: LOG_HEAD_BYTES,
    vector: vector.logHead.bytes,
    sign: (s) => signLogHead(NETWORK, logHead, s),
    verify: verifyLogHead,
  },
  {
    name: "chain head",
    size: CHAIN_HEAD_BYTES,
    vector: vector.chainHead.bytes,
    sign: (s) => signChainHead(NETWORK, chainHead, s),
    verify: verifyChainHead,
  },
  {
    name: "entropy",
    size: SIGNED_ENTROPY_BYTES,
    vector: vector.entropy.bytes,
    sign: (s) => signEntropy(NETWORK, record, vector.entropy.issuedMs, s),
    verify: (statement, k, network) => verifyEntropy(statement, k, network),
  },
];

describe("what an ingest signs", () => {
  test("is the vector's, byte for byte", () => {
    for (const kind of kinds) {
      expect(hex(kind.sign(signer)), kind.name).toBe(kind.vector);
      expect(kind.size).toBe(kind.vector.length / 2);
      expect(hex(statementKey(bytes(kind.vector))!)).toBe(vector.ingest.key);
    }
    expect([RECEIPT_BYTES, LOG_HEAD_BYTES, CHAIN_HEAD_BYTES, SIGNED_ENTROPY_BYTES]).toEqual([180, 148, 181, 164]);
  });

  test("comes back from its bytes", () => {
    expect(verifyReceipt(bytes(vector.receipt.bytes), key, NETWORK)).toEqual({ status: "ok", receipt });
    expect(verifyLogHead(bytes(vector.logHead.bytes), key, NETWORK)).toEqual({ status: "ok", head: logHead });
    expect(verifyChainHead(bytes(vector.chainHead.bytes), key, NETWORK)).toEqual({ status: "ok", head: chainHead });
    const issuedMs = vector.entropy.issuedMs;
    expect(verifyEntropy(bytes(vector.entropy.bytes), key, NETWORK)).toEqual({ status: "ok", record, issuedMs });
  });

  test("may be signed with a P-256 key", () => {
    const p256Key = importKey(p256Device.publicKey);
    for (const kind of kinds) expect(kind.verify(kind.sign(p256Device), p256Key, NETWORK).status).toBe("ok");
  });

  test("is refused at every other length and after a flip of any one bit", () => {
    for (const kind of kinds) {
      const whole = bytes(kind.vector);
      for (let length = 0; length < whole.length; length++) {
        expect(kind.verify(whole.subarray(0, length), key, NETWORK)).toMatchObject({ code: "bad_length" });
      }
      expect(kind.verify(Uint8Array.of(...whole, 0), key, NETWORK)).toMatchObject({ code: "bad_length" });
      for (let bit = 0; bit < whole.length * 8; bit++) {
        const flipped = whole.slice();
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        expect(kind.verify(flipped, key, NETWORK).status, `${kind.name} bit ${bit}`).toBe("refused");
      }
    }
    expect(statementKey(new Uint8Array(35))).toBeUndefined();
  });

  test("is refused by another network, by no key, and by a key it does not name", () => {
    for (const kind of kinds) {
      const whole = bytes(kind.vector);
      expect(kind.verify(whole, key, 2)).toMatchObject({ code: "wrong_network" });
      expect(kind.verify(whole, undefined, NETWORK)).toMatchObject({ code: "unknown_key" });
      expect(kind.verify(whole, importKey(edDevice.publicKey), NETWORK)).toMatchObject({ code: "unknown_key" });
    }
  });

  test("is refused as not canonical when signed with integers above 2^53 or a head of nothing that has an id", () => {
    const fields = (size: number, ...at: number[]) => {
      const array = new Uint8Array(size);
      for (const i of at) array[i] = 0xff;
      return array;
    };
    const signed = (domain: Parameters<typeof signStatement>[0], array: Uint8Array) =>
      signStatement(domain, NETWORK, array, signer);
    for (const at of [39, 79]) {
      expect(verifyReceipt(signed("earshot-receipt", fields(80, at)), key, NETWORK)).toMatchObject({
        code: "non_canonical",
      });
    }
    for (const at of [7, 47]) {
      expect(verifyLogHead(signed("earshot-log-head", fields(48, at)), key, NETWORK)).toMatchObject({
        code: "non_canonical",
      });
    }
    for (const at of [40, 41, 80]) {
      expect(verifyChainHead(signed("earshot-chain-head", fields(81, at)), key, NETWORK)).toMatchObject({
        code: "non_canonical",
      });
    }
    const zeroId = signed("earshot-chain-head", fields(81, 33));
    expect(verifyChainHead(zeroId, key, NETWORK)).toMatchObject({ code: "non_canonical" });
    expect(verifyChainHead(signed("earshot-chain-head", fields(81)), key, NETWORK).status).toBe("ok");
    for (const at of [7, 15, 23, 63]) {
      expect(verifyEntropy(signed("earshot-entropy", fields(64, at)), key, NETWORK)).toMatchObject({
        code: "non_canonical",
      });
    }
  });

  test("is refused under another version, even if signed so", () => {
    const body = bytes(vector.receipt.bytes).subarray(0, -64).with(0, 2);
    const signature = signer.sign(Uint8Array.of(...new TextEncoder().encode("earshot-receipt"), ...body));
    expect(verifyReceipt(Uint8Array.of(...body, ...signature), key, NETWORK)).toMatchObject({ code: "bad_version" });
  });

  test("is not taken for another statement of the same size", () => {
    const body = signStatement("earshot-log-head", NETWORK, new Uint8Array(80), signer);
    expect(verifyReceipt(body, key, NETWORK)).toMatchObject({ code: "bad_signature" });
  });

  test("cannot be made of values its fields do not hold", () => {
    expect(codeOf(() => signReceipt(65_536, receipt, signer))).toBe("POC_BAD_ENCODING");
    expect(codeOf(() => signReceipt(1, { ...receipt, logIndex: -1 }, signer))).toBe("POC_BAD_ENCODING");
    expect(codeOf(() => signReceipt(1, { ...receipt, uploadId: new Uint8Array(33) }, signer))).toBe("POC_BAD_LENGTH");
    expect(codeOf(() => signLogHead(1, { ...logHead, length: 0.5 }, signer))).toBe("POC_BAD_ENCODING");
    expect(codeOf(() => signChainHead(1, { ...chainHead, deviceKey: new Uint8Array(32) }, signer))).toBe(
      "POC_BAD_LENGTH",
    );
    expect(codeOf(() => signEntropy(1, record, Number.NaN, signer))).toBe("POC_BAD_ENCODING");
  });
});

describe("the log of an ingest", () => {
  test("starts from the vector's head and goes on to the vector's", () => {
    expect(hex(logGenesis(NETWORK, signer.publicKey))).toBe(vector.logGenesis);
    expect(hex(logHeadAfter(receipt))).toBe(vector.logHeadAfter);
    expect(hex(nextLogHead(receipt.previousHead, receipt))).toBe(vector.logHeadAfter);
  });

  test("starts elsewhere for each network and ingest", () => {
    const heads = [logGenesis(1, signer.publicKey), logGenesis(2, signer.publicKey), logGenesis(1, edDevice.publicKey)];
    expect(new Set(heads.map(hex)).size).toBe(3);
    expect(codeOf(() => logGenesis(-1, signer.publicKey))).toBe("POC_BAD_ENCODING");
    expect(codeOf(() => logGenesis(1, new Uint8Array(32)))).toBe("POC_BAD_LENGTH");
  });

  test("gives receipts that never contradict each other, until one of them is changed", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 12 }),
        fc.nat(),
        fc.constantFrom("id", "time", "head"),
        (length, pick, change) => {
          const receipts: UploadReceipt[] = [];
          let previousHead = logGenesis(NETWORK, signer.publicKey);
          for (let logIndex = 0; logIndex < length; logIndex++) {
            const entry = { uploadId: seed(`upload ${logIndex}`), logIndex, receiveMs: 1000 + logIndex, previousHead };
            receipts.push(entry);
            previousHead = logHeadAfter(entry);
          }
          for (const left of receipts)
            for (const right of receipts) expect(receiptsContradict(left, right)).toBe(false);

          const at = pick % length;
          const honest = receipts[at]!;
          const lie = {
            ...honest,
            ...(change === "id" ? { uploadId: seed("lie") } : {}),
            ...(change === "time" ? { receiveMs: honest.receiveMs + 1 } : {}),
            ...(change === "head" ? { previousHead: seed("lie") } : {}),
          };
          expect(receiptsContradict(lie, honest)).toBe(true);
          expect(receiptsContradict(honest, lie)).toBe(true);
          // The next entry of the honest log does not follow from the lie either.
          if (at + 1 < length) expect(receiptsContradict(lie, receipts[at + 1]!)).toBe(true);
          if (change === "head" && at > 0) expect(receiptsContradict(receipts[at - 1]!, lie)).toBe(true);
        },
      ),
      soak(60),
    );
  });
});

describe("a signed document", () => {
  const list = { hotspot: "x", network: 1, issuedMs: 1, validUntilMs: 2, routes: [{ routeId: 1, maxCopies: 2 }] };

  test("is verified whatever the order of its members, and refused after any change", () => {
    const signature = signJson("earshot-routes", list, ingestSigner);
    const ingestKey = importKey(ingestSigner.publicKey);
    const reordered = Object.fromEntries(Object.entries(list).reverse());
    expect(verifyJson("earshot-routes", reordered, ingestKey, signature)).toBe(true);
    expect(verifyJson("earshot-routes", { ...list, validUntilMs: 3 }, ingestKey, signature)).toBe(false);
    expect(verifyJson("earshot-routes", { ...list, more: null }, ingestKey, signature)).toBe(false);
    expect(verifyJson("earshot-routes", list, importKey(edDevice.publicKey), signature)).toBe(false);
    expect(codeOf(() => signJson("earshot-routes", { at: new Date(0) }, ingestSigner))).toBe("POC_BAD_ENCODING");
  });
});
