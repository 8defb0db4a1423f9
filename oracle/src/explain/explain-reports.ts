/** What became of a hotspot's reports: verdict, figures and share of each, from the tables of the folder. */
import { NO_ROW, type ReasonName, reasonByNumber, SIDE } from "@earshot/poc";
import type { FolderInput } from "../epoch-folder/folder.ts";
import type { OutputTables } from "../epoch-folder/layout.ts";
import { lowerBound } from "../epoch-folder/lower-bound.ts";
import { oracleError } from "../errors.ts";
import type { BeaconText, ReceptionText, VerdictText } from "./explanation.ts";
import { figureText } from "./figures.ts";
import { hotspotText } from "./find-hotspot.ts";
import { FreeSpace, type FreeSpaceFigures, isPrivate } from "./free-space.ts";

const BEACON_KIND = 1;

/** Where the reports of a hotspot and of a challenge stand: found by a scan, or by whoever has an index (api/epoch-view.ts). */
export interface ReportRows {
  /** Rows of beacons.arrow and of witnesses.arrow that a hotspot reported. */
  beaconsOf(hotspot: number): Iterable<number>;
  receptionsOf(hotspot: number): Iterable<number>;
  /** Rows of verdicts.arrow of the reports that heard the beacon of a challenge. */
  witnessVerdictsOf(challenge: number): Iterable<number>;
}

/** Looks through the whole table each time: for one hotspot of an epoch that is cheaper than an index. */
export function scannedRows({ beacons, witnesses }: FolderInput, { verdicts }: OutputTables): ReportRows {
  return {
    beaconsOf: (hotspot) => rowsWhere(beacons.hotspot, hotspot),
    receptionsOf: (hotspot) => rowsWhere(witnesses.hotspot, hotspot),
    witnessVerdictsOf: (challenge) =>
      rowsWhere(verdicts.challenge, challenge).filter((row) => verdicts.kind[row] !== BEACON_KIND),
  };
}

function rowsWhere(column: Uint32Array, value: number): number[] {
  const rows: number[] = [];
  for (let row = 0; row < column.length; row++) if (column[row] === value) rows.push(row);
  return rows;
}

/** Reads the reports of one epoch. Throws ORC_BAD_ROW where a report has no verdict. */
export class ReportReader {
  readonly #input: FolderInput;
  readonly #output: OutputTables;
  readonly #startMs: number;
  readonly #freeSpace: FreeSpace;
  readonly #rows: ReportRows;

  constructor(input: FolderInput, output: OutputTables, rows: ReportRows) {
    this.#rows = rows;
    this.#input = input;
    this.#output = output;
    this.#startMs = input.header.epoch * input.parameters.time.epochMs;
    this.#freeSpace = new FreeSpace(input);
  }

