/** An epoch closed by an oracle on a local chain, whose owner has a key to sign in with, and the explorer over both. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { NetworkParameters } from "@earshot/poc";
import type { NetworkAddresses } from "@earshot/programs-client";
import { Keypair } from "@solana/web3.js";
import { apiPart } from "../../src/api/api-part.ts";
import { ArchivedEpochs } from "../../src/api/epoch-source.ts";
import { readConfig } from "../../src/config/read-config.ts";
import { explorerPart } from "../../src/explorer/explorer-part.ts";
import { EpochArchive } from "../../src/pipeline/epoch-archive.ts";
import { epochSpan } from "../../src/pipeline/epoch-times.ts";
import { closedEpoch } from "../../src/pipeline/work-table.ts";
import { SYSTEM_CLOCK } from "../../src/service/clock.ts";
import { createHttpApp } from "../../src/service/http.ts";
import { SILENT_LOG } from "../../src/service/log.ts";
import { NetworkClock } from "../../src/service/network-clock.ts";
import { Telemetry } from "../../src/service/telemetry.ts";
import { chainPart } from "../../src/settlement/chain-part.ts";
import { tupleOf } from "../../src/settlement/settler.ts";
import { appendAll, ingest, openLog, putFacts, SmallPipeline } from "../pipeline/small-pipeline.ts";
import { type LocalNetwork, startLocalNetwork } from "../settlement/local-network.ts";
import { EPOCH, parameters, smallEpoch } from "../small-epoch.ts";

const ATOMS = 100_000_000n;
const { closesMs } = epochSpan(EPOCH, parameters.time);
const settledMs = closesMs + 13_000;
const owner = Keypair.fromSeed(new Uint8Array(32).fill(71));

export interface ChainWorld {
  readonly url: string;
  readonly chain: LocalNetwork;
  /** Owns the first hotspot and others, is paid for them, and holds tokens. */
  readonly owner: Keypair;
  /** Below the folder, as the oracle shows them. */
  readonly proposals: string;
  /** One oracle votes for the root that was computed. */
  vote(oracle: number): Promise<void>;
  /** Lets the time for a veto pass and makes the root final. */
  finalize(): Promise<void>;
  /** A file in the folder; gives its path. */
  write(name: string, content: string): string;
  stop(): Promise<void>;
}

export async function startChainWorld(folder: string): Promise<ChainWorld> {
  const chain = await startLocalNetwork([{ wallet: owner.publicKey, amountAtoms: 1_000n * ATOMS }], rulesOf);
  const pipeline = await SmallPipeline.open(folder);
  const log = await openLog(folder);
  const epoch = smallEpoch();
  giveTo(owner.publicKey.toBytes(), epoch.input.hotspots);
  await putFacts(pipeline.facts, { ...epoch.input, parameters: rulesOf(chain.addresses) }, { price: false });
  chain.warpTo(settledMs);
  const { settlement } = chain.oracles[0]!;
  await settlement.issue(BigInt(EPOCH));
  const { pool } = (await chain.oracles[0]!.epoch(EPOCH))!;
  await pipeline.facts.putClosing(EPOCH, { tokenPriceUsdE8: 1, budgetAtoms: String(pool) });
  await appendAll(log, epoch.records);
  await log.sealSegments(settledMs);
  pipeline.wallMs = settledMs;
  await pipeline.worker("only", [log]).run(EPOCH);
  const closed = tupleOf((await closedEpoch(pipeline.store, EPOCH))!);
  const { length, head } = await log.tip();
  await settlement.openLog(ingest.publicKey);
  await settlement.recordLogHead(BigInt(length), head);
  const proposals = join(folder, "proposals");
  mkdirSync(proposals);
  const app = createHttpApp({ maxConnections: 100, log: SILENT_LOG });
  const config = readConfig({ file: undefined, environment: {}, flags: [`chain.rpc=["${chain.url}"]`] });
  const { tokenMint, dcMint } = chain.addresses;
  const { store, artefacts } = pipeline;
  const networkClock = new NetworkClock(SYSTEM_CLOCK, SILENT_LOG);
  const parts = [
    apiPart({
      source: new ArchivedEpochs(new EpochArchive(artefacts), async () => [EPOCH]),
      nowMs: () => Date.now(),
      proposals,
    }),
    chainPart(
      { config, store, artefacts, clock: SYSTEM_CLOCK, networkClock, log: SILENT_LOG, telemetry: new Telemetry() },
      { tokenMint: tokenMint.toBytes(), dcMint: dcMint.toBytes() },
    ),
    explorerPart(),
  ];
  for (const { routes } of parts) await routes?.(app);
  return {
    url: await app.listen({ host: "127.0.0.1", port: 0 }),
    chain,
    owner,
    proposals,
    async vote(oracle) {
      await chain.oracles[oracle]!.settlement.vote(BigInt(EPOCH), closed);
    },
    async finalize() {
      chain.warpTo(settledMs + parameters.time.epochMs);
      await settlement.finalize(BigInt(EPOCH));
    },
    write(name, content) {
      const path = join(folder, name);
      writeFileSync(path, content);
      return path;
    },
    async stop() {
      await app.close();
      await log.close();
      await pipeline.close();
      await chain.stop();
    },
  };
}

/** Leaves of a root name the chain's distributor. */
function rulesOf({ distributor }: NetworkAddresses): NetworkParameters {
  return { ...parameters, rewards: { ...parameters.rewards, distributor: distributor.toBuffer().toString("hex") } };
}

/** Puts a wallet in the place of the first hotspot's owner, wherever that one stands. */
function giveTo(
  wallet: Uint8Array,
  { owner: owners, beneficiary }: ReturnType<typeof smallEpoch>["input"]["hotspots"],
) {
  const first = owners.slice(0, 32);
  for (const column of [owners, beneficiary]) {
    for (let at = 0; at < column.length; at += 32) {
      if (Buffer.compare(column.subarray(at, at + 32), first) === 0) column.set(wallet, at);
    }
  }
}
