/** What a wallet is owed, and the way from its leaf to the root on chain. */
import { merkleSumProof } from "@earshot/poc";
import Type, { type Static } from "typebox";
import { atoms, hashText } from "./answers.ts";
import { type EpochView, rowOf } from "./epoch-view.ts";
import { walletFromText } from "./owner-request.ts";

const HASH_BYTES = 32;

export const proofSchema = Type.Object({
  epoch: Type.Integer(),
  wallet: Type.String(),
  epochAtoms: atoms,
  cumulativeAtoms: Type.String({ description: "Earned since the network began: the leaf" }),
  leafIndex: Type.Union([Type.Integer(), Type.Null()], { description: "Null where the wallet has no leaf" }),
  root: Type.Object({ hash: hashText, totalAtoms: atoms, leafCount: Type.Integer() }),
  proof: Type.Union(
    [
      Type.Object({
        siblingHashes: Type.Array(hashText, { description: "From the leaf up" }),
        siblingSums: Type.Array(atoms),
        leftSiblings: Type.Integer({ description: "Bit i: the sibling of step i stands on the left" }),
      }),
      Type.Null(),
    ],
    { description: "Null for a wallet that was owed nothing up to this epoch" },
  ),
});
type Owed = Static<typeof proofSchema>;

/** What a wallet is owed, with its proof if it is owed anything; undefined for a text that is no wallet. */
export function owedTo(view: EpochView, walletText: string): Owed | undefined {
  const wallet = walletFromText(walletText);
  if (wallet === undefined) return undefined;
  const nothing = { epochAtoms: "0", cumulativeAtoms: "0", leafIndex: null, proof: null };
  const root = { ...view.epoch.manifest.root };
  return proofOf(view, walletText) ?? { epoch: view.number, wallet: walletText, ...nothing, root };
}

/** The proof of a wallet, base58; undefined for one that is not in the ledger of the epoch. */
export function proofOf(
  view: EpochView,
  walletText: string,
): (Owed & { readonly proof: NonNullable<Owed["proof"]> }) | undefined {
  const wallet = walletFromText(walletText);
  const row = wallet === undefined ? undefined : view.ledgerRow(wallet);
  if (row === undefined) return undefined;
  const { epoch_atoms, cumulative_atoms } = view.epoch.output.ledgerOut;
  const { siblingHashes, siblingSums, leftSiblings } = merkleSumProof(view.tree(), row);
  return {
    epoch: view.number,
    wallet: walletText,
    epochAtoms: epoch_atoms[row]!.toString(),
    cumulativeAtoms: cumulative_atoms[row]!.toString(),
    leafIndex: row,
    root: { ...view.epoch.manifest.root },
    proof: {
      siblingHashes: Array.from(siblingSums, (_, step) => rowOf(siblingHashes, step, HASH_BYTES).toHex()),
      siblingSums: Array.from(siblingSums, (sum) => sum.toString()),
      leftSiblings,
    },
  };
}
