/**
 * Keeps the price of a local network fresh, as a network's price oracles do: a record for every epoch, and the price said again before it is
 * too old, also after the clock was moved or the chain was off for days.
 */
import { Keypair, type TransactionInstruction } from "@solana/web3.js";
import type { NodeClock } from "../localnet/clock.ts";
import type { LocalNode } from "../localnet/node.ts";
import { epochRecordOf, priceFeedOf } from "../sdk/addresses.ts";
import type { NetworkAddresses } from "../sdk/create-network.ts";
import { openEpochRecord, submitPrice } from "../sdk/data-credits.ts";
import { Programs } from "../sdk/programs.ts";
import { OFFLINE, submitLocally } from "./submit-locally.ts";

const LOOK_EVERY_MS = 250;
/** The oldest a price gets, as a part of the oldest it may be. */
const FRESHNESS = 4n;

export interface PriceKeeperOptions {
  readonly node: LocalNode;
  readonly clock: NodeClock;
  readonly network: Pick<NetworkAddresses, "dcConfig">;
  /** Secret keys (64 bytes) of the price oracles. */
  readonly oracles: readonly Uint8Array[];
}

/** Starts; call the answer to stop. */
export function keepPriceFresh({ node, clock, network, oracles }: PriceKeeperOptions): () => void {
  const programs = new Programs(OFFLINE);
  const wallets = oracles.map((secret) => Keypair.fromSecretKey(secret));
  const at = network as NetworkAddresses;
  let isBusy = false;
  const look = async () => {
    const { chain } = node;
    const config = chain.account(at.dcConfig.toBase58());
    const feed = chain.account(priceFeedOf(at.dcConfig).toBase58());
    if (config === null || feed === null) return;
    const { epochSeconds } = programs.decode("dataCredits", "dcConfig", config.data);
    const { priceE8, updatedAt, maxSubmissionAgeS } = programs.decode("dataCredits", "priceFeed", feed.data);
    const now = BigInt(Math.floor(chain.blocks.open.unixMs / 1000));
    const epoch = now / BigInt(epochSeconds);
    const hasRecord = chain.account(epochRecordOf(at.dcConfig, epoch).toBase58()) !== null;
    const isFresh = (now - updatedAt) * FRESHNESS < BigInt(maxSubmissionAgeS);
    if ((hasRecord && isFresh) || priceE8 === 0n) return;
    const say = (wallet: Keypair, instruction: TransactionInstruction) =>
      void submitLocally(chain, programs, [instruction], [wallet]);
    const [first] = wallets as [Keypair];
    if (!hasRecord) say(first, await openEpochRecord(programs, at, first.publicKey, epoch));
    for (const wallet of wallets)
      say(wallet, await submitPrice(programs, at, { oracle: wallet.publicKey, epoch, priceE8 }));
  };
  return clock.every(LOOK_EVERY_MS, () => {
    if (isBusy) return;
    isBusy = true;
    // A refusal (a paused program, say) is tried again at the next look.
    look()
      .catch(() => {})
      .finally(() => {
        isBusy = false;
      });
  });
}
