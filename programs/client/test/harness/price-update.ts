/** A Pyth price update account, as the receiver program would have written it. Layout: programs/data_credits/src/price/pyth.rs. */
import { PublicKey } from "@solana/web3.js";
import type { ChainAccount } from "./test-chain.ts";

export const PYTH_RECEIVER = new PublicKey("rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ");
export const PYTH_FEED = new Uint8Array(32).fill(0x50);

export interface PriceUpdate {
  /** Averaged price and its confidence, in units of 10^exponent USD. */
  readonly price: bigint;
  readonly confidence: bigint;
  readonly exponent: number;
  /** Unix seconds. */
  readonly publishedAt: bigint;
  readonly feed?: Uint8Array;
  /** 1 is full; 0 has a count of signatures after it. */
  readonly level?: number;
}

export function priceUpdateAccount(update: PriceUpdate): ChainAccount {
  const { price, confidence, exponent, publishedAt, feed = PYTH_FEED, level = 1 } = update;
  const data = Buffer.alloc(134);
  data.set([0x22, 0xf1, 0x23, 0x63, 0x9d, 0x7e, 0xf4, 0xcd]);
  data[40] = level;
  data.set(feed, 41);
  // The spot price is another one: nothing may read it.
  data.writeBigInt64LE(1n, 73);
  data.writeBigUInt64LE(1n, 81);
  data.writeInt32LE(exponent, 89);
  data.writeBigInt64LE(publishedAt, 93);
  data.writeBigInt64LE(publishedAt - 1n, 101);
  data.writeBigInt64LE(price, 109);
  data.writeBigUInt64LE(confidence, 117);
  return { lamports: 10_000_000n, owner: PYTH_RECEIVER, data: new Uint8Array(data) };
}
