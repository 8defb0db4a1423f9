/** Instructions around data credits: the price, minting them by burning tokens, and what a wallet holds. */
import { type PublicKey, SystemProgram, type TransactionInstruction } from "@solana/web3.js";
import { epochRecordOf, guardOf, PROGRAM_IDS, priceFeedOf } from "./addresses.ts";
import type { NetworkAddresses } from "./create-network.ts";
import type { Programs } from "./programs.ts";
import {
  associatedAccountOf,
  createAssociatedAccount,
  TOKEN_2022_PROGRAM_ID,
  TOKEN_PROGRAM_ID,
} from "./token-instructions.ts";

/** The wallet's account of data credits. */
export function dcAccountOf({ dcMint }: NetworkAddresses, wallet: PublicKey): PublicKey {
  return associatedAccountOf(dcMint, wallet, TOKEN_2022_PROGRAM_ID);
}

/** The wallet's account of the network's token. */
export function tokenAccountOf({ tokenMint }: NetworkAddresses, wallet: PublicKey): PublicKey {
  return associatedAccountOf(tokenMint, wallet);
}

/** Opens the record of an epoch; once, in it or in the one before. */
export function openEpochRecord(
  programs: Programs,
  { dcConfig }: NetworkAddresses,
  payer: PublicKey,
  epoch: bigint,
): Promise<TransactionInstruction> {
  return programs.instruction("dataCredits", "openEpoch", [epoch], {
    epochRecord: epochRecordOf(dcConfig, epoch),
    dcConfig,
    payer,
    systemProgram: SystemProgram.programId,
  });
}

/** A price oracle says the price of a token, 1e-8 USD. */
export function submitPrice(
  programs: Programs,
  { dcConfig }: NetworkAddresses,
  { oracle, epoch, priceE8 }: { readonly oracle: PublicKey; readonly epoch: bigint; readonly priceE8: bigint },
): Promise<TransactionInstruction> {
  return programs.instruction("dataCredits", "submitPrice", [priceE8], {
    priceFeed: priceFeedOf(dcConfig),
    epochRecord: epochRecordOf(dcConfig, epoch),
    dcConfig,
    oracle,
  });
}

/** Makes exactly so many data credits for a wallet by burning at most `mostAtoms` of the payer's tokens. */
export async function mintDataCredits(
  programs: Programs,
  network: NetworkAddresses,
  args: {
    readonly payer: PublicKey;
    readonly recipient: PublicKey;
    readonly epoch: bigint;
    readonly dataCredits: bigint;
    readonly mostAtoms: bigint;
  },
): Promise<readonly TransactionInstruction[]> {
  const { payer, recipient, epoch, dataCredits, mostAtoms } = args;
  const { dcConfig, dcMint, tokenMint } = network;
  const conversion = { exactDataCredits: { dataCredits, mostTokens: mostAtoms } };
  return [
    createAssociatedAccount(payer, recipient, dcMint, TOKEN_2022_PROGRAM_ID),
    await programs.instruction("dataCredits", "mintDataCredits", [conversion], {
      dcConfig,
      epochRecord: epochRecordOf(dcConfig, epoch),
      price: priceFeedOf(dcConfig),
      payer,
      tokenMint,
      tokenAccount: tokenAccountOf(network, payer),
      dcMint,
      recipient: dcAccountOf(network, recipient),
      dcGuard: guardOf(dcMint),
      guardProgram: PROGRAM_IDS.guard,
      tokenProgram: TOKEN_PROGRAM_ID,
      dcTokenProgram: TOKEN_2022_PROGRAM_ID,
    }),
  ];
}
