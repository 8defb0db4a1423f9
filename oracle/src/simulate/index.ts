/**
 * Plays real hotspot positions through the rules and writes one epoch folder per epoch, chained by state.
 *
 * Every folder holds the raw sealed uploads that an ingest received from the start of the epoch to the end of its grace time, and the
 * tables that the loader of `oracle audit` makes of them; so the beginning of each next epoch is played before a folder is written.
 * An epoch begins with what loading and judging the one before left. Nothing depends on the clock or the machine: a seed is a
 * network, byte for byte.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { earshot, type NetworkParameters } from "@earshot/poc";
import { EMPTY_CHAIN, NETWORK_NUMBERS } from "@earshot/poc/protocol";
import { readFailed } from "../epoch-folder/durable-file.ts";
import { oracleError } from "../errors.ts";
import type { Attack } from "./attacks/attack.ts";
import { AttackCrew } from "./attacks/crew.ts";
import { enlist } from "./attacks/enlist.ts";
import type { Network } from "./day.ts";
import { EntropySource } from "./entropy-source.ts";
import { carriedOver, type UploadsBySender } from "./epoch-log.ts";
import { firstState } from "./first-state.ts";
import { hide } from "./hide.ts";
import { parseHotspotsCsv } from "./hotspots-csv.ts";
import {
  type EpochProgress,
  type Handover,
  handOver,
  PLAYED_PERCENT,
  playEpoch,
  type SimulatedEpoch,
  writeEpoch,
} from "./play-epoch.ts";
import { RadioModel } from "./radio-model.ts";
import { derive, randomStream } from "./random.ts";
import { registryOf } from "./registry.ts";
import { devicesOf, payersOf } from "./traffic.ts";
import type { ChainState } from "./uploader.ts";
import { buildWorld, type World } from "./world.ts";

export type { Attack } from "./attacks/attack.ts";
export type { SimulatedEpoch } from "./play-epoch.ts";

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
  /** Hotspots that attack, in place of honest ones of the list. */
  readonly attack?: Attack | undefined;
  /** Part of the placed hotspots that keep their place private, 0 to 1. */
  readonly privateShare?: number | undefined;
  /** False leaves devices and their packets out. */
  readonly packets?: boolean | undefined;
  /** Default `earshot`. */
  readonly parameters?: NetworkParameters | undefined;
  /** Unix ms at which the first epoch begins, a whole number of epochs; default 2026-11-02. */
  readonly startMs?: number | undefined;
  /** Told now and then how much of the whole is done, and what is being done. */
  readonly onProgress?: ((done: number, total: number, label: string) => void) | undefined;
}

export interface SimulateResult {
  readonly epochs: readonly SimulatedEpoch[];
  readonly world: World;
}

/** 2026-11-02T00:00:00Z. */
export const DEFAULT_START_MS = 1_793_577_600_000;
export const MAX_DAYS = 3660;
const NO_MANIFEST = "0".repeat(64);
/** Progress steps of an epoch. */
const STEPS = 100;

/**
 * Writes the folders. Throws ORC_BAD_HOTSPOTS for the list, ORC_BAD_OPTION for the options, ORC_READ_FAILED and ORC_WRITE_FAILED
 * for the disk.
 */
