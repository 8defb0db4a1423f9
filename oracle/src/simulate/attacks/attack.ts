/** What an attacking hotspot does differently: its place, its radio, and its reports. */
import type { AttackName, AttackStrength } from "@earshot/fixtures";
import type { RadioSite } from "../radio-model.ts";

export interface Attack {
  readonly name: AttackName;
  readonly strength: AttackStrength;
  /** Share of the hotspots of the world that attack, 0 to 1. */
  readonly share: number;
  /** How much of it they dare, 0 to 1: an adaptive attacker turns this down until the detectors' state stays quiet. */
  readonly intensity: number;
  /** They are enlisted and do nothing: what the same hotspots would earn by honest work. */
  readonly isRehearsal?: boolean;
}

/** What its reports say of RSSI and SNR: the truth, one value for all, or what fits the asserted places. */
export type Figures = "true" | "constant" | "fitting";

/** Beacons it reports without hearing them: none, of its group, heard by its group, or all. */
export type Claims = "none" | "of_group" | "heard_by_group" | "all";

export type Extra = "replay" | "theft" | "receipts" | "self_traffic" | "junk" | "repeats" | "ground_key";

export interface AttackRole {
  /** Attackers that share what they know. */
  readonly group: number;
  /** Power on the air beyond what is reported, 0.1 dB. */
  readonly extraPowerDdb: number;
  /** Constant loss in the lead of its antenna that it does not report, 0.1 dB. */
  readonly hiddenLossDdb: number;
  /** Has no radio at all: nobody hears it, it hears nobody. */
  readonly isInvented: boolean;
  /** Share of its challenges that it answers on the air. */
  readonly onAirShare: number;
  /** Another place where the same key receives. */
  readonly secondSite: RadioSite | undefined;
  readonly figures: Figures;
  readonly claims: Claims;
  /** Claims reach up to this asserted distance, m, and this share of them is made. */
  readonly claimWithinM: number;
  readonly claimShare: number;
  readonly extra: Extra | undefined;
}

export const HONEST_ROLE: Omit<AttackRole, "group"> = {
  extraPowerDdb: 0,
  hiddenLossDdb: 0,
  isInvented: false,
  onAirShare: 1,
  secondSite: undefined,
  figures: "true",
  claims: "none",
  claimWithinM: 0,
  claimShare: 0,
  extra: undefined,
};
