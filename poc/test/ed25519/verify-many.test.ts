import { ed25519 } from "@noble/curves/ed25519.js";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { BatchEquation } from "../../src/ed25519/equation.ts";
import { SubsetSums } from "../../src/ed25519/subset-sums.ts";
import { SignatureVerifier, type SignedMessage } from "../../src/ed25519/verify-many.ts";
import {
  type DeviceSigner,
  ED25519_TAG,
  importEncodedKey,
  importKey,
  signerFromEd25519Seed,
  signerFromP256Scalar,
  type VerifyKey,
  verifySignature,
} from "../../src/protocol/index.ts";
import { seed, soak } from "../protocol/support.ts";
import { EIGHT_TORSION, fromLittleEndian, littleEndian, multiple, ORDER, type Point } from "./support.ts";

const fillRandom = (bytes: Uint8Array<ArrayBuffer>) => crypto.getRandomValues(bytes);
const verifier = new SignatureVerifier(fillRandom);

/** More than an equation needs to be worth it, so that it is what answers. */
const BATCH = 2100;
/** Of them differ; the others are those again. */
const SIGNED = 300;
const signers = Array.from({ length: 120 }, (_, i) => signerFromEd25519Seed(seed(`signer ${i}`)));
const keys = new Map<DeviceSigner, VerifyKey>(signers.map((signer) => [signer, importKey(signer.publicKey)]));

function signed(signer: DeviceSigner, message: Uint8Array): SignedMessage {
  return { key: keys.get(signer)!, message, signature: signer.sign(message) };
}

const different = Array.from({ length: SIGNED }, (_, i) => signed(signers[i % signers.length]!, seed(`message ${i}`)));
const good = Array.from({ length: BATCH }, (_, i) => different[i % SIGNED]!);

/** h of RFC 8032. */
function challenge(r: Uint8Array, key: Uint8Array, message: Uint8Array): bigint {
  const digest = new Bun.CryptoHasher("sha512").update(r).update(key).update(message).digest();
  return fromLittleEndian(new Uint8Array(digest)) % ORDER;
}

/** A signature by somebody who knows the secret `a`, with points of small order added to the key and to R. */
function crafted(a: bigint, nonce: bigint, message: Uint8Array, ofKey = 0n, ofR = 0n): SignedMessage {
  const mixed = (scalar: bigint, small: bigint): Point =>
    multiple(ed25519.Point.BASE, scalar).add(multiple(EIGHT_TORSION, small));
  const key = mixed(a, ofKey).toBytes();
  const r = mixed(nonce, ofR).toBytes();
  const s = (nonce + challenge(r, key, message) * a) % ORDER;
  return {
    key: importKey(Uint8Array.of(ED25519_TAG, ...key)),
    message,
    signature: Uint8Array.of(...r, ...littleEndian(s, 32)),
  };
}

const oneByOne = (items: readonly SignedMessage[]) =>
  items.map(({ key, message, signature }) => (verifySignature(key, message, signature) ? 1 : 0));

/** The answer for `items` among good ones, and that one by one. */
function answers(items: readonly SignedMessage[]): readonly [number[], number[]] {
  const found = Array.from(verifier.verify([...items, ...good]));
  expect(found.slice(items.length)).toEqual(good.map(() => 1));
  return [found.slice(0, items.length), oneByOne(items)];
}

/** How many signatures each equation had that was asked for `items`. */
function equationsOf(items: readonly SignedMessage[]): number[] {
  const asked = vi.spyOn(BatchEquation.prototype, "holds");
  try {
    const isGood = new Set(different);
    const found = new SignatureVerifier(fillRandom).verify(items);
    expect(Array.from(found)).toEqual(items.map((item) => (isGood.has(item) ? 1 : 0)));
    return asked.mock.calls.map(([batch]) => batch.length);
  } finally {
    asked.mockRestore();
  }
}

