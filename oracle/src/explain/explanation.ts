/** What an owner is told about one epoch of a hotspot; every number comes from the epoch's tables, none is estimated. */
import type { FigureText } from "./figures.ts";
import type { FreeSpaceFigures } from "./free-space.ts";
import type { SuspicionText } from "./suspicion.ts";

export interface VerdictText {
  readonly reason: string;
  readonly meaning: string;
  /** Integers as in verdicts.arrow, and the same in words. */
  readonly measured: number;
  readonly limit: number;
  readonly figures: FigureText;
  /** Whose failure it is: the reporter's own, the beaconer's, or nobody's. */
  readonly side: "none" | "own" | "beaconer";
}

/** A beacon the hotspot reported. */
export interface BeaconText {
  readonly logIndex: number;
  /** When it was on the air, ISO 8601; null when it answers no challenge. */
  readonly transmitted: string | null;
  readonly verdict: VerdictText;
  /** Reports of others that heard it. */
  readonly witnesses: { readonly reports: number; readonly valid: number; readonly paid: number };
  readonly unitsE4: number;
  /** units × scale × weight, 1e-12. */
  readonly shareE12: bigint;
}

/** A beacon of another hotspot that it reported to have heard. */
export interface ReceptionText {
  readonly logIndex: number;
  readonly received: string;
  /** Null when no beacon has the payload. */
  readonly beaconer: { readonly row: number; readonly key: string } | null;
  /** The place of one of the two is private: distance and free space are the worst that its cell allows. */
  readonly isFromCell: boolean;
  readonly rssiDdbm: number;
  readonly snrDdb: number;
  /** What free space would have let it hear; null unless the report is valid. */
  readonly freeSpace: FreeSpaceFigures | null;
  readonly verdict: VerdictText;
  readonly paid: boolean;
  readonly unitsE4: number;
  /** Scale and weight of where the beacon was sent from, 1e-4. */
  readonly scaleE4: number;
  readonly weightE4: number;
  readonly shareE12: bigint;
}

/** One resolution of the density arithmetic. */
export interface DensityText {
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

export interface WeightText {
  /** Resolution-8 cell, hexadecimal. */
  readonly cell: string;
  readonly servedE4: bigint;
  /** What the curve alone gives; null where the rules have no weights. */
  readonly curveE4: number | null;
  readonly floorE4: number;
  readonly halfDataCredits: number;
  readonly weightE4: number;
  /** Why the weight is not what the curve gives, or null. */
  readonly note: string | null;
}

/** A part of the pay: shares of a total, and the base units they come to. */
export interface SharePay {
  readonly sharesE12: bigint;
  readonly atoms: bigint;
}

export interface Explanation {
  readonly epoch: number;
  readonly network: string;
  readonly from: string;
  readonly to: string;
  readonly hotspot: {
    readonly row: number;
    readonly key: string;
    /** Why no signature can be checked with the key, so that nothing it signs counts; null for a good key. */
    readonly keyProblem: string | null;
    readonly owner: string;
    /** The wallet that is paid; null when several share. */
    readonly beneficiary: string | null;
    /** Who shares what the hotspot earned, and what each got. */
    readonly split: readonly { readonly wallet: string; readonly shareE4: number; readonly atoms: bigint }[];
    /** Resolution-8 cell, hexadecimal; null when no location is asserted. */
    readonly cellPublic: string | null;
    /** The owner shows no finer cell, and the rules judge the hotspot from that one. */
    readonly isPrivate: boolean;
    readonly region: string;
    readonly gainDdbi: number;
    readonly provesCoverage: boolean;
    readonly suspended: boolean;
  };
  /** Challenges the hotspot had, and those it did not answer with any report. */
  readonly challenges: number;
  readonly unanswered: number;
  readonly beacons: readonly BeaconText[];
  readonly receptions: readonly ReceptionText[];
  readonly density: {
    readonly active: boolean;
    readonly steps: readonly DensityText[];
    readonly scaleE4: number;
  };
  readonly weight: WeightText | null;
  /** What the detectors say; null where the rules have none. */
  readonly suspicion: SuspicionText | null;
  readonly pay: {
    readonly coveragePoolAtoms: bigint;
    readonly totalSharesE12: bigint;
    readonly beacon: SharePay;
    readonly witness: SharePay;
    readonly dataCredits: bigint;
    readonly dataAtoms: bigint;
    readonly atoms: bigint;
    readonly atomsPerToken: bigint;
  };
}
