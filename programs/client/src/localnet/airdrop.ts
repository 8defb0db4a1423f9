/** The faucet's transaction: a transfer and a memo with a number, so that no two are the same. */
import { fromBase58Sized } from "./base58.ts";
import type { LocalKeypair } from "./keypair.ts";
import { SYSTEM_PROGRAM } from "./nonce.ts";

const MEMO_PROGRAM = "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr";
const TRANSFER = 2;

/** A signed legacy transaction. The address must be a valid one. */
export function airdropTransaction(
  faucet: LocalKeypair,
  {
    address,
    lamports,
    blockhash,
    number,
  }: {
    readonly address: string;
    readonly lamports: bigint;
    readonly blockhash: string;
    readonly number: number;
  },
): Uint8Array {
  const transfer = new Uint8Array(12);
  const view = new DataView(transfer.buffer);
  view.setUint32(0, TRANSFER, true);
  view.setBigUint64(4, lamports, true);
  const memo = new TextEncoder().encode(`airdrop ${number}`);
  const keys = [faucet.publicKey, ...[address, SYSTEM_PROGRAM, MEMO_PROGRAM].map((key) => fromBase58Sized(key, 32)!)];
  const message = Uint8Array.from([
    ...[1, 0, 2],
    keys.length,
    ...keys.flatMap((key) => [...key]),
    ...fromBase58Sized(blockhash, 32)!,
    2,
    ...[2, 2, 0, 1, transfer.length, ...transfer],
    ...[3, 0, memo.length, ...memo],
  ]);
  return Uint8Array.from([1, ...faucet.sign(message), ...message]);
}
