/** A reward proof as an oracle serves it: `{ beneficiary, cumulative, leftSiblings, siblings: [{ hash, sum }] }`, hashes hex, amounts text. */
import { PublicKey } from "@solana/web3.js";
import { ClientError } from "../errors.ts";
import type { WalletClaim } from "./claim-crank.ts";
import { encodeClaimProof, MAX_PROOF_STEPS } from "./claim-proof.ts";

/** The claim a text holds; `source` names it in the error. Throws PRG_BAD_PROOF. */
export function claimFromJson(text: string, source: string): WalletClaim {
  try {
    const { beneficiary, cumulative, leftSiblings, siblings } = JSON.parse(text);
    if (!Array.isArray(siblings) || siblings.length > MAX_PROOF_STEPS)
      throw new RangeError(`siblings is a list of at most ${MAX_PROOF_STEPS}`);
    const steps = siblings.map(({ hash, sum }) => {
      if (typeof hash !== "string" || !/^[0-9a-f]{64}$/.test(hash)) throw new RangeError("a hash has 64 hex digits");
      return { hash: new Uint8Array(Buffer.from(hash, "hex")), sum: amountOf(sum) };
    });
    const proof = { leftSiblings, steps };
    encodeClaimProof(proof);
    return { beneficiary: new PublicKey(beneficiary), cumulative: amountOf(cumulative), proof };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : cause;
    throw new ClientError("PRG_BAD_PROOF", `${source} is no proof: ${why}`, { cause });
  }
}

function amountOf(text: unknown): bigint {
  if (typeof text === "string" && /^[0-9]{1,20}$/.test(text)) return BigInt(text);
  throw new RangeError("an amount is a whole number as text");
}

/** The JSON of a claim, as `claimFromJson` reads it. */
export function claimToJson({ beneficiary, cumulative, proof }: WalletClaim): Readonly<Record<string, unknown>> {
  return {
    beneficiary: beneficiary.toBase58(),
    cumulative: cumulative.toString(),
    leftSiblings: proof.leftSiblings,
    siblings: proof.steps.map(({ hash, sum }) => ({ hash: Buffer.from(hash).toString("hex"), sum: sum.toString() })),
  };
}
