/**
 * How a challenge may be transmitted here: channel, data rate and power within the region's rules, or the reason why not.
 *
 * Pure. Power is what the region allows at the antenna less the antenna's gain, in whole dBm and never rounded up. Air time over
 * an hour is not looked at here: the air-time ledger in the forwarder's way sees every transmission.
 */
import { BEACON_PAYLOAD_BYTES } from "@earshot/poc/protocol";
import {
  formatLoraDataRate,
  isLoraDataRate,
  isShortEnough,
  type RegionPlan,
  regionByName,
  regionRules,
  subBandOf,
  timeOnAirUs,
} from "@earshot/poc/radio";
import type { DrawnChallenge } from "./challenge-source.ts";

export interface RadioSetup {
  /** As poc names it: `EU868`. */
  readonly region: string;
  /** Antenna less cable, 0.1 dBi. */
  readonly antennaGainDdbi: number;
  /** The forwarder listens before it talks, as KR920 asks for. */
  readonly hasListenBeforeTalk: boolean;
}

export type BeaconRefusal =
  | "region_without_plan"
  | "region_mismatch"
  | "data_rate_mismatch"
  | "listen_before_talk"
  | "dwell_time"
  | "no_power_left";

export type BeaconPlan =
  | {
      readonly kind: "transmit";
      readonly frequencyHz: number;
      /** Data rate byte. */
      readonly dataRate: number;
      readonly conductedPowerDbm: number;
      readonly airTimeUs: number;
    }
  | { readonly kind: "refused"; readonly reason: BeaconRefusal; readonly detail: string };

/** What no concentrator reaches and FCC 15.247 does not allow more than: 30 dBm conducted. */
const MAX_CONDUCTED_DBM = 30;
/** Below this a beacon is heard by nobody; the antenna gain is wrong. */
const MIN_CONDUCTED_DBM = -10;

/** The plan for a challenge; `dataRate` is the network's data rate byte for the region. */
export function planBeacon(drawn: DrawnChallenge, dataRate: number, setup: RadioSetup): BeaconPlan {
  const plan = planOf(setup.region);
  if (plan === undefined) return refused("region_without_plan", setup.region);
  const { channelsHz } = plan;
  const frequencyHz = channelsHz[drawn.challenge.channelDraw % channelsHz.length]!;
  if (drawn.frequencyHz !== null && drawn.frequencyHz !== frequencyHz) {
    return refused("region_mismatch", `${setup.region} gives ${frequencyHz} Hz, the oracle ${drawn.frequencyHz} Hz`);
  }
  if (!isLoraDataRate(dataRate) || (drawn.dataRate !== null && drawn.dataRate !== dataRate)) {
    return refused("data_rate_mismatch", `${dataRate} by the parameters, ${drawn.dataRate} by the oracle`);
  }
  const airTimeUs = timeOnAirUs(BEACON_PAYLOAD_BYTES, dataRate);
  const rules = regionRules(plan.planName);
  if (rules?.needsListenBeforeTalk === true && !setup.hasListenBeforeTalk) {
    return refused("listen_before_talk", `${setup.region} asks for it`);
  }
  if (rules !== null && !isShortEnough(rules, airTimeUs)) {
    return refused("dwell_time", `${formatLoraDataRate(dataRate)} takes ${airTimeUs} us`);
  }
  const subBandDdbm = (rules === null ? null : subBandOf(rules, frequencyHz))?.maxEirpDdbm ?? plan.maxEirpDdbm;
  const maxEirpDdbm = Math.min(plan.maxEirpDdbm, subBandDdbm);
  const conductedPowerDbm = Math.min(MAX_CONDUCTED_DBM, Math.floor((maxEirpDdbm - setup.antennaGainDdbi) / 10));
  if (conductedPowerDbm < MIN_CONDUCTED_DBM) return refused("no_power_left", `${conductedPowerDbm} dBm`);
  return { kind: "transmit", frequencyHz, dataRate, conductedPowerDbm, airTimeUs };
}

function planOf(region: string): RegionPlan | undefined {
  try {
    return regionByName(region, "corrected");
  } catch {
    return undefined;
  }
}

function refused(reason: BeaconRefusal, detail: string): BeaconPlan {
  return { kind: "refused", reason, detail };
}
