/**
 * Plays real hotspot positions through the rules and writes one epoch folder per epoch, chained by state.
 *
 * Every folder holds the raw sealed uploads and the tables that the loader of `oracle audit` makes of them; the state of an epoch is
 * what the engine made of the one before. Nothing depends on the clock or the machine: a seed is a network, byte for byte.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { buildManifest, earshot, manifestHash, type NetworkParameters, scoreEpoch } from "@earshot/poc";
import { EMPTY_CHAIN, NETWORK_NUMBERS } from "@earshot/poc/protocol";
import { readFailed } from "../epoch-folder/durable-file.ts";
import { type FolderInput, writeEpochInput } from "../epoch-folder/folder.ts";
import { FILES } from "../epoch-folder/layout.ts";
import { oracleError } from "../errors.ts";
import { deriveChallenges } from "../load/derive-challenges.ts";
import { type Intake, uploadsDigest } from "../load/intake.ts";
import { loadUploads } from "../load/load-uploads.ts";
import type { LogRecord } from "../log/segment-reader.ts";
import { SegmentWriter } from "../log/segment-writer.ts";
import type { EpochPlan } from "./beacons.ts";
import { type Network, playDay } from "./day.ts";
import { EntropySource } from "./entropy-source.ts";
import { type ChainedState, firstState } from "./first-state.ts";
import { parseHotspotsCsv } from "./hotspots-csv.ts";
import { outageOf } from "./outages.ts";
import { RadioModel } from "./radio-model.ts";
import { derive, randomStream } from "./random.ts";
import { registryOf } from "./registry.ts";
import { devicesOf, payerColumns, payersOf } from "./traffic.ts";
import type { ChainState, LoggedUpload } from "./uploader.ts";
import { buildWorld, type World } from "./world.ts";

export interface SimulateOptions {
  /** Path of the list; see hotspots-csv.ts. */
  readonly hotspotsCsv: string;
  /** Only hotspots around a place, within `radiusKm` (25). */
  readonly near?: { readonly latDeg: number; readonly lngDeg: number } | undefined;
  readonly radiusKm?: number | undefined;
  /** Epochs to play; a day each under `earshot`. */
  readonly days: number;
  readonly seed: string | number;
  /** Gets a folder `epoch-<number>` per epoch, none of which may be there. */
  readonly outDir: string;
  /** Default `earshot`. */
  readonly parameters?: NetworkParameters | undefined;
  /** Unix ms at which the first epoch begins, a whole number of epochs; default 2026-11-02. */
  readonly startMs?: number | undefined;
  /** Told now and then how much of the whole is done, and what is being done. */
  readonly onProgress?: ((done: number, total: number, label: string) => void) | undefined;
}

export interface SimulatedEpoch {
  readonly epoch: number;
  readonly folder: string;
  /** Rows of hotspots.arrow and challenges.arrow. */
  readonly hotspots: number;
  readonly challenges: number;
  readonly intake: Intake;
}

export interface SimulateResult {
  readonly epochs: readonly SimulatedEpoch[];
}

/** 2026-11-02T00:00:00Z. */
export const DEFAULT_START_MS = 1_793_577_600_000;
export const MAX_DAYS = 3660;
/** A price to convert data credits with, 1e-8 USD, and how far it strays from day to day. */
const TOKEN_PRICE_USD_E8 = { from: 45_000_000, to: 55_000_000 } as const;
const NO_MANIFEST = "0".repeat(64);
/** Progress steps of an epoch, and which of them playing it takes; loading, writing and scoring take the rest. */
const STEPS_PER_EPOCH = 100;
const PLAY_STEPS = 55;
const LOAD_STEPS = 85;

/** What a day hands on to the next. */
interface Handover {
  readonly state: ChainedState;
  readonly previousManifestHash: string;
  /** Uploads received after the last epoch's end, by sender; offsets from the start of the next. */
  readonly carried: readonly (readonly LoggedUpload[])[];
}

/**
 * Writes the folders. Throws ORC_BAD_HOTSPOTS for the list, ORC_BAD_OPTION for the options, ORC_READ_FAILED and ORC_WRITE_FAILED
 * for the disk.
 */
