/** The answers of the public API as the pages read them; /openapi.json describes every member. Amounts are decimal strings. */

export interface MapColumns {
  readonly epoch: number;
  readonly endMs: number;
  readonly resolution: number;
  readonly cell: readonly string[];
  readonly hotspots: readonly number[];
  readonly activeHotspots: readonly number[];
  readonly beaconsValid: readonly number[];
  readonly witnessReports: readonly number[];
  readonly witnessesValid: readonly number[];
  readonly medianExcessLossDdb: readonly (number | null)[];
  readonly servedCredits: readonly number[];
  readonly weightE4: readonly number[];
  readonly scaleE4: readonly number[];
  readonly shares: readonly number[];
  readonly lastBeaconMs: readonly number[];
}

export interface Cell {
  readonly cell: string | null;
  readonly resolution: number;
  readonly activeHotspots: number;
  readonly clipped: number;
  readonly limit: number;
  readonly scaleE4: number;
  readonly beacons: number;
  readonly beaconsValid: number;
  readonly witnessReports: number;
  readonly witnessesValid: number;
  readonly witnessesSelected: number;
  readonly medianExcessLossDdb: number | null;
  readonly servedCreditsE4: string;
  readonly weightE4: number;
  readonly sharesE12: string;
}

export interface WholeCell {
  readonly epoch: number;
  readonly cell: Cell;
  readonly verdicts: readonly { readonly reason: string; readonly witnessReports: number }[];
  readonly parents: readonly Cell[];
}

export interface Pay {
  readonly beaconAtoms: string;
  readonly witnessAtoms: string;
  readonly dataAtoms: string;
  readonly atoms: string;
}

export interface Hotspot {
  readonly key: string;
  readonly gatewayId: string;
  readonly owner: string;
  /** Null when rewards are split. */
  readonly beneficiary: string | null;
  readonly split: readonly { readonly wallet: string; readonly shareE4: number }[];
  readonly cell: string | null;
  readonly isLocationOpen: boolean;
  readonly region: string;
  readonly gainDdbi: number;
  readonly elevationM: number;
  readonly provesCoverage: boolean;
  readonly isSuspended: boolean;
  readonly firstEpoch: number;
  readonly beacons: number;
  readonly receptions: number;
  readonly scaleE4: number;
  readonly weightE4: number;
  readonly dataCredits: string;
  readonly pay: Pay;
}

export interface HotspotPage {
  readonly epoch: number;
  readonly hotspots: readonly Hotspot[];
  readonly next: number | null;
}

export interface WholeHotspot {
  readonly epoch: number;
  readonly hotspot: Hotspot;
  readonly exactCell?: string | null;
  readonly lastBeacon: string | null;
  readonly lastWitness: string | null;
}

export interface Verdict {
  readonly reason: string;
  readonly measured: number;
  readonly limit: number;
  readonly side: "none" | "beaconer" | "reporter";
  readonly isSelected: boolean;
  readonly unitsE4: number;
}

export interface Party {
  readonly key: string;
  readonly cell: string | null;
}

export interface Reception {
  readonly logIndex: number;
  readonly received: string;
  readonly beaconer: Party | null;
  readonly witness: Party | null;
  readonly challenge: string | null;
  readonly rssiDdbm: number;
  readonly snrDdb: number;
  readonly frequencyHz: number;
  readonly verdict: Verdict;
}

export interface Beacon {
  readonly logIndex: number;
  readonly challenge: string | null;
  readonly transmitted: string | null;
  readonly frequencyHz: number;
  readonly txPowerDdbm: number;
  readonly witnesses: { readonly reports: number; readonly valid: number; readonly selected: number };
  readonly shareE12: string;
  readonly verdict: Verdict;
}

