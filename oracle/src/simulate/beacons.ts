/**
 * The beacons of an epoch: what goes on the air, and what the beaconer reports of it.
 *
 * Challenged hotspots transmit what their challenge says, unless the power is off; faults change what is sent or what is told.
 * Times in ms since the start of the epoch.
 */
import { type Columns, type challengesTable, type NetworkParameters, NO_ROW } from "@earshot/poc";
import { type BeaconReport, beaconPayload, packDataRate, signBeacon } from "@earshot/poc/protocol";
import { type RegionPlan, regionByNumber } from "@earshot/poc/radio";
import {
  AMPLIFIER_DDBM,
  CHANNEL_SLIP_HZ,
  FAST_CLOCK_MS,
  LOST_BEACON_REPORT_SHARE,
  SPOILT_SHARE,
  UNASKED_BEACONS,
} from "./behaviour.ts";
import { isDark, type Outage } from "./outages.ts";
import { derive, type RandomStream, randomStream } from "./random.ts";
import type { Registry } from "./registry.ts";
import type { SimulatedHotspot, World } from "./world.ts";

export interface Transmission {
  /** Index of the beaconer in the world. */
  readonly hotspot: number;
  readonly atMs: number;
  readonly frequencyHz: number;
  readonly dataRate: number;
  readonly eirpDdbm: number;
  /** 24 bytes. */
  readonly payload: Uint8Array;
  /** Undefined when the device loses it before it is sealed. */
  readonly report: BeaconReport | undefined;
}

export interface EpochPlan {
  readonly world: World;
  readonly epoch: number;
  readonly parameters: NetworkParameters;
  readonly registry: Registry;
  readonly challenges: Columns<typeof challengesTable>;
  /** By index in the world. */
  readonly outages: readonly (Outage | undefined)[];
  /** How much of the epoch is played: what is sealed before this, ms since its start. */
  readonly untilMs: number;
}

/** What is on the air later than this after `untilMs` cannot touch what is sealed before it, ms: more than a frame lasts. */
const AIR_MARGIN_MS = 3000;

/** Whether something on the air at a moment belongs to what is played. */
export function isPlayed({ untilMs, parameters }: EpochPlan, atMs: number): boolean {
  return untilMs >= parameters.time.epochMs || atMs < untilMs + AIR_MARGIN_MS;
}

/** A hotspot that beacons without a challenge sends what the others do: SF10 at 125 kHz. */
const UNASKED_DATA_RATE = packDataRate(10, 125_000);

/** A beacon that was asked for, or not, before the hotspot's faults touch it. */
interface Occasion {
  readonly hotspot: number;
  readonly challengeId: Uint8Array;
  readonly atMs: number;
  readonly frequencyHz: number;
  readonly dataRate: number;
}

/** All transmissions, in no particular order. */
export function transmissionsOf(plan: EpochPlan): Transmission[] {
  const { world, epoch, outages } = plan;
  return [...challenged(plan), ...unasked(plan)].flatMap((occasion) => {
    if (!isPlayed(plan, occasion.atMs - FAST_CLOCK_MS.to)) return [];
    const hotspot = world.hotspots[occasion.hotspot];
    const stream = randomStream(world.seed, "beacon", hotspot.id, epoch, occasion.challengeId.toHex());
    const transmission = transmit(plan, occasion, hotspot, stream);
    const { attacker } = hotspot;
    if (attacker !== undefined && !stream.chance(attacker.onAirShare)) return [];
    return isDark(outages[occasion.hotspot], transmission.atMs) ? [] : [transmission];
  });
}

function* challenged({ challenges, registry }: EpochPlan): Generator<Occasion> {
  for (let row = 0; row < challenges.minute.length; row++) {
    yield {
      hotspot: registry.hotspotOf[challenges.hotspot[row]],
      challengeId: challenges.challenge_id.slice(row * 32, (row + 1) * 32),
      atMs: challenges.transmit_offset_ms[row],
      frequencyHz: challenges.frequency_hz[row],
      dataRate: challenges.data_rate[row],
    };
  }
}

function* unasked({ world, epoch, parameters, registry }: EpochPlan): Generator<Occasion> {
  for (const [index, { id, fault, radioRegion }] of world.hotspots.entries()) {
    if (fault !== "unasked_beacons" || registry.rowOf[index] === NO_ROW) continue;
    const stream = randomStream(world.seed, "unasked", id, epoch);
    const { channelsHz } = regionByNumber(radioRegion, parameters.radio.regionPlans);
    for (let count = 0; count < UNASKED_BEACONS; count++) {
      yield {
        hotspot: index,
        challengeId: derive(world.seed, ["unasked", id, epoch, count]),
        atMs: stream.below(parameters.time.epochMs),
        frequencyHz: channelsHz[stream.below(channelsHz.length)],
        dataRate: UNASKED_DATA_RATE,
      };
    }
  }
}

function transmit(
  { epoch, parameters }: EpochPlan,
  occasion: Occasion,
  { signer, site, fault, eirpDdbm, assertedRegion, radioRegion, attacker }: SimulatedHotspot,
  stream: RandomStream,
): Transmission {
  const { challengeId, hotspot } = occasion;
  const aheadMs = stream.between(FAST_CLOCK_MS.from, FAST_CLOCK_MS.to);
  const isLost = stream.chance(LOST_BEACON_REPORT_SHARE);
  const isSpoilt = stream.chance(SPOILT_SHARE);
  const signature = signBeacon(signer, challengeId);
  if (fault === "bad_signatures" && isSpoilt) signature[40] ^= 1;
  // Another's payload does not follow from a signature of one's own.
  if (attacker?.extra === "theft") signature.set(derive("theft", [challengeId.toHex()]), 0);
  const atMs = fault === "fast_clock" ? Math.max(0, occasion.atMs - aheadMs) : occasion.atMs;
  const plan = (region: number): RegionPlan => regionByNumber(region, parameters.radio.regionPlans);
  const own = plan(radioRegion);
  const channel = plan(assertedRegion).channelsHz.indexOf(occasion.frequencyHz);
  // A radio built for another region than the asserted one counts channels in its own.
  const frequencyHz =
    assertedRegion === radioRegion ? occasion.frequencyHz : own.channelsHz[channel % own.channelsHz.length];
  const power = fault === "amplifier" ? AMPLIFIER_DDBM : Math.min(eirpDdbm, own.maxEirpDdbm) - site.gainDdbi;
  const dataRate = fault === "wrong_data_rate" ? packDataRate(9, 125_000) : occasion.dataRate;
  return {
    hotspot,
    atMs,
    frequencyHz,
    dataRate: occasion.dataRate,
    eirpDdbm: power + site.gainDdbi + (attacker === undefined ? 0 : attacker.extraPowerDdb - attacker.hiddenLossDdb),
    payload: beaconPayload(challengeId, signature),
    report: isLost
      ? undefined
      : {
          challengeId,
          signature,
          transmitMs: epoch * parameters.time.epochMs + atMs,
          frequencyHz: frequencyHz + (fault === "wrong_channel" ? CHANNEL_SLIP_HZ : 0),
          dataRate,
          txPowerDdbm: power,
          tmst: stream.u32(),
        },
  };
}