describe("many signatures at once", () => {
  test("are answered by an equation here, so that these tests are about it", () => {
    expect(equationsOf(good)).toEqual([BATCH]);
  });

  test("are all good where all are, and none of them where a message is another", () => {
    expect(Array.from(verifier.verify(good))).toEqual(good.map(() => 1));
    const other = good.map((item) => ({ ...item, message: seed("another") }));
    expect(Array.from(verifier.verify(other))).toEqual(good.map(() => 0));
    expect(verifier.verify([])).toHaveLength(0);
  });

  test("get each the answer that each gets alone, whatever was changed", () => {
    const flipped = fc.tuple(fc.constantFrom(...good), fc.integer({ min: 0, max: 511 })).map(([item, bit]) => {
      const signature = item.signature.slice();
      signature[bit >> 3]! ^= 1 << (bit & 7);
      return { ...item, signature };
    });
    const ofAnother = fc
      .tuple(fc.constantFrom(...good), fc.constantFrom(...good))
      .map(([item, { signature }]) => ({ ...item, signature }));
    const junk = fc
      .tuple(fc.constantFrom(...good), fc.uint8Array({ minLength: 0, maxLength: 70 }))
      .map(([item, signature]) => ({ ...item, signature }));
    const secret = fc.bigInt({ min: 1n, max: ORDER - 1n });
    const small = fc.bigInt({ min: 0n, max: 7n });
    const mixed = fc
      .tuple(secret, secret, fc.uint8Array({ maxLength: 80 }), small, small)
      .map((parts) => crafted(...parts));
    const any = fc.oneof(fc.constantFrom(...good), flipped, ofAnother, junk, mixed);
    fc.assert(
      fc.property(fc.array(any, { maxLength: 12 }), (items) => {
        const [found, expected] = answers(items);
        expect(found).toEqual(expected);
      }),
      soak(8),
    );
  });

  test("are told from those that are wrong by a point of small order, also where two such cancel out", () => {
    const message = seed("a message");
    // The eightfold equation takes them, and an equation of all takes the pairs for half of its random numbers.
    const pairs = [4n, 4n, 1n, 7n, 2n, 6n].map((ofR, i) =>
      crafted(1000n + BigInt(i), 77n + BigInt(i), message, 0n, ofR),
    );
    for (const { key, signature } of pairs) {
      expect(ed25519.verify(signature, message, key.key.subarray(1), { zip215: true })).toBe(true);
    }
    for (let round = 0; round < 2; round++) {
      expect(answers(pairs)).toEqual([pairs.map(() => 0), pairs.map(() => 0)]);
      expect(answers(pairs.slice(0, 2))[0]).toEqual([0, 0]);
    }
  });

  test("of keys with a part of small order are good where that cancels out, one in eight, and only there", () => {
    const items = Array.from({ length: 64 }, (_, i) => crafted(31337n, 99n + BigInt(i), Uint8Array.of(i), 1n));
    const [found, expected] = answers(items);
    expect(found).toEqual(expected);
    expect(new Set(found)).toEqual(new Set([0, 1]));
    // R takes away what the key leaves: the strict equation holds, whatever is said of R alone.
    const message = Uint8Array.of(7);
    const cancelled = Array.from({ length: 8 }, (_, i) => crafted(31337n, 5n, message, 1n, BigInt(i)));
    const [foundOf, expectedOf] = answers(cancelled);
    expect(foundOf).toEqual(expectedOf);
  });

  test("of P-256, and of a key that is no point, stand beside the others", () => {
    const p256 = signerFromP256Scalar(seed("a P-256 signer"));
    const noPoint = Uint8Array.of(ED25519_TAG, 2, ...new Uint8Array(31));
    const message = seed("beside");
    const items = [
      { key: importKey(p256.publicKey), message, signature: p256.sign(message) },
      { key: importKey(p256.publicKey), message, signature: good[0]!.signature },
      { key: importEncodedKey(noPoint), message, signature: good[0]!.signature },
    ];
    expect(answers(items)).toEqual([
      [1, 0, 0],
      [1, 0, 0],
    ]);
  });

  test("are asked for in parts where one among thousands is bad", () => {
    const many = Array.from({ length: 8200 + 17 }, (_, i) => good[i % good.length]!);
    const bad = [0, 4100, 8216];
    for (const i of bad) many[i] = { ...many[i]!, message: seed("bad") };
    const found = verifier.verify(many);
    expect(Array.from(found.keys()).filter((i) => found[i] === 0)).toEqual(bad);
  });

  test("make no equation, and ready no key, where they are too few to gain by it", () => {
    const readied = vi.spyOn(BatchEquation.prototype, "readyKeys");
    try {
      expect(equationsOf(good.slice(0, 2047))).toEqual([]);
      expect(readied).not.toHaveBeenCalled();
    } finally {
      readied.mockRestore();
    }
  });

  test("make few equations in vain where some are bad in every part, and many where one is", () => {
    const many = Array.from({ length: 8192 }, (_, i) => good[i % BATCH]!);
    const bad = { ...good[0]!, message: seed("bad") };
    const badIn = (isBad: (i: number) => boolean) => many.map((item, i) => (isBad(i) ? bad : item));
    // The first two parts are lost, so the other six are checked one by one.
    expect(equationsOf(badIn((i) => i % 1024 === 1000))).toEqual([8192, 1024, 1024]);
    // Those that held speak for the others.
    expect(equationsOf(badIn((i) => i === 1500))).toEqual([8192, ...Array(8).fill(1024)]);
    expect(equationsOf(badIn((i) => i >= 4096))).toEqual([8192, ...Array(8).fill(1024)]);
  });

  test("of one key make one term, and a batch of one key is as good as of many", () => {
    const signer = signers[0]!;
    const items = Array.from({ length: BATCH }, (_, i) => signed(signer, Uint8Array.of(i & 255, i >> 8)));
    expect(Array.from(verifier.verify(items))).toEqual(items.map(() => 1));
    items[299] = { ...items[299]!, message: Uint8Array.of(9, 9, 9) };
    expect(Array.from(verifier.verify(items))).toEqual(items.map((_, i) => (i === 299 ? 0 : 1)));
  });
});

