/**
 * Draws the challenges of each interval as soon as all of its entropy is known: sortition hashes every hotspot with every minute, and
 * closing an epoch should not wait for that.
 *
 * An interval's challenges follow from entropy and registry alone, so a worker that dies or does it twice changes nothing. What is
 * missing when the epoch is closed is derived then.
 */
import { challengesTable, type EpochInput, type TimeParameters } from "@earshot/poc";
import { decodeTable, encodeTable } from "../epoch-folder/arrow.ts";
import { type ChallengeSource, deriveInterval, joinChallenges } from "../load/derive-challenges.ts";
import type { Db, Store } from "../ports/store.ts";
import type { EpochArchive } from "./epoch-archive.ts";
import type { EpochFacts } from "./epoch-facts.ts";
import { holdLease, type LeaseOptions } from "./hold-lease.ts";
import { intervalsOf, lastClosedEpoch, noteInterval } from "./work-table.ts";

export interface DeriverOptions {
  readonly store: Store;
  readonly archive: EpochArchive;
  readonly facts: EpochFacts;
  readonly time: TimeParameters;
  readonly firstEpoch: number;
  readonly lease: LeaseOptions;
}

export class IntervalDeriver {
  readonly #options: DeriverOptions;

  constructor(options: DeriverOptions) {
    this.#options = options;
  }

  /** Derives one interval of an open epoch that nobody has derived; false when there is none that can be. */
  async step(): Promise<boolean> {
    const { store, firstEpoch, time } = this.#options;
    const next = ((await lastClosedEpoch(store))?.epoch ?? firstEpoch - 1) + 1;
    for (const epoch of [next, next + 1]) {
      const known = await intervalsOf(store, epoch);
      for (let interval = 0; interval < time.epochMs / time.intervalMs; interval++) {
        if (!known.has(interval) && (await this.#derive(epoch, interval))) return true;
      }
    }
    return false;
  }

  async #derive(epoch: number, interval: number): Promise<boolean> {
    const { facts, archive, store, lease, time } = this.#options;
    const first = (epoch * time.epochMs + interval * time.intervalMs) / time.entropyMs;
    const steps = Math.ceil((time.intervalMs + time.windowMs) / time.entropyMs) + 1;
    const entropy = await facts.entropy(first, first + steps - 1);
    if (entropy.minute.length < steps) return false;
    const opening = await facts.opening(epoch);
    if (opening === undefined) return false;
    const done = await holdLease(lease, `interval/${epoch}/${interval}`, async (held) => {
      if ((await intervalsOf(store, epoch)).has(interval)) return true;
      const challenges = deriveInterval({ ...opening, header: { epoch }, entropy }, interval);
      if (challenges === undefined) return false;
      const sha256 = await archive.put(Buffer.concat(await encodeTable(challengesTable, challenges)));
      await noteInterval(store, held, { epoch, interval, sha256 });
      return true;
    });
    return done === true;
  }
}

/** All challenges of an epoch: the intervals that were derived, and the rest now. Throws ORC_BAD_ROW where entropy is missing. */
export async function challengesOfEpoch(
  db: Db,
  archive: EpochArchive,
  source: ChallengeSource,
): Promise<EpochInput["challenges"]> {
  const { epoch } = source.header;
  const { time } = source.parameters;
  const known = await intervalsOf(db, epoch);
  const parts: EpochInput["challenges"][] = [];
  for (let interval = 0; interval < time.epochMs / time.intervalMs; interval++) {
    const sha256 = known.get(interval);
    const part =
      sha256 === undefined
        ? deriveInterval(source, interval)
        : decodeTable(challengesTable, await archive.get(sha256), sha256);
    if (part !== undefined) parts.push(part);
  }
  return joinChallenges(parts);
}
