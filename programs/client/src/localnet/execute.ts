/** Executes a transaction and writes down what it did: balances before and after, its fee, the accounts it changed. */
import { isSameImage } from "./account-history.ts";
import type { OpenBlock } from "./block-history.ts";
import { loadAddresses } from "./lookup-table.ts";
import type { AccountImage, Svm } from "./svm.ts";
import { readMint, readTokenAccount, type TokenBalance } from "./token-account.ts";
import type { TransactionError } from "./transaction-error.ts";
import type { TransactionRecord } from "./transaction-store.ts";
import type { WireTransaction } from "./wire-transaction.ts";

export type Executed =
  | {
      readonly landed: true;
      readonly record: TransactionRecord;
      /** By address what stood in the accounts it changed; null: there was none. */
      readonly replaced: ReadonlyMap<string, AccountImage | null>;
    }
  /** Not worth a place in a block, and no fee taken. */
  | { readonly landed: false; readonly error: TransactionError };

/** Executes a transaction that may carry its blockhash and was not executed before, in the block that is open. */
export function execute(svm: Svm, transaction: WireTransaction, { slot, height }: OpenBlock): Executed {
  const loaded = loadAddresses(transaction, (address) => svm.account(address));
  const keys = [...transaction.staticKeys, ...loaded.writable, ...loaded.readonly];
  const before = keys.map((address) => svm.account(address));
  const preTokens = tokenBalances(svm, before);
  const outcome = svm.run(transaction.bytes);
  const after = keys.map((address) => svm.account(address));
  const preLamports = before.map((image) => image?.lamports ?? 0n);
  const postLamports = after.map((image) => image?.lamports ?? 0n);
  // Lamports only leave a transaction as its fee.
  const feeLamports = sumUnique(keys, preLamports) - sumUnique(keys, postLamports);
  if (outcome.error !== null && feeLamports === 0n) return { landed: false, error: outcome.error };
  const changed = keys.filter((_, index) => !isSameImage(before[index]!, after[index]!));
  const replaced = new Map(changed.map((address) => [address, before[keys.indexOf(address)]!]));
  const record: TransactionRecord = {
    transaction,
    slot,
    height,
    keys,
    loadedWritable: loaded.writable,
    loadedReadonly: loaded.readonly,
    changed,
    feeLamports,
    preLamports,
    postLamports,
    preTokens,
    postTokens: tokenBalances(svm, after),
    outcome,
  };
  return { landed: true, record, replaced };
}

function tokenBalances(svm: Svm, images: readonly (AccountImage | null)[]): TokenBalance[] {
  return images.flatMap((image, accountIndex) => {
    const account = readTokenAccount(image);
    const mint = account === null ? null : readMint(svm.account(account.mint));
    if (image === null || account === null || mint === null) return [];
    const { mint: mintAddress, owner, amount } = account;
    return [{ accountIndex, mint: mintAddress, owner, program: image.owner, amount, decimals: mint.decimals }];
  });
}

/** A table may load an account that is also a static key: it is counted once. */
function sumUnique(keys: readonly string[], lamports: readonly bigint[]): bigint {
  return lamports.reduce((sum, value, index) => (keys.indexOf(keys[index]!) === index ? sum + value : sum), 0n);
}
