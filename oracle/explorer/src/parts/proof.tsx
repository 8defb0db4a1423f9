/** A wallet's leaf and the way from it to the root that is voted for. */
import type { Proof } from "../api-types.ts";
import { tokens } from "../format.ts";
import { Code } from "./links.tsx";
import { Wide } from "./wide.tsx";

export function ProofShown({ owed }: { readonly owed: Proof }) {
  const { wallet, proof, leafIndex } = owed;
  if (proof === null) {
    return (
      <p class="note empty">
        Wallet <Code text={wallet} /> was owed nothing up to epoch {owed.epoch}, so it has no leaf under its root.
      </p>
    );
  }
  return (
    <>
      <p>
        Wallet <Code text={wallet} /> is owed {tokens(owed.cumulativeAtoms, 8)} tokens since the network began,{" "}
        {tokens(owed.epochAtoms, 8)} of them in epoch {owed.epoch}: leaf {leafIndex} of {owed.root.leafCount} under root{" "}
        <Code text={owed.root.hash} />.
      </p>
      <details>
        <summary>{proof.siblingHashes.length} hashes from the leaf to the root</summary>
        <Wide label="Hashes of the proof">
          <pre>
            {proof.siblingHashes
              .map(
                (hash, step) =>
                  `${(proof.leftSiblings >>> step) & 1 ? "left " : "right"} ${hash} ${proof.siblingSums[step]}`,
              )
              .join("\n")}
          </pre>
        </Wide>
      </details>
    </>
  );
}
