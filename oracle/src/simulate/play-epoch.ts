/** Plays epochs, writes their folders, and says what the next one begins with. */
import { join } from "node:path";
import { manifestHash, type NetworkParameters, scoreEpoch } from "@earshot/poc";
import { type FolderInput, writeEpochInput } from "../epoch-folder/folder.ts";
import { FILES } from "../epoch-folder/layout.ts";
import { deriveChallenges } from "../load/derive-challenges.ts";
import type { Intake } from "../load/intake.ts";
import { loadUploads } from "../load/load-uploads.ts";
import type { LogRecord } from "../log/segment-reader.ts";
import { SegmentWriter } from "../log/segment-writer.ts";
import { folderManifest } from "../score/folder-manifest.ts";
import type { EpochPlan } from "./beacons.ts";
import { type Network, playDay } from "./day.ts";
import type { EntropySource } from "./entropy-source.ts";
import { logRecords, type UploadsBySender } from "./epoch-log.ts";
import type { ChainedState } from "./first-state.ts";
import { outageOf } from "./outages.ts";
import { randomStream } from "./random.ts";
import { registryOf } from "./registry.ts";
import { payerColumns } from "./traffic.ts";
import type { World } from "./world.ts";

/** What does not change from epoch to epoch. */
export interface Simulation {
  readonly world: World;
  readonly network: Network;
  readonly entropy: EntropySource;
  readonly parameters: NetworkParameters;
}

/** What an epoch hands on to the next besides uploads. */
export interface Handover {
  readonly state: ChainedState;
  readonly previousManifestHash: string;
}

export interface SimulatedEpoch {
  readonly epoch: number;
  readonly folder: string;
  /** Rows of hotspots.arrow and challenges.arrow. */
  readonly hotspots: number;
  readonly challenges: number;
  readonly intake: Intake;
}

/** An epoch that was played: its rules and draws, and what its senders sent. */
export interface PlayedEpoch {
  readonly epoch: number;
  readonly hotspots: FolderInput["hotspots"];
  readonly splits: NonNullable<FolderInput["splits"]>;
  readonly entropy: FolderInput["entropy"];
  readonly challenges: FolderInput["challenges"];
  readonly uploads: UploadsBySender;
}

export interface WrittenEpoch {
  readonly summary: SimulatedEpoch;
  readonly input: FolderInput;
}

/** Progress within an epoch: percent done, and what is being done. */
export type EpochProgress = (percent: number, label: string) => void;

/** Shares of an epoch's time, percent: playing ends, loading ends; writing and scoring take the rest. */
export const PLAYED_PERCENT = 50;
const LOADED_PERCENT = 92;
/** A price to convert data credits with, 1e-8 USD, and how far it strays from epoch to epoch. */
const TOKEN_PRICE_USD_E8 = { from: 45_000_000, to: 55_000_000 } as const;

/**
 * Plays `epoch` and moves the network to its end. With `untilMs` only its beginning is played, exactly as the whole would begin:
 * what is sealed before `untilMs`; the network is then of no further use.
 */
export function playEpoch(
  { world, network, entropy: source, parameters }: Simulation,
  epoch: number,
  progress: EpochProgress,
  untilMs?: number,
): PlayedEpoch {
  const { time } = parameters;
  progress(0, "drawing challenges");
  const registry = registryOf(world, epoch);
  const hotspots = registry.columns;
  const spanMs =
    untilMs === undefined
      ? time.epochMs
      : Math.min(time.epochMs, Math.ceil(untilMs / time.intervalMs) * time.intervalMs);
  const firstMinute = (epoch * time.epochMs) / time.entropyMs;
  const entropy = source.columns(firstMinute, entropySteps(parameters, spanMs), time.entropyMs);
  // Sortition is what `simulate` insists on, so there are challenges.
  const challenges = deriveChallenges({ header: { epoch }, parameters, hotspots, entropy }, spanMs)!;
  const outages = world.hotspots.map(({ id }) => outageOf(world.seed, id, epoch, time.epochMs));
  const plan: EpochPlan = {
    world,
    epoch,
    parameters,
    registry,
    challenges,
    outages,
    untilMs: untilMs ?? time.epochMs,
  };
  const uploads = playDay(plan, network, (share) => progress(share * PLAYED_PERCENT, "playing"));
  return { epoch, hotspots, splits: registry.splits, entropy, challenges, uploads };
}

/** Writes the input half of an epoch's folder from the log that its ingest has. Throws ORC_WRITE_FAILED. */
export async function writeEpoch(
  { world, network, parameters }: Simulation,
  { epoch, hotspots, splits, entropy, challenges, uploads }: PlayedEpoch,
  around: { readonly carried: UploadsBySender; readonly next: UploadsBySender },
  { state, previousManifestHash }: Handover,
  folder: string,
  progress: EpochProgress,
): Promise<WrittenEpoch> {
  const { time } = parameters;
  const header = {
    epoch,
    network: network.networkNumber,
    previousManifestHash,
    tokenPriceUsdE8: randomStream(world.seed, "price", epoch).between(TOKEN_PRICE_USD_E8.from, TOKEN_PRICE_USD_E8.to),
  };
  progress(PLAYED_PERCENT, "writing uploads");
  const records = logRecords({ ...around, played: uploads }, epoch * time.epochMs, time.epochMs, time.graceMs);
  writeLog(join(folder, FILES.uploads), records);
  const payers = payerColumns(network.payers);
  const span = LOADED_PERCENT - PLAYED_PERCENT;
  const source = { parameters, header, hotspots, challenges, payers, ...state };
  const loaded = loadUploads(records, {
    ...source,
    network: network.networkNumber,
    onProgress: (done) => progress(PLAYED_PERCENT + (span * done) / records.length, "loading uploads"),
  });
  const input: FolderInput = { ...source, splits, entropy, ...loaded };
  progress(LOADED_PERCENT, "writing tables");
  await writeEpochInput(folder, input);
  const rows = { hotspots: hotspots.region.length, challenges: challenges.minute.length };
  return { summary: { epoch, folder, ...rows, intake: loaded.intake }, input };
}

/** Scores an epoch for what the next one begins with; its folder stays without results, which are `oracle score`'s to write. */
export function handOver({ input }: WrittenEpoch): Handover {
  const output = scoreEpoch(input);
  const { stateOut: stateIn, servedOut: servedIn, ledgerOut: ledgerIn, suspicionOut: suspicionIn } = output;
  const { chainsOut: chainsIn, pendingOut: pendingIn, judgedOut: judgedIn } = input;
  return {
    state: {
      ...{ stateIn, servedIn, ledgerIn, chainsIn, pendingIn, judgedIn },
      ...(suspicionIn === undefined ? {} : { suspicionIn }),
    },
    previousManifestHash: manifestHash(folderManifest(input, output)),
  };
}

function writeLog(folder: string, records: readonly LogRecord[]): void {
  const writer = new SegmentWriter(folder);
  for (const { receiveMs, bytes } of records) writer.append(receiveMs, bytes);
  writer.close();
}

/** Steps of entropy for the challenges of `spanMs`: their own, and those in which the selections of the last ones are drawn. */
function entropySteps({ time }: NetworkParameters, spanMs: number): number {
  return Math.ceil((spanMs + time.windowMs) / time.entropyMs) + 1;
}