/** What `oracle explain` says. */
export interface Explanation {
  readonly epoch: number;
  readonly from: string;
  readonly to: string;
  readonly hotspot: {
    readonly keyProblem: string | null;
    readonly suspended: boolean;
    readonly provesCoverage: boolean;
  };
  readonly challenges: number;
  readonly unanswered: number;
  readonly beacons: readonly {
    readonly transmitted: string | null;
    readonly verdict: ExplainedVerdict;
    readonly witnesses: { readonly reports: number; readonly valid: number; readonly paid: number };
  }[];
  readonly receptions: readonly { readonly verdict: ExplainedVerdict; readonly paid: boolean }[];
  readonly density: {
    readonly active: boolean;
    readonly scaleE4: number;
    readonly steps: readonly DensityStep[];
  };
  readonly weight: {
    readonly cell: string;
    readonly servedE4: string;
    readonly curveE4: number | null;
    readonly floorE4: number;
    readonly halfDataCredits: number;
    readonly weightE4: number;
    readonly note: string | null;
  } | null;
  readonly suspicion: unknown;
  readonly pay: {
    readonly coveragePoolAtoms: string;
    readonly totalSharesE12: string;
    readonly beacon: { readonly sharesE12: string; readonly atoms: string };
    readonly witness: { readonly sharesE12: string; readonly atoms: string };
    readonly dataCredits: string;
    readonly dataAtoms: string;
    readonly atoms: string;
    readonly atomsPerToken: string;
  };
}

export interface ExplainedVerdict {
  readonly reason: string;
  readonly meaning: string;
  readonly figures: { readonly measured: string; readonly limit: string };
  readonly side: "none" | "own" | "beaconer";
}

export interface DensityStep {
  readonly resolution: number;
  readonly active: number;
  readonly unclipped: number;
  readonly occupied: number;
  readonly target: number;
  readonly maximum: number;
  readonly neighbours: number;
  readonly limit: number;
  readonly clipped: number;
}

export interface Statement {
  readonly key: string;
  readonly rewards: readonly { readonly epoch: number; readonly beneficiary: string; readonly pay: Pay }[];
  readonly totalAtoms: string;
}

export interface Root {
  readonly hash: string;
  readonly totalAtoms: string;
  readonly leafCount: number;
}

export interface Proof {
  readonly epoch: number;
  readonly wallet: string;
  readonly epochAtoms: string;
  readonly cumulativeAtoms: string;
  readonly leafIndex: number;
  readonly root: Root;
  readonly proof: {
    readonly siblingHashes: readonly string[];
    readonly siblingSums: readonly string[];
    readonly leftSiblings: number;
  };
}

export interface Coverage {
  readonly epoch: number;
  readonly cell: string | null;
  readonly isCovered: boolean;
  readonly evidence: readonly {
    readonly cell: string | null;
    readonly distanceCells: number;
    readonly hotspots: number;
    readonly activeHotspots: number;
    readonly beaconsValid: number;
    readonly witnessesValid: number;
    readonly medianExcessLossDdb: number | null;
    readonly lastBeacon: string | null;
  }[];
}

export interface Standing {
  readonly rank: number;
  readonly key: string;
  readonly name: string;
  readonly cell: string | null;
  readonly pay: Pay;
  readonly validReceptions: number;
  readonly beaconsHeard: number;
  readonly dataCredits: string;
  readonly streakEpochs: number;
}

export interface EpochSummary {
  readonly epoch: number;
  readonly rules: string;
  readonly engineVersion: string;
  readonly parameterHash: string;
  readonly previousManifestHash: string;
  readonly root: Root;
  readonly tokenPriceUsdE8: number;
  readonly budgetAtoms: string;
  readonly coverageAtoms: string;
  readonly dataAtoms: string;
  readonly treasuryAtoms: string;
  readonly dataCredits: string;
  readonly hotspots: number;
  readonly activeHotspots: number;
  readonly beacons: number;
  readonly beaconsValid: number;
  readonly witnesses: number;
  readonly witnessesValid: number;
  readonly witnessesSelected: number;
  readonly packets: number;
  readonly uploads: number;
  readonly uploadsRefused: number;
  readonly beaconReasons: Readonly<Record<string, number>>;
  readonly witnessReasons: Readonly<Record<string, number>>;
}

export interface Gap {
  readonly rank: number;
  readonly cell: string | null;
  readonly demandCredits: number;
  readonly provingAround: number;
  readonly unmetCredits: number;
  readonly estimate: {
    readonly scaleE4: number;
    readonly weightE4: number;
    readonly unitsE4: number;
    readonly sharesE12: number;
    readonly atoms: string;
  };
}

export interface OwnedHotspot {
  readonly key: string;
  readonly name: string;
  readonly cell: string | null;
  readonly isOwner: boolean;
  readonly isBeneficiary: boolean;
  readonly isSuspended: boolean;
  readonly isLocationOpen: boolean;
  readonly pay: Pay;
}
