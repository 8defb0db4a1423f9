/** What an epoch is judged from: the header, the rules and the input tables, all in memory as columns. */
import type { NetworkParameters } from "../parameters/network-parameters.ts";
import type { Columns } from "./columns.ts";
import type {
  appealsTable,
  beaconsTable,
  chainsInTable,
  chainsOutTable,
  challengesTable,
  conductTable,
  entropyTable,
  hotspotsTable,
  judgedInTable,
  judgedOutTable,
  ledgerInTable,
  packetsTable,
  payersTable,
  pendingInTable,
  pendingOutTable,
  servedInTable,
  splitsTable,
  stateInTable,
  suspicionInTable,
  witnessesTable,
} from "./tables.ts";

/** epoch.json: what of an epoch is no table. */
export interface EpochHeader {
  /** Unix ms of the epoch's start divided by the length of an epoch. */
  readonly epoch: number;
  /** SHA-256 of the previous manifest's bytes, hex; 64 zeros for the first epoch of a network. */
  readonly previousManifestHash: string;
  /** Price of one token recorded for the epoch, 1e-8 USD. */
  readonly tokenPriceUsdE8: number;
  /** What the chain issued for the epoch, base units as a decimal string; without it the parameters' emission is the budget. */
  readonly budgetAtoms?: string;
}

export interface EpochInput {
  readonly parameters: NetworkParameters;
  readonly header: EpochHeader;
  readonly hotspots: Columns<typeof hotspotsTable>;
  /** Hotspots that pay several wallets; absent where none does. */
  readonly splits?: Columns<typeof splitsTable>;
  readonly entropy: Columns<typeof entropyTable>;
  readonly challenges: Columns<typeof challengesTable>;
  readonly stateIn: Columns<typeof stateInTable>;
  readonly servedIn: Columns<typeof servedInTable>;
  readonly ledgerIn: Columns<typeof ledgerInTable>;
  readonly beacons: Columns<typeof beaconsTable>;
  readonly witnesses: Columns<typeof witnessesTable>;
  readonly packets: Columns<typeof packetsTable>;
  /** State of the detectors, conduct and upheld appeals; read only under parameters with `anomaly`, and empty where they are absent. */
  readonly suspicionIn?: Columns<typeof suspicionInTable>;
  readonly conduct?: Columns<typeof conductTable>;
  readonly appeals?: Columns<typeof appealsTable>;
  /** Denied pairs as `edgeCode`; only Helium's rules have them. */
  readonly deniedEdges?: ReadonlySet<number>;
}

/** The tables of `logTables`: what uploads were loaded with, and what loading them left to the next epoch. */
export interface EpochLog {
  readonly payers: Columns<typeof payersTable>;
  readonly chainsIn: Columns<typeof chainsInTable>;
  readonly pendingIn: Columns<typeof pendingInTable>;
  readonly judgedIn: Columns<typeof judgedInTable>;
  readonly chainsOut: Columns<typeof chainsOutTable>;
  readonly pendingOut: Columns<typeof pendingOutTable>;
  readonly judgedOut: Columns<typeof judgedOutTable>;
}

/** Unix seconds of the epoch's start. */
export function epochStartS(input: Pick<EpochInput, "header" | "parameters">): number {
  return Math.floor((input.header.epoch * input.parameters.time.epochMs) / 1000);
}
