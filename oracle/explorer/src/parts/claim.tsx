/** What a wallet is owed, what of it was claimed, and the command that claims the rest. */
import { useEffect } from "preact/hooks";
import type { ChainWallet, Proof } from "../api-types.ts";
import { tokens } from "../format.ts";
import { useHas } from "../parts-of-api.ts";
import { type AnswerWithRetry, useAnswer, useEpochAnswer } from "../use-answer.ts";
import { Command } from "./command.tsx";
import { Figure } from "./figure.tsx";
import { ProofShown } from "./proof.tsx";
import { Shown } from "./states.tsx";

/** A claim is seen this soon after its block, ms: the oracle keeps what the chain says for three seconds. */
const LOOK_EVERY_MS = 4000;

export function Claim({ wallet }: { readonly wallet: string }) {
  const hasChain = useHas("chain");
  const answer = useEpochAnswer<Proof>(`/v1/wallets/${wallet}/proof`);
  return (
    <>
      <h2>Rewards</h2>
      <Shown
        answer={answer}
        what="what the wallet is owed"
        empty={({ proof }) =>
          proof === null
            ? "No closed epoch owes this wallet anything. Rewards go to a hotspot's beneficiary, which may be another wallet."
            : null
        }
      >
        {(owed) => (
          <>
            <ProofShown owed={owed} />
            {hasChain === true && <OnChainClaim wallet={wallet} />}
            {hasChain === false && (
              <>
                <p>
                  One claim pays all of it that was not claimed yet, once the epoch's root is final;{" "}
                  <code>earshot rewards status</code> says which is. Anybody may send it, the tokens go to the wallet.
                </p>
                <ClaimCommand wallet={wallet} epoch={owed.epoch} />
              </>
            )}
          </>
        )}
      </Shown>
    </>
  );
}

function OnChainClaim({ wallet }: { readonly wallet: string }) {
  const answer = useAnswer<ChainWallet>(`/v1/chain/wallets/${wallet}`);
  useLooking(answer);
  return (
    <Shown answer={answer} what="what the chain says of the wallet">
      {({ claimedAtoms, claimableAtoms, finalEpoch }) => (
        <>
          <dl class="figures" aria-live="polite">
            <Figure name="claimed, tokens">{tokens(claimedAtoms, 8)}</Figure>
            <Figure name="claimable now, tokens">{claimableAtoms === null ? "–" : tokens(claimableAtoms, 8)}</Figure>
            <Figure name="last final epoch">{finalEpoch ?? "none yet"}</Figure>
          </dl>
          <Claimable wallet={wallet} claimableAtoms={claimableAtoms} finalEpoch={finalEpoch} />
        </>
      )}
    </Shown>
  );
}

function Claimable({
  wallet,
  claimableAtoms,
  finalEpoch,
}: Pick<ChainWallet, "wallet" | "claimableAtoms" | "finalEpoch">) {
  if (finalEpoch === null)
    return <p class="note">No root is final yet: rewards can be claimed when the first one is.</p>;
  if (claimableAtoms === null)
    return <p class="note">This oracle has not closed epoch {finalEpoch}; one that has gives the proof for it.</p>;
  if (claimableAtoms === "0")
    return <p class="note">Everything that is final was claimed. What later epochs add follows with their roots.</p>;
  return (
    <>
      <p>One claim pays all of it. Anybody may send it, the tokens go to the wallet.</p>
      <ClaimCommand wallet={wallet} epoch={finalEpoch} />
    </>
  );
}

function ClaimCommand({ wallet, epoch }: { readonly wallet: string; readonly epoch: number }) {
  return (
    <Command words={["rewards", "claim", "--proof", `${location.origin}/v1/wallets/${wallet}/claim?epoch=${epoch}`]} />
  );
}

/** Asks again while the page is looked at. */
function useLooking({ retry }: Pick<AnswerWithRetry<unknown>, "retry">): void {
  useEffect(() => {
    const timer = setInterval(() => document.hidden || retry(), LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [retry]);
}