describe("one equation", () => {
  const equation = BatchEquation.make(fillRandom)!;
  const terms = (items: readonly SignedMessage[]) =>
    items.map(({ key, message, signature }, i) => ({
      signature,
      digest: new Uint8Array(
        new Bun.CryptoHasher("sha512")
          .update(signature.subarray(0, 32))
          .update(key.key.subarray(1))
          .update(message)
          .digest(),
      ),
      key: i,
    }));

  test("holds for one signature, and for none", () => {
    const keyOf = ({ key }: SignedMessage) => key.key.subarray(1);
    const [one] = equation.readyKeys([keyOf(good[0]!)]);
    expect(equation.holds(terms([good[0]!]), [one!])).toBe(true);
    expect(equation.holds(terms([{ ...good[0]!, message: seed("other") }]), [one!])).toBe(false);
    expect(equation.holds([], [])).toBe(true);
    expect(equation.readyKeys([])).toEqual([]);
  });

  test("has no use for keys that are no point or have a part of small order, and names those alone", () => {
    const prime = good[0]!.key.key.subarray(1);
    const mixed = crafted(5n, 6n, seed("mixed"), 3n).key.key.subarray(1);
    const noPoint = Uint8Array.of(2, ...new Uint8Array(31));
    const ready = equation.readyKeys([prime, mixed, noPoint, prime]);
    expect(ready.map((one) => one !== undefined)).toEqual([true, false, false, true]);
    expect(ready[0]).toEqual(ready[3]!);
  });

  test("finds the keys of mixed order among many, and asks few of the others alone", () => {
    const mixed = crafted(5n, 6n, seed("mixed"), 4n).key.key.subarray(1);
    const many = Array.from({ length: 4096 }, (_, i) =>
      i === 1000 || i === 4095 ? mixed : signers[i % 120]!.publicKey.subarray(1),
    );
    const multiplications = vi.spyOn(SubsetSums.prototype, "isOfPrimeOrder");
    try {
      const ready = equation.readyKeys(many);
      expect(Array.from(ready.keys()).filter((i) => ready[i] === undefined)).toEqual([1000, 4095]);
      // One key of mixed order in a log had L multiplied with every other one, for six times the work of a signature each.
      expect(multiplications.mock.calls.length).toBeLessThan(many.length / 2);
    } finally {
      multiplications.mockRestore();
    }
  });
});
