/** What a beacon check may look at: one report, its sender, its challenge, as integers. */
import type { BeaconCheckName } from "../parameters/network-parameters.ts";

export interface BeaconFacts {
  meta: number;
  /** 0: signature and payload follow from the challenge; other values say what does not. */
  proofStatus: number;
  /** 1 when it is the sender's first report of the challenge, else 2. */
  place: number;
  /** Interval of the report, and the first one in which a beacon of this hotspot is due. */
  interval: number;
  firstInterval: number;
  receiveOffsetMs: number;
  zeroOffsetMs: number;
  firstOffsetMs: number;
  lastOffsetMs: number;
  frequencyHz: number;
  challengeFrequencyHz: number;
  frequencyToleranceHz: number;
  dataRate: number;
  challengeDataRate: number;
  eirpDdbm: number;
  maximumEirpDdbm: number;
}

/** One check: whether it fails, and the two figures of the verdict if it does. Pure; `name` is the reason. */
export interface BeaconCheck {
  readonly name: BeaconCheckName;
  fails(facts: BeaconFacts): boolean;
  measured(facts: BeaconFacts): number;
  limit(facts: BeaconFacts): number;
}

export function emptyBeaconFacts(): BeaconFacts {
  return {
    meta: 0,
    proofStatus: 0,
    place: 1,
    interval: 0,
    firstInterval: 0,
    receiveOffsetMs: 0,
    zeroOffsetMs: 0,
    firstOffsetMs: 0,
    lastOffsetMs: 0,
    frequencyHz: 0,
    challengeFrequencyHz: 0,
    frequencyToleranceHz: 0,
    dataRate: 0,
    challengeDataRate: 0,
    eirpDdbm: 0,
    maximumEirpDdbm: 0,
  };
}