export async function simulate(options: SimulateOptions): Promise<SimulateResult> {
  const parameters = options.parameters ?? earshot;
  const firstEpoch = checkOptions(options, parameters);
  const { near, radiusKm, hotspotsCsv: path } = options;
  const listed = parseHotspotsCsv(path, readText(path));
  const world = buildWorld({ path, listed, near, radiusKm, seed: String(options.seed), firstEpoch });
  const network = buildNetwork(world, parameters);
  const entropy = new EntropySource(world.seed);
  const registry = registryOf(world, firstEpoch);
  let handover: Handover = {
    state: firstState(world, registry, network.links, parameters),
    previousManifestHash: NO_MANIFEST,
    carried: [],
  };
  const epochs: SimulatedEpoch[] = [];
  for (let day = 0; day < options.days; day++) {
    const progress = (steps: number, label: string) =>
      options.onProgress?.(
        day * STEPS_PER_EPOCH + Math.floor(steps),
        options.days * STEPS_PER_EPOCH,
        `epoch ${firstEpoch + day}: ${label}`,
      );
    const folder = join(options.outDir, `epoch-${firstEpoch + day}`);
    const played = await playEpoch(world, network, entropy, parameters, firstEpoch + day, handover, folder, progress);
    epochs.push(played.epoch);
    if (day + 1 < options.days) {
      progress(LOAD_STEPS + 5, "scoring");
      handover = scoreForNext(played.input, played.carried);
    }
    progress(STEPS_PER_EPOCH, "done");
  }
  return { epochs };
}

function checkOptions(
  { days, outDir, startMs = DEFAULT_START_MS }: SimulateOptions,
  parameters: NetworkParameters,
): number {
  if (!Number.isInteger(days) || days < 1 || days > MAX_DAYS) {
    throw oracleError("ORC_BAD_OPTION", `days: expected an integer from 1 to ${MAX_DAYS}, got ${days}`);
  }
  const firstEpoch = startMs / parameters.time.epochMs;
  if (!Number.isInteger(firstEpoch)) {
    throw oracleError(
      "ORC_BAD_OPTION",
      `start: ${startMs} ms is no start of an epoch of ${parameters.time.epochMs} ms`,
    );
  }
  if (parameters.challenge.kind !== "sortition") {
    throw oracleError("ORC_BAD_OPTION", `preset ${parameters.name}: only networks with sortition can be simulated`);
  }
  for (let day = 0; day < days; day++) {
    const folder = join(outDir, `epoch-${firstEpoch + day}`);
    if (existsSync(folder)) throw oracleError("ORC_BAD_OPTION", `${folder}: is there already; give another folder`);
  }
  return firstEpoch;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw readFailed(path, cause);
  }
}

function buildNetwork(world: World, parameters: NetworkParameters): Network {
  const { seed, hotspots } = world;
  const model = new RadioModel(
    hotspots.map(({ site }) => site),
    randomStream(seed, "radio"),
  );
  const payers = payersOf(world);
  return {
    model,
    links: hotspots.map(({ site }, index) => model.linksOf(site, index)),
    devices: devicesOf(world, model, parameters.time.epochMs),
    payers,
    chains: hotspots.map(({ id, firstEpoch }) => firstChain(seed, id, firstEpoch < world.firstEpoch)),
    meterChains: payers.map(({ name }) => firstChain(seed, `meter ${name}`, true)),
    networkNumber: NETWORK_NUMBERS.local,
  };
}

/** A sender that has been there for a while has a chain behind it, which the first epoch's log does not hold. */
function firstChain(seed: string, id: string, isOld: boolean): ChainState {
  const sequence = isOld ? randomStream(seed, "chain", id).between(1, 100_000) : EMPTY_CHAIN.sequence;
  const previousId = isOld ? derive(seed, ["chain head", id]) : EMPTY_CHAIN.id;
  return { sequence, previousId, freeMs: 0, isResumed: false };
}

