/** Plays one epoch, writes its folder, and says what the next one begins with. */
import { join } from "node:path";
import { buildManifest, manifestHash, type NetworkParameters, scoreEpoch } from "@earshot/poc";
import { type FolderInput, writeEpochInput } from "../epoch-folder/folder.ts";
import { FILES } from "../epoch-folder/layout.ts";
import { deriveChallenges } from "../load/derive-challenges.ts";
import { type Intake, uploadsDigest } from "../load/intake.ts";
import { loadUploads } from "../load/load-uploads.ts";
import type { LogRecord } from "../log/segment-reader.ts";
import { SegmentWriter } from "../log/segment-writer.ts";
import type { EpochPlan } from "./beacons.ts";
import { type Network, playDay } from "./day.ts";
import type { EntropySource } from "./entropy-source.ts";
import { carriedOver, logRecords } from "./epoch-log.ts";
import type { ChainedState } from "./first-state.ts";
import { outageOf } from "./outages.ts";
import { randomStream } from "./random.ts";
import { registryOf } from "./registry.ts";
import { payerColumns } from "./traffic.ts";
import type { LoggedUpload } from "./uploader.ts";
import type { World } from "./world.ts";

/** What does not change from epoch to epoch. */
export interface Simulation {
  readonly world: World;
  readonly network: Network;
  readonly entropy: EntropySource;
  readonly parameters: NetworkParameters;
}

/** What an epoch hands on to the next. */
export interface Handover {
  readonly state: ChainedState;
  readonly previousManifestHash: string;
  /** Uploads received after the last epoch's end, by sender; offsets from the start of the next. */
  readonly carried: readonly (readonly LoggedUpload[])[];
}

export interface SimulatedEpoch {
  readonly epoch: number;
  readonly folder: string;
  /** Rows of hotspots.arrow and challenges.arrow. */
  readonly hotspots: number;
  readonly challenges: number;
  readonly intake: Intake;
}

export interface PlayedEpoch {
  readonly summary: SimulatedEpoch;
  readonly input: FolderInput;
  readonly carried: readonly (readonly LoggedUpload[])[];
}

/** Progress within an epoch: percent done, and what is being done. */
export type EpochProgress = (percent: number, label: string) => void;

/** Shares of an epoch's time, percent: playing ends, loading ends; writing and scoring take the rest. */
const PLAYED_PERCENT = 50;
const LOADED_PERCENT = 92;
/** A price to convert data credits with, 1e-8 USD, and how far it strays from epoch to epoch. */
const TOKEN_PRICE_USD_E8 = { from: 45_000_000, to: 55_000_000 } as const;

/** Plays `epoch` and writes the input half of its folder. Throws ORC_WRITE_FAILED. */
export async function playEpoch(
  { world, network, entropy: source, parameters }: Simulation,
  epoch: number,
  { state, previousManifestHash, carried }: Handover,
  folder: string,
  progress: EpochProgress,
): Promise<PlayedEpoch> {
  const { time } = parameters;
  progress(0, "drawing challenges");
  const registry = registryOf(world, epoch);
  const hotspots = registry.columns;
  const entropy = source.columns((epoch * time.epochMs) / time.entropyMs, entropySteps(parameters), time.entropyMs);
  const header = {
    epoch,
    network: network.networkNumber,
    previousManifestHash,
    tokenPriceUsdE8: randomStream(world.seed, "price", epoch).between(TOKEN_PRICE_USD_E8.from, TOKEN_PRICE_USD_E8.to),
  };
  // Sortition is what `simulate` insists on, so there are challenges.
  const challenges = deriveChallenges({ header, parameters, hotspots, entropy })!;
  const outages = world.hotspots.map(({ id }) => outageOf(world.seed, id, epoch, time.epochMs));
  const plan: EpochPlan = {
    world,
    epoch,
    parameters,
    registry,
    challenges,
    outages,
  };
  const played = playDay(plan, network, (share) => progress(share * PLAYED_PERCENT, "playing"));
  endOfDay(network, time.epochMs);

  progress(PLAYED_PERCENT, "writing uploads");
  const records = logRecords(played, carried, epoch * time.epochMs, time.epochMs + time.graceMs);
  writeLog(join(folder, FILES.uploads), records);
  const payers = payerColumns(network.payers);
  const span = LOADED_PERCENT - PLAYED_PERCENT;
  const loaded = loadUploads(records, {
    parameters,
    header,
    hotspots,
    challenges,
    payers,
    network: network.networkNumber,
    onProgress: (done) => progress(PLAYED_PERCENT + (span * done) / records.length, "loading uploads"),
  });
  const input: FolderInput = { parameters, header, hotspots, entropy, challenges, payers, ...state, ...loaded };
  progress(LOADED_PERCENT, "writing tables");
  await writeEpochInput(folder, input);
  const rows = { hotspots: hotspots.region.length, challenges: challenges.minute.length };
  return {
    summary: { epoch, folder, ...rows, intake: loaded.intake },
    input,
    carried: carriedOver(played, time.epochMs),
  };
}

/** Scores an epoch for what the next one begins with; its folder stays without results, which are `oracle score`'s to write. */
export function handOver({ input, carried }: PlayedEpoch): Handover {
  const output = scoreEpoch(input);
  const { stateOut: stateIn, servedOut: servedIn, ledgerOut: ledgerIn } = output;
  const manifest = buildManifest(input, output, uploadsDigest(input.intake));
  return { state: { stateIn, servedIn, ledgerIn }, previousManifestHash: manifestHash(manifest), carried };
}

function writeLog(folder: string, records: readonly LogRecord[]): void {
  const writer = new SegmentWriter(folder);
  for (const { receiveMs, bytes } of records) writer.append(receiveMs, bytes);
  writer.close();
}

/** Steps of entropy that an epoch needs: its own, and those in which the selections of its last challenges are drawn. */
function entropySteps({ time }: NetworkParameters): number {
  return Math.ceil((time.epochMs + time.windowMs) / time.entropyMs) + 1;
}

/** Times of the chains count from the start of the next epoch. */
function endOfDay({ chains, meterChains }: Network, epochMs: number): void {
  for (const chain of [...chains, ...meterChains]) chain.freeMs = Math.max(0, chain.freeMs - epochMs);
}