  /** What the hotspot sent as a beaconer. */
  beacons(hotspot: number): BeaconText[] {
    const { beacons, challenges } = this.#input;
    const { verdicts } = this.#output;
    return inLogOrder(this.#rows.beaconsOf(hotspot), beacons).map((row) => {
      const verdict = this.#verdict(beacons.log_index[row], "beacons", row);
      const challenge = beacons.challenge[row];
      const offsetMs = challenge === NO_ROW ? null : challenges.transmit_offset_ms[challenge];
      // Witnesses belong to the report of the challenge that counts; another report of it has none of its own.
      const counts = verdicts.reason[verdict] === 0 ? this.#witnessesOf(challenge) : { reports: 0, valid: 0, paid: 0 };
      return {
        logIndex: beacons.log_index[row],
        transmitted: offsetMs === null ? null : this.#time(offsetMs),
        verdict: this.#verdictText(verdict, SIDE.beaconer, null),
        witnesses: counts,
        unitsE4: verdicts.units_e4[verdict],
        shareE12: this.#share(verdict, hotspot),
      };
    });
  }

  /** What it heard. */
  receptions(hotspot: number): ReceptionText[] {
    const { witnesses, challenges, hotspots } = this.#input;
    const { verdicts, shares } = this.#output;
    return inLogOrder(this.#rows.receptionsOf(hotspot), witnesses).map((row) => {
      const verdict = this.#verdict(witnesses.log_index[row], "witnesses", row);
      const challenge = verdicts.challenge[verdict];
      const beaconer = challenge === NO_ROW ? NO_ROW : challenges.hotspot[challenge];
      const isKnown = beaconer !== NO_ROW;
      const freeSpace = verdicts.reason[verdict] === 0 ? this.#freeSpace.of(row, challenge) : null;
      return {
        logIndex: witnesses.log_index[row],
        received: this.#time(witnesses.receive_offset_ms[row]),
        beaconer: isKnown ? { row: beaconer, key: hotspotText(hotspots, beaconer) } : null,
        isFromCell: isPrivate(this.#input, hotspot) || (isKnown && isPrivate(this.#input, beaconer)),
        rssiDdbm: witnesses.rssi_ddbm[row],
        snrDdb: witnesses.snr_ddb[row],
        freeSpace,
        verdict: this.#verdictText(
          verdict,
          SIDE.witness,
          freeSpace && { ...freeSpace, rssiDdbm: witnesses.rssi_ddbm[row] },
        ),
        paid: verdicts.selected[verdict] === 1,
        unitsE4: verdicts.units_e4[verdict],
        scaleE4: isKnown ? shares.scale_e4[beaconer] : 0,
        weightE4: isKnown ? shares.weight_e4[beaconer] : 0,
        shareE12: isKnown ? this.#share(verdict, beaconer) : 0n,
      };
    });
  }

  /** units × scale × weight of where the beacon was sent from. */
  #share(verdict: number, beaconer: number): bigint {
    const { verdicts, shares } = this.#output;
    return BigInt(verdicts.units_e4[verdict]) * BigInt(shares.scale_e4[beaconer]) * BigInt(shares.weight_e4[beaconer]);
  }

  /** Challenges of its own that it sent a beacon for, with repetitions. */
  answered(hotspot: number): number[] {
    const { beacons, challenges } = this.#input;
    return [...this.#rows.beaconsOf(hotspot)]
      .map((row) => beacons.challenge[row])
      .filter((challenge) => challenge !== NO_ROW && challenges.hotspot[challenge] === hotspot);
  }

  #verdict(logIndex: number, table: string, row: number): number {
    // The table is in this order: an index of ten million verdicts would cost more than all that is asked of it.
    const { log_index } = this.#output.verdicts;
    const verdict = lowerBound(log_index.length, (at) => log_index[at] < logIndex);
    if (log_index[verdict] !== logIndex) {
      throw oracleError("ORC_BAD_ROW", `${table}.arrow: log_index: row ${row}: verdicts.arrow has no verdict for it`);
    }
    return verdict;
  }

  /** `heard`: of a valid reception, whose figures are not in its verdict. */
  #verdictText(
    verdict: number,
    ownSide: number,
    heard: (FreeSpaceFigures & { readonly rssiDdbm: number }) | null,
  ): VerdictText {
    const { verdicts } = this.#output;
    const definition = reasonByNumber(verdicts.reason[verdict]);
    if (definition === undefined)
      throw oracleError("ORC_BAD_ROW", `verdicts.arrow: reason: row ${verdict}: not assigned`);
    const measured = verdicts.measured[verdict];
    const limit = verdicts.limit[verdict];
    const side = verdicts.side[verdict];
    const { distance, radio } = this.#input.parameters;
    return {
      reason: definition.name,
      meaning: definition.meaning,
      measured,
      limit,
      figures:
        heard === null
          ? figureText(definition.name as ReasonName, measured, limit, distance.minimumKind)
          : figureText("bad_rssi", heard.rssiDdbm, heard.freeSpaceDdbm + radio.rssiToleranceDdb, distance.minimumKind),
      side: side === SIDE.none ? "none" : side === ownSide ? "own" : "beaconer",
    };
  }

  #witnessesOf(challenge: number): BeaconText["witnesses"] {
    const { verdicts } = this.#output;
    let reports = 0;
    let valid = 0;
    let paid = 0;
    for (const row of this.#rows.witnessVerdictsOf(challenge)) {
      reports++;
      valid += verdicts.reason[row] === 0 ? 1 : 0;
      paid += verdicts.selected[row];
    }
    return { reports, valid, paid };
  }

  #time(offsetMs: number): string {
    return new Date(this.#startMs + offsetMs).toISOString();
  }
}

function inLogOrder(rows: Iterable<number>, { log_index }: { readonly log_index: Uint32Array }): number[] {
  return [...rows].sort((a, b) => log_index[a] - log_index[b]);
}
