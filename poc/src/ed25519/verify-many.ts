/**
 * Many signatures at once: for each what `verifySignature` says, at a quarter of its time where thousands of them are Ed25519 and good.
 *
 * Signatures are put into one equation (equation.ts). Where it does not hold some are bad, and it is asked of parts; once parts fail too,
 * the rest is checked one by one, as are parts too small to gain by an equation, P-256, keys that no equation can be sure of, and
 * everything where the runtime cannot do the arithmetic. What a log made to be slow can cost is in ADR 0029.
 */
import { isSmallOrderPoint } from "../protocol/device-key.ts";
import { sha512Into } from "../protocol/hash.ts";
import { isBelowEd25519Order, SIGNATURE_BYTES, type VerifyKey, verifySignature } from "../protocol/signature.ts";
import { BatchEquation, type BatchTerm } from "./equation.ts";
import type { FillRandom } from "./random-scalars.ts";

/** A message, who should have signed it, and a signature of any length. */
export interface SignedMessage {
  readonly key: VerifyKey;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

/** From as many on an equation is quicker than one by one also where every key is new and must be readied (`bun run bench oracle`). */
const LEAST_BATCH = 2048;
/** As many at a time are 11 MB of points and scalars, where each has a key of its own. */
const MOST_BATCH = 32_768;
const PARTS = 8;
/** A part of fewer gains less than its equation takes: 130 multiplications by L, whatever their number is. */
const LEAST_PART = 1024;
/** As many more parts failed than held: the others are taken to be as bad. */
const LOST_PARTS = 2;

const DIGEST_BYTES = 64;

export class SignatureVerifier {
  readonly #equation: BatchEquation | undefined;
  /** Keys made ready for an equation, and those that none can be sure of. */
  readonly #ready = new WeakMap<VerifyKey, Uint8Array | "one_by_one">();

  /** `fillRandom` fills bytes with what no signer can foresee. */
  constructor(fillRandom: FillRandom) {
    this.#equation = BatchEquation.make(fillRandom);
  }

  /** 1 for each that is a strict signature of its key over its message, else 0. Never throws for what a signature says. */
  verify(items: readonly SignedMessage[]): Uint8Array {
    const answers = new Uint8Array(items.length);
    const equation = this.#equation;
    const batched = equation === undefined ? [] : this.#batched(items, equation);
    const isBatched = new Uint8Array(items.length);
    for (const i of batched) isBatched[i] = 1;
    for (let i = 0; i < items.length; i++) if (isBatched[i] === 0) answers[i] = one(items[i]!);
    if (equation === undefined) return answers;
    for (const batch of lots(batched, MOST_BATCH)) this.#settle(items, batch, equation, answers);
    return answers;
  }

  /** Which of the items are to stand in an equation: well-formed signatures of keys that are sure to be of prime order, if they are many. */
  #batched(items: readonly SignedMessage[], equation: BatchEquation): number[] {
    const formed: number[] = [];
    const fresh = new Set<VerifyKey>();
    for (const [i, { key, signature }] of items.entries()) {
      if (key.kind !== "ed25519" || !isFormed(signature)) continue;
      formed.push(i);
      if (!this.#ready.has(key)) fresh.add(key);
    }
    if (formed.length < LEAST_BATCH) return [];
    for (const keys of lots([...fresh], MOST_BATCH)) {
      for (const [i, ready] of equation.readyKeys(keys.map(({ key }) => key.subarray(1))).entries()) {
        this.#ready.set(keys[i]!, ready ?? "one_by_one");
      }
    }
    return formed.filter((i) => this.#ready.get(items[i]!.key) !== "one_by_one");
  }

  /** Answers for a batch; false where its equation did not hold, or there are too few for one. */
  #settle(
    items: readonly SignedMessage[],
    batch: readonly number[],
    equation: BatchEquation,
    answers: Uint8Array,
  ): boolean {
    if (batch.length >= LEAST_PART && this.#holds(items, batch, equation)) {
      for (const i of batch) answers[i] = 1;
      return true;
    }
    const partSize = Math.ceil(batch.length / PARTS);
    let from = 0;
    if (partSize >= LEAST_PART) {
      for (let lost = 0; lost < LOST_PARTS && from < batch.length; from += partSize) {
        lost += this.#settle(items, batch.slice(from, from + partSize), equation, answers) ? -1 : 1;
      }
    }
    for (const i of batch.slice(from)) answers[i] = one(items[i]!);
    return false;
  }

  #holds(items: readonly SignedMessage[], batch: readonly number[], equation: BatchEquation): boolean {
    const places = new Map<VerifyKey, number>();
    const digests = new Uint8Array(batch.length * DIGEST_BYTES);
    const terms = batch.map((i, at): BatchTerm => {
      const { key, message, signature } = items[i]!;
      const digest = digests.subarray(at * DIGEST_BYTES, (at + 1) * DIGEST_BYTES);
      sha512Into(challengeOf(key, message, signature), digest);
      const place = places.get(key) ?? places.size;
      places.set(key, place);
      return { signature, digest, key: place };
    });
    // Only keys that are ready were let in.
    return equation.holds(
      terms,
      Array.from(places.keys(), (key) => this.#ready.get(key) as Uint8Array),
    );
  }
}

const one = ({ key, message, signature }: SignedMessage): number => (verifySignature(key, message, signature) ? 1 : 0);

function* lots<Item>(items: readonly Item[], size: number): Generator<readonly Item[]> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size);
}

const isFormed = (signature: Uint8Array): boolean =>
  signature.length === SIGNATURE_BYTES && isBelowEd25519Order(signature, 32) && !isSmallOrderPoint(signature, 0);

/** What is hashed to h: R, the key without its tag, the message (RFC 8032, 5.1.7). */
function challengeOf({ key }: VerifyKey, message: Uint8Array, signature: Uint8Array): Uint8Array {
  const challenge = new Uint8Array(64 + message.length);
  challenge.set(signature.subarray(0, 32));
  challenge.set(key.subarray(1), 32);
  challenge.set(message, 64);
  return challenge;
}