export async function simulate(options: SimulateOptions): Promise<SimulateResult> {
  const parameters = options.parameters ?? earshot;
  const firstEpoch = checkOptions(options, parameters);
  const { near, radiusKm, hotspotsCsv: path, days } = options;
  const listed = parseHotspotsCsv(path, readText(path));
  const built = buildWorld({ path, listed, near, radiusKm, seed: String(options.seed), firstEpoch });
  const manned = options.attack === undefined ? built : enlist(built, options.attack);
  const world = hide(manned, options.privateShare ?? 0);
  const network = buildNetwork(world, parameters, options.packets ?? true);
  const simulation = { world, network, entropy: new EntropySource(world.seed), parameters };
  let handover: Handover = {
    state: firstState(simulation, registryOf(world, firstEpoch)),
    previousManifestHash: NO_MANIFEST,
  };
  const steps = (day: number, percent: number) => day * STEPS + Math.floor((percent * STEPS) / 100);
  const progressOf =
    (day: number): EpochProgress =>
    (percent, label) =>
      options.onProgress?.(steps(day, percent), days * STEPS, `epoch ${firstEpoch + day}: ${label}`);
  const epochs: SimulatedEpoch[] = [];
  let carried: UploadsBySender = [];
  // On the first day two epochs are played before anything is written, if there are two.
  let played = playEpoch(
    simulation,
    firstEpoch,
    within(progressOf(0), 0, days === 1 ? PLAYED_PERCENT : PLAYED_PERCENT / 2),
  );
  for (let day = 0; day < days; day++) {
    const { epoch } = played;
    const isLast = day + 1 === days;
    const playing = within(progressOf(day), day === 0 ? PLAYED_PERCENT / 2 : 0, PLAYED_PERCENT);
    const next = isLast
      ? playEpoch(simulation, epoch + 1, () => {}, parameters.time.graceMs)
      : playEpoch(simulation, epoch + 1, playing);
    const around = { carried, next: next.uploads };
    const folder = folderOf(options.outDir, epoch);
    const written = await writeEpoch(simulation, played, around, handover, folder, progressOf(day));
    epochs.push(written.summary);
    if (!isLast) handover = handOver(written);
    carried = carriedOver({ carried, played: played.uploads }, parameters.time.epochMs);
    played = next;
    progressOf(day)(100, "done");
  }
  return { epochs, world };
}

/** A progress whose percents of playing run from one percent to another. */
function within(progress: EpochProgress, from: number, to: number): EpochProgress {
  return (percent, label) => progress(from + ((to - from) * percent) / PLAYED_PERCENT, label);
}

function folderOf(outDir: string, epoch: number): string {
  return join(outDir, `epoch-${epoch}`);
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
    const folder = folderOf(outDir, firstEpoch + day);
    if (existsSync(folder)) throw oracleError("ORC_BAD_OPTION", `${folder}: is there already; give another folder`);
  }
  return firstEpoch;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw readFailed(path, cause, "expected a list of hotspots");
  }
}

function buildNetwork(world: World, parameters: NetworkParameters, hasPackets: boolean): Network {
  const { seed, hotspots } = world;
  const crew = hotspots.some(({ attacker }) => attacker !== undefined) ? new AttackCrew(world) : undefined;
  const sites = [...hotspots.map(({ site }) => site), ...(crew?.secondSites ?? [])];
  const model = new RadioModel(sites, randomStream(seed, "radio"));
  const payers = payersOf(world);
  return {
    model,
    links: hotspots.map(({ site }, index) => model.linksOf(site, index)),
    crew,
    devices: hasPackets ? devicesOf(world, model, parameters.time.epochMs) : [],
    payers,
    chains: hotspots.map(({ id, firstEpoch }) => firstChain(seed, id, firstEpoch < world.firstEpoch)),
    meterChains: payers.map(({ name }) => firstChain(seed, `meter ${name}`, true)),
    unsent: hotspots.map(() => []),
    unconfirmed: payers.map(() => []),
    networkNumber: NETWORK_NUMBERS.local,
  };
}

/** A sender that has been there for a while has a chain behind it: its head is in the first epoch's chains-in.arrow. */
function firstChain(seed: string, id: string, isOld: boolean): ChainState {
  const sequence = isOld ? randomStream(seed, "chain", id).between(1, 100_000) : EMPTY_CHAIN.sequence;
  const previousId = isOld ? derive(seed, ["chain head", id]) : EMPTY_CHAIN.id;
  return { sequence, previousId, freeMs: 0, isResumed: false };
}
