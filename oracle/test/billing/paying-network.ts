/** A local chain on which the small epochs' payer has a router account, and a pipeline whose closed epochs owe it bills. */
import { keyToText } from "@earshot/poc/protocol";
import {
  fundRouter,
  mintDataCredits,
  openEpochRecord,
  registerRouter,
  routerMessage,
  send,
  submitPrice,
} from "@earshot/programs-client";
import { Keypair } from "@solana/web3.js";
import { epochSpan } from "../../src/pipeline/epoch-times.ts";
import { appendAll, openLog, putFacts, SmallPipeline } from "../pipeline/small-pipeline.ts";
import { type LocalNetwork, startLocalNetwork } from "../settlement/local-network.ts";
import { EPOCH, parameters, type SmallEpoch, smallEpoch } from "../small-epoch.ts";

/** 0.5 USD. */
const PRICE_E8 = 50_000_000n;
const MINTED = 10_000n;
const ATOMS = 100_000_000n;

export const payerWallet = Keypair.fromSeed(new Uint8Array(32).fill(61));

export interface PayingNetwork {
  readonly chain: LocalNetwork;
  readonly pipeline: SmallPipeline;
  readonly epochs: readonly SmallEpoch[];
  /** Text form of the meter's key. */
  readonly routeKey: string;
  /** Puts data credits into the router's escrow. */
  fund(dataCredits: bigint): Promise<void>;
  stop(): Promise<void>;
}

/** The network, with `count` epochs closed; the router has an account and nothing in it. */
export async function startPayingNetwork(folder: string, count: number): Promise<PayingNetwork> {
  const chain = await startLocalNetwork([{ wallet: payerWallet.publicKey, amountAtoms: 1_000n * ATOMS }]);
  const epochs = [smallEpoch()];
  while (epochs.length < count) epochs.push(smallEpoch({ after: epochs.at(-1)! }));
  for (const { input } of epochs) input.payers.payer.set(payerWallet.publicKey.toBytes());
  const { meter } = epochs[0]!;
  await openRouter(chain, meter);
  const log = await openLog(folder);
  const pipeline = await SmallPipeline.open(folder);
  for (const [at, { input, records }] of epochs.entries()) {
    await putFacts(pipeline.facts, input);
    await appendAll(
      log,
      records.filter((record) => !epochs[at - 1]?.records.includes(record)),
    );
  }
  const last = EPOCH + count - 1;
  pipeline.wallMs = epochSpan(last, parameters.time).closesMs + 60_000;
  await log.sealSegments(pipeline.wallMs);
  await pipeline.worker("closer", [log]).run(last);
  // Bills are of the past.
  chain.warpTo(pipeline.wallMs);
  return {
    chain,
    pipeline,
    epochs,
    routeKey: keyToText(meter.publicKey),
    async fund(dataCredits) {
      const { programs } = chain.as();
      const args = { routeKey: meter.publicKey, payer: payerWallet.publicKey, dataCredits };
      await send(chain.as(payerWallet), [await fundRouter(programs, chain.addresses, args)]);
    },
    async stop() {
      await pipeline.close();
      await log.close();
      await chain.stop();
    },
  };
}

async function openRouter(chain: LocalNetwork, meter: SmallEpoch["meter"]): Promise<void> {
  const { addresses } = chain;
  const { programs } = chain.as();
  const payer = payerWallet.publicKey;
  const epoch = BigInt(EPOCH);
  await send(chain.as(payerWallet), [await openEpochRecord(programs, addresses, payer, epoch)]);
  for (const oracle of chain.wallets.slice(0, 2))
    await send(chain.as(oracle), [
      await submitPrice(programs, addresses, { oracle: oracle.publicKey, epoch, priceE8: PRICE_E8 }),
    ]);
  const mint = { payer, recipient: payer, epoch, dataCredits: MINTED, mostAtoms: 900n * ATOMS };
  await send(chain.as(payerWallet), await mintDataCredits(programs, addresses, mint));
  const signature = meter.sign(routerMessage(addresses, payer, 0));
  const args = { routeKey: meter.publicKey, signature, authority: payer, payer, oui: 0 };
  await send(chain.as(payerWallet), await registerRouter(programs, addresses, args));
}
