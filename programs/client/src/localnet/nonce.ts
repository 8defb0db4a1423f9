/** Durable nonces: a transaction may carry a nonce account's value instead of a blockhash if it first advances that account. */
import { base58 } from "./base58.ts";
import type { AccountImage } from "./svm.ts";
import type { WireTransaction } from "./wire-transaction.ts";

export const SYSTEM_PROGRAM = "11111111111111111111111111111111";
const ADVANCE_NONCE = 4;
/** u32 version, u32 state, 32 authority, 32 value, u64 fee. */
const NONCE_BYTES = 80;
const VALUE_OFFSET = 40;

/** Whether the transaction's blockhash is the value of the nonce account its first instruction advances. */
export function isNonceTransaction(
  { instructions, staticKeys, recentBlockhash }: WireTransaction,
  accountAt: (address: string) => AccountImage | null,
): boolean {
  const first = instructions[0];
  if (first === undefined || staticKeys[first.programIndex] !== SYSTEM_PROGRAM) return false;
  if (first.data.length < 4 || first.data[0] !== ADVANCE_NONCE || first.data.subarray(1, 4).some((byte) => byte !== 0))
    return false;
  const address = staticKeys[first.accounts[0] ?? staticKeys.length];
  const account = address === undefined ? null : accountAt(address);
  if (account === null || account.owner !== SYSTEM_PROGRAM || account.data.length !== NONCE_BYTES) return false;
  return account.data[4] === 1 && base58(account.data.subarray(VALUE_OFFSET, VALUE_OFFSET + 32)) === recentBlockhash;
}
