/** Claims with the proof a wallet has, and with one that is changed in one place (R8). */
import fc from "fast-check";
import type { ClaimProof } from "../../src/sdk/claim-proof.ts";
import * as acts from "../harness/acts.ts";
import * as calls from "../harness/calls.ts";
import { below, kind, type Outcome, one, wallet } from "./command-kind.ts";
import { type NetworkModel, WALLETS } from "./world.ts";

export const openClaim = kind("openClaim", 3, wallet, (model, index) => {
  const { stage, wallets } = model.world;
  return one(model.rewards.openClaim(index), acts.openClaim(stage.at, stage.payer, wallets[index]!));
});

const TRICKS = ["older", "amount", "hash", "sum", "side", "stray", "internal", "deep", "swapped"] as const;

export const claim = kind(
  "claim",
  12,
  fc.record({
    wallet,
    trick: fc.oneof(
      { weight: 3, arbitrary: fc.constant("none" as const) },
      { weight: 1, arbitrary: fc.constantFrom(...TRICKS) },
    ),
  }),
  (model, { wallet, trick }) => claimWith(model, wallet, trick),
);

export function claimWith(model: NetworkModel, wallet: number, trick: "none" | (typeof TRICKS)[number]): Outcome {
  const { stage, wallets } = model.world;
  const { cumulative, proof } = trickProof(model, wallet, trick);
  const refusal = model.refusalOfProof(wallet, cumulative, proof);
  const expected = model.rewards.claim(wallet, cumulative, refusal, model.now);
  return one(expected, acts.claim(stage.at, wallets[wallet]!, cumulative, proof));
}

/** R8: the proof a wallet has, or one that is changed in one place. */
function trickProof(
  model: NetworkModel,
  wallet: number,
  trick: "none" | (typeof TRICKS)[number],
): { readonly cumulative: bigint; readonly proof: ClaimProof } {
  const epochs = [...model.rewards.epochs.keys()];
  const older = epochs.find((epoch) => model.rewards.epochs.get(epoch)!.final !== null) ?? epochs[0];
  const tree = trick === "older" ? null : (model.finalBallot?.tree ?? null);
  const fallback = older === undefined ? null : model.ballot(older, "honest").tree;
  const chosen = tree ?? fallback;
  if (chosen === null) return { cumulative: 1n, proof: { leftSiblings: 0, steps: [] } };
  const { cumulative, proof } = model.proofIn(chosen, trick === "swapped" ? (wallet + 1) % WALLETS : wallet);
  const [first, ...rest] = proof.steps;
  switch (trick) {
    case "amount":
      return { cumulative: cumulative + 1n, proof };
    case "hash": {
      const hash = first!.hash.map((byte, index) => (index === 31 ? byte ^ 1 : byte));
      return { cumulative, proof: { ...proof, steps: [{ ...first!, hash }, ...rest] } };
    }
    case "sum":
      return { cumulative, proof: { ...proof, steps: [{ ...first!, sum: first!.sum ^ (1n << 63n) }, ...rest] } };
    case "side":
      return { cumulative, proof: { ...proof, leftSiblings: proof.leftSiblings ^ 1 } };
    case "stray":
      return { cumulative, proof: { ...proof, leftSiblings: proof.leftSiblings | (1 << proof.steps.length) } };
    case "internal":
      return { cumulative: cumulative + first!.sum, proof: { leftSiblings: proof.leftSiblings >>> 1, steps: rest } };
    case "deep": {
      const filler = { hash: new Uint8Array(32), sum: 0n };
      return { cumulative, proof: { ...proof, steps: [...proof.steps, ...new Array(25).fill(filler)].slice(0, 25) } };
    }
    default:
      return { cumulative, proof };
  }
}

/** R4: what is sent to the vault is owed to nobody. */
export const donate = kind("donate", 1, below(3), (model, from) => {
  const { stage, wallets } = model.world;
  const sent = model.money.tokens[from]! < 1_000n ? model.money.tokens[from]! : 1_000n;
  model.money.tokens[from]! -= sent;
  model.money.vault += sent;
  model.donated += sent;
  const vault = calls.vaultOf(stage.at.distributor, stage.at.tokenMint);
  return one(null, calls.transferTokens(calls.tokenAccount(stage.at, wallets[from]!), vault, wallets[from]!, sent));
});
