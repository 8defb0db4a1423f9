/** A wallet's leaf and the way from it to the root that is voted for. */
import type { Proof } from "../api-types.ts";
import { tokens } from "../format.ts";
import { Code } from "./links.tsx";
import { Wide } from "./wide.tsx";

export function ProofShown({ proof }: { readonly proof: Proof }) {
  return (
    <>
      <p>
        Wallet <Code text={proof.wallet} /> is owed {tokens(proof.cumulativeAtoms, 8)} tokens since the network began,{" "}
        {tokens(proof.epochAtoms, 8)} of them in epoch {proof.epoch}: leaf {proof.leafIndex} of {proof.root.leafCount}{" "}
        under root <Code text={proof.root.hash} />.
      </p>
      <details>
        <summary>{proof.proof.siblingHashes.length} hashes from the leaf to the root</summary>
        <Wide label="Hashes of the proof">
          <pre>
            {proof.proof.siblingHashes
              .map(
                (hash, step) =>
                  `${(proof.proof.leftSiblings >>> step) & 1 ? "left " : "right"} ${hash} ${proof.proof.siblingSums[step]}`,
              )
              .join("\n")}
          </pre>
        </Wide>
      </details>
    </>
  );
}
