/**
 * Paying wallets what they are owed: anybody may, with proofs against the latest final root.
 *
 * A proof of another root is refused here, before it costs a fee. What a wallet has been paid is in its claim account, so a claim that is
 * repeated does nothing. What is more than the vault's limit is paid in parts, and what is left when it is claimed for again.
 */
import type { Commitment, PublicKey, TransactionInstruction } from "@solana/web3.js";
import { ClientError } from "../errors.ts";
import { claimOf } from "./addresses.ts";
import { type ClaimProof, provenRoot } from "./claim-proof.ts";
import type { NetworkAddresses } from "./create-network.ts";
import { claimRewards } from "./rewards.ts";
import { type Sender, send } from "./send.ts";
import { type BatchAct, settleOrRefuse } from "./settle-once.ts";
import { fits } from "./transaction.ts";

/** Claims under way at a time. */
const AT_ONCE = 8;

export interface WalletClaim {
  readonly beneficiary: PublicKey;
  /** Base units since genesis. */
  readonly cumulative: bigint;
  readonly proof: ClaimProof;
}

/** Claims for each wallet; an answer for each, in the order given. */
export async function claimAll(
  sender: Sender,
  network: NetworkAddresses,
  claims: readonly WalletClaim[],
): Promise<readonly BatchAct[]> {
  const answers: BatchAct[] = new Array(claims.length);
  let next = 0;
  const worker = async () => {
    while (next < claims.length) {
      const index = next++;
      answers[index] = await claimOne(sender, network, claims[index]!);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, claims.length) }, worker));
  return answers;
}

/** Claims for one wallet. */
export function claimOne(sender: Sender, network: NetworkAddresses, claim: WalletClaim): Promise<BatchAct> {
  const { programs } = sender;
  const address = claimOf(network.distributor, claim.beneficiary);
  return settleOrRefuse(sender, {
    look: async (commitment: Commitment) => {
      const paid = await programs.account("rewards", "claim", address, commitment);
      if (paid !== null && paid.claimed >= claim.cumulative) return "already";
      await assertClaimable(sender, network, claim, commitment);
      return "due";
    },
    instructions: async () => {
      const transactions = await claimTransactions(sender, network, claim);
      // The accounts first, where all of it is too long for one transaction.
      for (const opening of transactions.slice(0, -1)) await send(sender, opening);
      return transactions.at(-1)!;
    },
    alreadyErrors: ["NothingToClaim"],
  });
}

/**
 * The transactions that claim for a wallet: one where it fits, with the sender's lookup tables if need be; else one that opens the
 * wallet's accounts and one that claims. Throws PRG_TOO_LARGE.
 */
export async function claimTransactions(
  sender: Sender,
  network: NetworkAddresses,
  { beneficiary, cumulative, proof }: WalletClaim,
): Promise<readonly (readonly TransactionInstruction[])[]> {
  const payer = sender.payer.publicKey;
  const claim = await sender.programs.account("rewards", "claim", claimOf(network.distributor, beneficiary));
  const instructions = await claimRewards(sender.programs, network, {
    payer,
    beneficiary,
    cumulative,
    proof,
    hasClaim: claim !== null,
  });
  const options = { ...sender, payer };
  if (fits(options, instructions)) return [instructions];
  const parts = [instructions.slice(0, -1), instructions.slice(-1)].filter((part) => part.length > 0);
  if (!parts.every((part) => fits(options, part))) {
    const hint =
      sender.lookupTables === undefined ? " without the network's lookup table: give it with --lookup-table" : "";
    throw new ClientError("PRG_TOO_LARGE", `a proof of ${proof.steps.length} steps does not fit a transaction${hint}`);
  }
  return parts;
}

/** Refuses a proof that the latest final root does not bear out: PRG_BAD_PROOF, PRG_REFUSED before any epoch is final. */
export async function assertClaimable(
  { programs }: Sender,
  network: NetworkAddresses,
  { beneficiary, cumulative, proof }: WalletClaim,
  commitment: Commitment = "confirmed",
): Promise<void> {
  const distributor = await programs.account("rewards", "distributor", network.distributor, commitment);
  if (distributor === null) throw new ClientError("PRG_NOT_FOUND", "the network pays no rewards");
  if (distributor.nextFinal === distributor.firstEpoch)
    throw new ClientError("PRG_REFUSED", "no epoch of this network is final yet");
  const leaf = { distributor: network.distributor.toBytes(), beneficiary: beneficiary.toBytes(), cumulative };
  const root = provenRoot(leaf, proof);
  if (root?.sum === distributor.finalTotal && Buffer.compare(root.hash, distributor.finalHash) === 0) return;
  throw new ClientError(
    "PRG_BAD_PROOF",
    `the proof does not lead to the root of epoch ${distributor.nextFinal - 1n}, the latest final one: ask the oracle for a new one`,
  );
}
