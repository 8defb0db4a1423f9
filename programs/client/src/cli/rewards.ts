/** `rewards status|claim`: what a wallet has claimed, and claiming with a proof the oracle serves. */
import { readFileSync } from "node:fs";
import { buildCommand } from "@stricli/core";
import { ClientError } from "../errors.ts";
import { claimOf } from "../sdk/addresses.ts";
import type { ClaimProof } from "../sdk/claim-proof.ts";
import { claimRewards } from "../sdk/rewards.ts";
import type { CliContext } from "./context.ts";
import { optionalWallet } from "./data-credits.ts";
import { textParser } from "./parse.ts";
import { addressOf, type ChainFlags, chainFlags, type SpendFlags, spend, spendFlags, withSession } from "./session.ts";
import { plain, tokenText } from "./show.ts";

export const rewardsStatusCommand = buildCommand<ChainFlags, [string?], CliContext>({
  docs: { brief: "Show the last final epoch and what a wallet has claimed" },
  parameters: { flags: chainFlags, positional: optionalWallet() },
  async func(flags, wallet) {
    await withSession(this, flags, async ({ programs, network, payer }) => {
      const owner = wallet === undefined ? payer().publicKey : addressOf(wallet, "WALLET");
      const distributor = await programs.account("rewards", "distributor", network.distributor);
      if (distributor === null) throw new ClientError("PRG_NOT_FOUND", "the network pays no rewards");
      const claim = await programs.account("rewards", "claim", claimOf(network.distributor, owner));
      const claimed = claim?.claimed ?? 0n;
      const { nextEpoch, nextFinal, finalTotal } = distributor;
      return {
        json: plain({ wallet: owner, claimedAtoms: claimed, nextEpoch, nextFinal, finalTotalAtoms: finalTotal }),
        text:
          `claimed so far     ${tokenText(claimed)}\nall rewards, final ${tokenText(finalTotal)}\n` +
          `next to be issued  epoch ${nextEpoch}\nnext to be final   epoch ${nextFinal}\n`,
      };
    });
  },
});

interface ClaimFlags extends SpendFlags {
  readonly proof: string;
}

export const rewardsClaimCommand = buildCommand<ClaimFlags, [], CliContext>({
  docs: {
    brief: "Claim all rewards of a wallet, of all its hotspots and past epochs",
    fullDescription:
      'The proof is a JSON file as the oracle serves it: { "beneficiary", "cumulative", "leftSiblings", "siblings": [{ "hash", "sum" }] }, ' +
      "hashes in hex, amounts as text. Anybody may pay the fee; the tokens go to the beneficiary.",
  },
  parameters: {
    flags: { ...spendFlags, proof: { kind: "parsed", parse: textParser, brief: "File with the proof" } },
  },
  async func(flags) {
    await withSession(this, flags, async (session) => {
      const { programs, network, payer } = session;
      const { beneficiary, cumulative, proof } = readProof(flags.proof);
      const wallet = addressOf(beneficiary, "beneficiary");
      const claim = await programs.account("rewards", "claim", claimOf(network.distributor, wallet));
      const instructions = await claimRewards(programs, network, {
        payer: payer().publicKey,
        beneficiary: wallet,
        cumulative,
        proof,
        hasClaim: claim !== null,
      });
      return spend(session, flags, instructions, `claimed up to ${tokenText(cumulative)} for ${beneficiary}`);
    });
  },
});

interface ProofFile {
  readonly beneficiary: string;
  readonly cumulative: bigint;
  readonly proof: ClaimProof;
}

function readProof(path: string): ProofFile {
  try {
    const file = JSON.parse(readFileSync(path, "utf8"));
    const steps = (file.siblings as { hash: string; sum: string }[]).map(({ hash, sum }) => {
      if (!/^[0-9a-f]{64}$/.test(hash)) throw new RangeError("a hash has 64 hex digits");
      return { hash: new Uint8Array(Buffer.from(hash, "hex")), sum: BigInt(sum) };
    });
    if (!Number.isInteger(file.leftSiblings)) throw new RangeError("leftSiblings is no number");
    return {
      beneficiary: String(file.beneficiary),
      cumulative: BigInt(file.cumulative),
      proof: { leftSiblings: file.leftSiblings, steps },
    };
  } catch (error) {
    throw new ClientError("PRG_BAD_PROOF", `${path} is no proof: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}
