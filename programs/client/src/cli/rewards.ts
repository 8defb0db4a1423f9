/** `rewards status|claim`: what a wallet has claimed, and claiming with a proof the oracle serves. */
import { readFileSync } from "node:fs";
import { buildCommand } from "@stricli/core";
import { ClientError } from "../errors.ts";
import { claimOf } from "../sdk/addresses.ts";
import { assertClaimable, claimTransactions } from "../sdk/claim-crank.ts";
import { claimFromJson } from "../sdk/claim-proof-json.ts";
import type { CliContext } from "./context.ts";
import { addressOf } from "./keys.ts";
import { optionalWallet } from "./optional-wallet.ts";
import { textParser } from "./parse.ts";
import { type ChainFlags, chainFlags, type SpendFlags, senderOf, spend, spendFlags, withSession } from "./session.ts";
import { plain, tokenText } from "./show.ts";

export const rewardsStatusCommand = buildCommand<ChainFlags, [string?], CliContext>({
  docs: { brief: "Show the last final epoch and what a wallet has claimed" },
  parameters: { flags: chainFlags, positional: optionalWallet() },
  async func(flags, wallet) {
    await withSession(this, flags, async ({ programs, network, payer, decimals }) => {
      const owner = wallet === undefined ? payer().publicKey : addressOf(wallet, "WALLET");
      const distributor = await programs.account("rewards", "distributor", network.distributor);
      if (distributor === null) throw new ClientError("PRG_NOT_FOUND", "the network pays no rewards");
      const claim = await programs.account("rewards", "claim", claimOf(network.distributor, owner));
      const claimed = claim?.claimed ?? 0n;
      const { nextEpoch, nextFinal, finalTotal } = distributor;
      const places = await decimals();
      return {
        json: plain({ wallet: owner, claimedAtoms: claimed, nextEpoch, nextFinal, finalTotalAtoms: finalTotal }),
        text:
          `claimed so far     ${tokenText(claimed, places)}\nall rewards, final ${tokenText(finalTotal, places)}\n` +
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
      'The proof is JSON as the oracle serves it, a file or an address: { "beneficiary", "cumulative", "leftSiblings", "siblings": [{ "hash", "sum" }] }, ' +
      "hashes in hex, amounts as text. Anybody may pay the fee; the tokens go to the beneficiary. What is more than the vault's limit is paid in parts: claim again.",
  },
  parameters: {
    flags: { ...spendFlags, proof: { kind: "parsed", parse: textParser, brief: "File or URL of the proof" } },
  },
  async func(flags) {
    await withSession(this, flags, async (session) => {
      const claim = claimFromJson(await proofText(flags.proof), flags.proof);
      const sender = await senderOf(session, flags);
      await assertClaimable(sender, session.network, claim);
      const transactions = await claimTransactions(sender, session.network, claim);
      const owed = tokenText(claim.cumulative, await session.decimals());
      const done = `claimed for ${claim.beneficiary.toBase58()}, of ${owed} since genesis; what it was paid is in \`earshot rewards status\``;
      return spend(session, flags, transactions, done);
    });
  },
});

/** Longest answer that is read as a proof. */
const MAX_PROOF_CHARACTERS = 1_000_000;

async function proofText(source: string): Promise<string> {
  try {
    if (!/^https?:/.test(source)) return readFileSync(source, "utf8");
    const answer = await fetch(source);
    const text = await answer.text();
    if (!answer.ok || text.length > MAX_PROOF_CHARACTERS) throw new RangeError(`it answers ${answer.status}`);
    return text;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : cause;
    throw new ClientError("PRG_BAD_PROOF", `${source} gives no proof: ${why}`, { cause });
  }
}
