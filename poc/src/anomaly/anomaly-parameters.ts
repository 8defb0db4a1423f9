/**
 * Rules of the detectors as data: part of NetworkParameters, absent where a network has none (`helium`).
 *
 * Integers only; shares in 1e-4, signal levels and losses in 0.1 dB, distances in m. How the values of the `earshot` preset were
 * found, and what they let through, stands in docs/reference/spoofing.md.
 */

/** From `fromM` on, a link that loses less than `excessDdb` beyond free space speaks against its place. */
export interface PlacementBand {
  readonly fromM: number;
  readonly excessDdb: number;
}

export interface PlacementParameters {
  /** Ascending by `fromM`, the first from 0. */
  readonly bands: readonly PlacementBand[];
  /** An accusing link that loses less than this beyond free space is certain, 0.1 dB; so many voters are enough when they all see one. */
  readonly certainDdb: number;
  readonly certainVoters: number;
}

/** Both directions of a link lose the same: where they differ by more, one end's figures are not true. */
export interface ReciprocityDetectorParameters {
  readonly toleranceDdb: number;
  /** Receptions each way from which on a single link contradicts itself. */
  readonly surely: number;
  /** What its directions must differ by then, 0.1 dB: weak links of honest ends were seen to differ by 12.7 dB in the simulator. */
  readonly surelyDdb: number;
}

/** Who claims to hear others is heard by them. */
export interface OneSidedParameters {
  /** Beacons of the hotspot that a counterpart could have heard, at least, before its silence speaks. */
  readonly beacons: number;
  /** As many receptions one way, against as many beacons unheard the other way, make a single link contradict itself. */
  readonly surely: number;
}

/** Who is heard far away is heard nearby. */
export interface SilenceParameters {
  /** Whom no independent hotspot hears is asked about up to this distance, m. */
  readonly nearM: number;
  /** A link is far from this distance on, m; only of hotspots with such links another place is looked for. */
  readonly farM: number;
  /** Share of a hotspot's links that are far before another place is looked for, 1e-4. */
  readonly farShareE4: number;
  /** How many times as many hotspots stand in silence nearer to its place than a link is long, as nearer to the other one, 1e-4. */
  readonly silentFactorE4: number;
  /** Voters, at least: one more than elsewhere, because it infers from who is silent and measures nothing. */
  readonly voters: number;
}

/** Two hotspots that the same others hear equally well stand in one place. */
export interface TwinsParameters {
  /** Only pairs asserted at least this far apart, m. */
  readonly apartM: number;
  /** Where all in reach hear both, a common counterpart tells that free space alone makes lose this much less to one of the two. */
  readonly tellingDdb: number;
  /** Losses to a telling counterpart that differ by no more agree. */
  readonly withinDdb: number;
  /** Voters that agree, at least. */
  readonly voters: number;
  /** Share of all counterparts of either that must agree, 1e-4. */
  readonly agreeE4: number;
  /** So many hotspots of one owner that the same others hear equally well, without a constant, earn nothing by these (one-roof.ts). */
  readonly ofOneOwner: number;
}

export interface BehaviourParameters {
  /** Good acts that are added to what was seen, so that one slip among few does not count. */
  readonly priorCount: number;
  /** Share of bad acts up to which nothing happens, and from which suspicion is full, 1e-4. */
  readonly fromE4: number;
  readonly fullE4: number;
}

export interface VoteParameters {
  /** Share of accusing voters up to which nothing happens, 1e-4. */
  readonly fromE4: number;
  /** Share from which suspicion is full, 1e-4. */
  readonly fullE4: number;
}

export interface VoidParameters {
  /** Links of a hotspot that their own figures deny, from which on they earn nothing; those that surely deny themselves never do. */
  readonly links: number;
  /** And their share of its links, 1e-4. */
  readonly shareE4: number;
}

export interface AnomalyParameters {
  /** Named in every evidence bundle; raised with any change of a rule. */
  readonly ruleVersion: number;
  /** Valid beacons of a hotspot that are looked at in an epoch, at most; drawn when all reports are in (drawn-groups.ts). */
  readonly evidenceBeacons: number;
  /** Fewer voters than this never condemn. */
  readonly minimumVoters: number;
  /** When links that their own figures deny earn nothing. */
  readonly voids: VoidParameters;
  /** Epochs without suspicion after which a hotspot may speak for or against another. */
  readonly cleanEpochs: number;
  /** How votes become suspicion. */
  readonly votes: VoteParameters;
  readonly placement: PlacementParameters;
  readonly reciprocity: ReciprocityDetectorParameters;
  readonly oneSided: OneSidedParameters;
  readonly silence: SilenceParameters;
  readonly twins: TwinsParameters;
  readonly behaviour: BehaviourParameters;
  /** What is left of a suspicion after an epoch without evidence, 1e-4. */
  readonly keptPerEpochE4: number;
  /** Part of the shares that full suspicion takes, 1e-4; 0 only reports. */
  readonly effectE4: number;
}
