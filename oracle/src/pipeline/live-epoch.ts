/**
 * The rules of one epoch, ready to judge single challenges while it lasts: who a key is, which challenge a beacon answers.
 *
 * Built once for an epoch and a state before it. A verdict needs nothing but its own challenge and that state, so judging a challenge
 * alone gives what closing the epoch gives, but for what only the whole log knows: forks of its senders, and copies in other logs.
 */
import {
  allocateColumns,
  beaconsTable,
  challengesTable,
  type EpochContext,
  type EpochInput,
  entropyTable,
  isPlaced,
  KeyIndex,
  NO_ROW,
  packetsTable,
  prepareEpoch,
  witnessesTable,
} from "@earshot/poc";
import { findChallenge, intervalStart, type VerifyKey } from "@earshot/poc/protocol";
import { type RegionPlan, regionPlans } from "@earshot/poc/radio";
import { usableKey } from "../load/senders.ts";
import type { EpochOpening } from "./epoch-facts.ts";
import { epochSpan } from "./epoch-times.ts";
import type { HandedOver } from "./handover.ts";

/** A challenge of the epoch as its beacon is held against it. */
export interface LiveChallenge {
  /** 32 bytes. */
  readonly challengeId: Uint8Array;
  readonly hotspot: number;
  readonly minute: number;
  readonly transmitOffsetMs: number;
  readonly frequencyHz: number;
  readonly dataRate: number;
}

/** E(m), or undefined while it is not known. */
export type EntropyOf = (minute: number) => Uint8Array | undefined;

export class LiveEpoch {
  readonly epoch: number;
  readonly startMs: number;
  readonly opening: EpochOpening;
  /** Without beacons and witnesses: live-judge.ts puts in those of one moment. */
  readonly context: EpochContext;
  readonly #entropyOf: EntropyOf;
  readonly #keys: KeyIndex;
  readonly #plans: readonly (RegionPlan | undefined)[];
  readonly #dataRates: ReadonlyMap<string, number>;
  readonly #imported = new Map<number, VerifyKey | null>();

  constructor(epoch: number, opening: EpochOpening, state: HandedOver, entropyOf: EntropyOf) {
    const { parameters, hotspots, network } = opening;
    this.epoch = epoch;
    this.opening = opening;
    this.startMs = epochSpan(epoch, parameters.time).startMs;
    this.#entropyOf = entropyOf;
    this.#keys = new KeyIndex(hotspots.key, 33, "hotspots.key");
    const plans: (RegionPlan | undefined)[] = [];
    for (const plan of regionPlans(parameters.radio.regionPlans)) plans[plan.number] = plan;
    this.#plans = plans;
    const { challenge } = parameters;
    const named = challenge.kind === "sortition" ? challenge.regionDataRates : [];
    this.#dataRates = new Map(named.map(({ region, dataRate }) => [region, dataRate]));
    const header = { epoch, network, previousManifestHash: "0".repeat(64), tokenPriceUsdE8: 1 };
    const input: EpochInput = {
      parameters,
      header,
      hotspots,
      entropy: allocateColumns(entropyTable, 0),
      challenges: allocateColumns(challengesTable, 0),
      beacons: allocateColumns(beaconsTable, 0),
      witnesses: allocateColumns(witnessesTable, 0),
      packets: allocateColumns(packetsTable, 0),
      ...state,
    };
    this.context = prepareEpoch(input);
  }

  /** Row of a hotspot, or NO_ROW. */
  hotspotOf(key: Uint8Array): number {
    const row = this.#keys.find(key, 0);
    return row < 0 ? NO_ROW : row;
  }

  /** The imported key of a hotspot; undefined where none can be used, or one under which nothing verifies. */
  keyOf(hotspot: number): VerifyKey | undefined {
    let key = this.#imported.get(hotspot);
    if (key === undefined) {
      key = usableKey(this.opening.hotspots.key.slice(hotspot * 33, (hotspot + 1) * 33));
      this.#imported.set(hotspot, key);
    }
    return key ?? undefined;
  }

  /** The challenge of this epoch that a hotspot's beacon, received at a moment, answers; undefined where it names none of its own that is known. */
  challengeOf(hotspot: number, challengeId: Uint8Array, receiveMs: number): LiveChallenge | undefined {
    const { time } = this.opening.parameters;
    const { startMs, endMs } = epochSpan(this.epoch, time);
    const latest = Math.min(receiveMs, endMs - 1);
    // An answer comes in the interval of its challenge or shortly after it.
    for (const atMs of [latest, latest - time.intervalMs]) {
      if (atMs < startMs) break;
      const start = intervalStart(Math.floor(atMs / time.entropyMs), time);
      const found = this.#challengeIn(hotspot, start);
      if (found !== undefined && Buffer.compare(found.challengeId, challengeId) === 0) return found;
    }
    return undefined;
  }

  #challengeIn(hotspot: number, start: number): LiveChallenge | undefined {
    const { hotspots, parameters } = this.opening;
    const mayProve =
      isPlaced(hotspots, hotspot, parameters) &&
      hotspots.capability[hotspot] !== 0 &&
      hotspots.suspended[hotspot] === 0;
    const plan = this.#plans[hotspots.region[hotspot]];
    if (!mayProve || plan === undefined || parameters.challenge.kind !== "sortition") return undefined;
    const key = hotspots.key.subarray(hotspot * 33, (hotspot + 1) * 33);
    const drawn = findChallenge(key, start, this.#entropyOf, parameters.time);
    if (drawn === undefined) return undefined;
    return {
      challengeId: drawn.challengeId,
      hotspot,
      minute: drawn.minute,
      transmitOffsetMs: drawn.transmitMs - this.startMs,
      frequencyHz: plan.channelsHz[drawn.channelDraw % plan.channelsHz.length],
      dataRate: this.#dataRates.get(plan.name) ?? parameters.challenge.dataRate,
    };
  }

  /** The entropy that witnesses of a challenge are sampled with, while it is not known undefined. */
  samplingEntropy({ transmitOffsetMs }: LiveChallenge): Uint8Array | undefined {
    const { time } = this.opening.parameters;
    const firstMinute = this.startMs / time.entropyMs;
    return this.#entropyOf(firstMinute + Math.floor((transmitOffsetMs + time.windowMs) / time.entropyMs) + 1);
  }
}
