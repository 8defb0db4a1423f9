/** `jsonParsed` for the accounts wallets ask about: token accounts and mints of both token programs. Others stay bytes, as in Solana. */
import type { AccountImage } from "../svm.ts";
import {
  type Mint,
  readMint,
  readTokenAccount,
  TOKEN_PROGRAM,
  type TokenAccount,
  uiTokenAmount,
} from "../token-account.ts";
import type { JsonObject } from "./params.ts";

/** The parsed data field, or null where it has to be encoded. */
export function parsedAccount(image: AccountImage, mintDecimals: (mint: string) => number | null): JsonObject | null {
  const program = image.owner === TOKEN_PROGRAM ? "spl-token" : "spl-token-2022";
  const mint = readMint(image);
  if (mint !== null) return { program, parsed: { type: "mint", info: mintInfo(mint) }, space: image.data.length };
  const account = readTokenAccount(image);
  const decimals = account === null ? null : mintDecimals(account.mint);
  if (account === null || decimals === null) return null;
  return { program, parsed: { type: "account", info: accountInfo(account, decimals) }, space: image.data.length };
}

function mintInfo({ supply, ...mint }: Mint): JsonObject {
  return { ...mint, supply: supply.toString() };
}

function accountInfo(account: TokenAccount, decimals: number): JsonObject {
  const { mint, owner, amount, delegate, state, nativeReserve, delegatedAmount, closeAuthority } = account;
  return {
    mint,
    owner,
    state,
    isNative: nativeReserve !== null,
    tokenAmount: uiTokenAmount(amount, decimals),
    ...(delegate === null ? {} : { delegate, delegatedAmount: uiTokenAmount(delegatedAmount, decimals) }),
    ...(closeAuthority === null ? {} : { closeAuthority }),
    ...(nativeReserve === null ? {} : { rentExemptReserve: uiTokenAmount(nativeReserve, decimals) }),
  };
}