async function playEpoch(
  world: World,
  network: Network,
  source: EntropySource,
  parameters: NetworkParameters,
  epoch: number,
  { state, previousManifestHash, carried }: Handover,
  folder: string,
  progress: (steps: number, label: string) => void,
): Promise<{ epoch: SimulatedEpoch; input: FolderInput; carried: readonly (readonly LoggedUpload[])[] }> {
  const { time } = parameters;
  progress(0, "drawing challenges");
  const registry = registryOf(world, epoch);
  const entropy = source.columns((epoch * time.epochMs) / time.entropyMs, entropySteps(parameters), time.entropyMs);
  const header = {
    epoch,
    network: network.networkNumber,
    previousManifestHash,
    tokenPriceUsdE8: randomStream(world.seed, "price", epoch).between(TOKEN_PRICE_USD_E8.from, TOKEN_PRICE_USD_E8.to),
  };
  const hotspots = registry.columns;
  const challenges = deriveChallenges({ header, parameters, hotspots, entropy })!;
  const outages = world.hotspots.map(({ id }) => outageOf(world.seed, id, epoch, time.epochMs));
  const plan: EpochPlan = { world, epoch, parameters, registry, challenges, outages };
  const played = playDay(plan, network, (share) => progress(5 + share * (PLAY_STEPS - 5), "playing"));
  endOfDay(network, time.epochMs);

  const records = logRecords(played, carried, epoch * time.epochMs, time.epochMs + time.graceMs);
  progress(PLAY_STEPS, "writing uploads");
  const writer = new SegmentWriter(join(folder, FILES.uploads));
  for (const { receiveMs, bytes } of records) writer.append(receiveMs, bytes);
  writer.close();
  const payers = payerColumns(network.payers);
  const loaded = loadUploads(records, {
    parameters,
    header,
    hotspots,
    challenges,
    payers,
    network: network.networkNumber,
    onProgress: (uploads) => {
      progress(PLAY_STEPS + ((LOAD_STEPS - PLAY_STEPS) * uploads) / records.length, "loading uploads");
    },
  });
  const { intake, ...reports } = loaded;
  const input: FolderInput = {
    parameters,
    header,
    hotspots,
    entropy,
    challenges,
    payers,
    ...state,
    ...reports,
    intake,
  };
  progress(LOAD_STEPS, "writing tables");
  await writeEpochInput(folder, input);
  return {
    epoch: { epoch, folder, hotspots: hotspots.region.length, challenges: challenges.minute.length, intake },
    input,
    carried: carriedOver(played, time.epochMs),
  };
}

/** Steps of entropy that an epoch needs: its own, and those in which the selections of its last challenges are drawn. */
function entropySteps({ time }: NetworkParameters): number {
  return Math.ceil((time.epochMs + time.windowMs) / time.entropyMs) + 1;
}

/** Times of the chains count from the start of the next epoch. */
function endOfDay({ chains, meterChains }: Network, epochMs: number): void {
  for (const chain of [...chains, ...meterChains]) chain.freeMs = Math.max(0, chain.freeMs - epochMs);
}

/** Everything an epoch's log holds, in order of arrival; of one millisecond in order of the senders. */
function logRecords(
  played: readonly (readonly LoggedUpload[])[],
  carried: readonly (readonly LoggedUpload[])[],
  startMs: number,
  openMs: number,
): LogRecord[] {
  const all = played.flatMap((own, sender) => [...(carried[sender] ?? []), ...own]);
  return all
    .filter(({ receiveOffsetMs }) => receiveOffsetMs < openMs)
    .sort((a, b) => a.receiveOffsetMs - b.receiveOffsetMs)
    .map(({ receiveOffsetMs, bytes }) => ({ receiveMs: startMs + receiveOffsetMs, bytes }));
}

/** Uploads received after the end: from the first one of a sender on that holds something of the next epoch. */
function carriedOver(played: readonly (readonly LoggedUpload[])[], epochMs: number): LoggedUpload[][] {
  return played.map((own) => {
    const after = own.filter(({ receiveOffsetMs }) => receiveOffsetMs >= epochMs);
    const first = after.findIndex(({ hasPackets }) => hasPackets);
    if (first === -1) return [];
    return after.slice(first).map((upload) => ({ ...upload, receiveOffsetMs: upload.receiveOffsetMs - epochMs }));
  });
}

function scoreForNext(input: FolderInput, carried: readonly (readonly LoggedUpload[])[]): Handover {
  const output = scoreEpoch(input);
  const { stateOut: stateIn, servedOut: servedIn, ledgerOut: ledgerIn } = output;
  const manifest = buildManifest(input, output, uploadsDigest(input.intake));
  return { state: { stateIn, servedIn, ledgerIn }, previousManifestHash: manifestHash(manifest), carried };
}
