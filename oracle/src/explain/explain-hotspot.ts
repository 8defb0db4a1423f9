/**
 * Explains one epoch of one hotspot from the tables of its folder.
 *
 * The density arithmetic is done again over the hotspots that the verdicts make active, and every share again as units × scale ×
 * weight; both must come to what the tables hold, else the folder contradicts itself and ORC_BAD_ROW says where.
 */
import { cellToString } from "@earshot/geo";
import {
  buildDensityMap,
  curveWeightE4,
  type DensityMap,
  explainDensity,
  NO_ROW,
  type ReasonName,
  reasonByNumber,
  SIDE,
  weighShare,
} from "@earshot/poc";
import { deviceKeyProblem } from "@earshot/poc/protocol";
import type { FolderInput } from "../epoch-folder/folder.ts";
import type { OutputTables } from "../epoch-folder/layout.ts";
import { oracleError } from "../errors.ts";
import type { BeaconText, DensityText, Explanation, ReceptionText, VerdictText, WeightText } from "./explanation.ts";
import { figureText, regionText } from "./figures.ts";
import { hotspotText } from "./find-hotspot.ts";
import { FreeSpace, type FreeSpaceFigures } from "./free-space.ts";
import { explainSuspicion, weightsOf } from "./suspicion.ts";

const BEACON_KIND = 1;
const KEY_BYTES = 33;
const WALLET_BYTES = 32;
const PUBLIC_RESOLUTION = 8;

/** Explains the hotspot at a row of hotspots.arrow. */
export function explainHotspot(input: FolderInput, output: OutputTables, row: number): Explanation {
  const epoch = new EpochReader(input, output);
  return epoch.explain(row);
}

class EpochReader {
  readonly #input: FolderInput;
  readonly #output: OutputTables;
  readonly #startMs: number;
  readonly #freeSpace: FreeSpace;
  /** Rows of verdicts.arrow by log index. */
  readonly #verdictOf = new Map<number, number>();
  /** What the detectors leave of the shares of each hotspot, 1e-4; undefined without detectors. */
  readonly #weights: Uint16Array | undefined;

  constructor(input: FolderInput, output: OutputTables) {
    this.#input = input;
    this.#output = output;
    this.#startMs = input.header.epoch * input.parameters.time.epochMs;
    this.#freeSpace = new FreeSpace(input);
    this.#weights = weightsOf(input, output);
    output.verdicts.log_index.forEach((logIndex, verdict) => {
      this.#verdictOf.set(logIndex, verdict);
    });
  }

  explain(row: number): Explanation {
    const { hotspots, header, parameters, challenges } = this.#input;
    const { shares, rewards } = this.#output;
    const beacons = this.#beacons(row);
    const receptions = this.#receptions(row);
    this.#assertSum("beacon_shares", row, beacons);
    this.#assertSum("witness_shares", row, receptions);
    const own = challenges.hotspot.reduce((count, hotspot) => count + (hotspot === row ? 1 : 0), 0);
    const answered = new Set(this.#answered(row)).size;
    const cellPublic = hotspots.cell_public[row];
    const total = (column: BigUint64Array) => column.reduce((sum, value) => sum + value, 0n);
    const treasury = rewards.hotspot.length - 1;
    const earning = (column: BigUint64Array) => total(column.subarray(0, treasury));
    return {
      epoch: header.epoch,
      network: parameters.name,
      from: this.#time(0),
      to: this.#time(parameters.time.epochMs),
      hotspot: {
        row,
        key: hotspotText(hotspots, row),
        keyProblem: deviceKeyProblem(hotspots.key.slice(row * KEY_BYTES, (row + 1) * KEY_BYTES)) ?? null,
        owner: hexRow(hotspots.owner, row),
        ...this.#paidTo(row),
        cellPublic: cellPublic === 0n ? null : cellPublic.toString(16),
        region: regionText(hotspots.region[row]),
        gainDdbi: hotspots.gain_ddbi[row],
        provesCoverage: hotspots.capability[row] !== 0,
        suspended: hotspots.suspended[row] !== 0,
      },
      challenges: own,
      unanswered: own - answered,
      beacons,
      receptions,
      density: this.#density(row),
      weight: this.#weight(row),
      suspicion: explainSuspicion(this.#input, this.#output, row, this.#weights?.[row] ?? 10_000),
      pay: {
        coveragePoolAtoms: earning(rewards.beacon_atoms) + earning(rewards.witness_atoms),
        totalSharesE12: total(shares.beacon_shares) + total(shares.witness_shares),
        beacon: { sharesE12: shares.beacon_shares[row], atoms: rewards.beacon_atoms[row] },
        witness: { sharesE12: shares.witness_shares[row], atoms: rewards.witness_atoms[row] },
        dataCredits: shares.data_credits[row],
        dataAtoms: rewards.data_atoms[row],
        atoms: rewards.beacon_atoms[row] + rewards.witness_atoms[row] + rewards.data_atoms[row],
        atomsPerToken: BigInt(parameters.rewards.atomsPerToken),
      },
    };
  }

  /** The wallet that is paid, or those that share; of a split, rows of splits and of split-rewards are the same. */
  #paidTo(row: number): Pick<Explanation["hotspot"], "beneficiary" | "split"> {
    const { hotspots, splits } = this.#input;
    const { splitRewards } = this.#output;
    const split: Explanation["hotspot"]["split"][number][] = [];
    for (let at = splits?.hotspot.indexOf(row) ?? -1; at >= 0 && splits!.hotspot[at] === row; at++) {
      split.push({
        wallet: hexRow(splits!.wallet, at),
        shareE4: splits!.share_e4[at],
        atoms: splitRewards.beacon_atoms[at] + splitRewards.witness_atoms[at] + splitRewards.data_atoms[at],
      });
    }
    return { beneficiary: split.length > 0 ? null : hexRow(hotspots.beneficiary, row), split };
  }

  #beacons(hotspot: number): BeaconText[] {
    const { beacons, challenges } = this.#input;
    const { verdicts } = this.#output;
    return this.#rowsOf(beacons, hotspot).map((row) => {
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

  #receptions(hotspot: number): ReceptionText[] {
    const { witnesses, challenges, hotspots } = this.#input;
    const { verdicts, shares } = this.#output;
    return this.#rowsOf(witnesses, hotspot).map((row) => {
      const verdict = this.#verdict(witnesses.log_index[row], "witnesses", row);
      const challenge = verdicts.challenge[verdict];
      const beaconer = challenge === NO_ROW ? NO_ROW : challenges.hotspot[challenge];
      const isKnown = beaconer !== NO_ROW;
      const freeSpace = verdicts.reason[verdict] === 0 ? this.#freeSpace.of(row, challenge) : null;
      return {
        logIndex: witnesses.log_index[row],
        received: this.#time(witnesses.receive_offset_ms[row]),
        beaconer: isKnown ? { row: beaconer, key: hotspotText(hotspots, beaconer) } : null,
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

  #assertSum(
    column: "beacon_shares" | "witness_shares",
    row: number,
    parts: readonly { readonly shareE12: bigint }[],
  ): void {
    const whole = parts.reduce((shares, { shareE12 }) => shares + shareE12, 0n);
    const sum = weighShare(whole, this.#weights?.[row] ?? 10_000);
    const stored = this.#output.shares[column][row];
    if (sum !== stored) {
      throw oracleError(
        "ORC_BAD_ROW",
        `shares.arrow: ${column}: row ${row}: ${stored}, but its verdicts sum to ${sum}`,
      );
    }
  }

  #answered(hotspot: number): number[] {
    const { beacons, challenges } = this.#input;
    return this.#rowsOf(beacons, hotspot)
      .map((row) => beacons.challenge[row])
      .filter((challenge) => challenge !== NO_ROW && challenges.hotspot[challenge] === hotspot);
  }

  /** Rows of a report table that a hotspot sent, in log order. */
  #rowsOf(table: { readonly hotspot: Uint32Array; readonly log_index: Uint32Array }, hotspot: number): number[] {
    const rows: number[] = [];
    for (let row = 0; row < table.hotspot.length; row++) if (table.hotspot[row] === hotspot) rows.push(row);
    return rows.sort((a, b) => table.log_index[a] - table.log_index[b]);
  }

  #verdict(logIndex: number, table: string, row: number): number {
    const verdict = this.#verdictOf.get(logIndex);
    if (verdict === undefined) {
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
    for (let row = 0; row < verdicts.challenge.length; row++) {
      if (verdicts.challenge[row] !== challenge || verdicts.kind[row] === BEACON_KIND) continue;
      reports++;
      valid += verdicts.reason[row] === 0 ? 1 : 0;
      paid += verdicts.selected[row];
    }
    return { reports, valid, paid };
  }

  #density(row: number): Explanation["density"] {
    const { hotspots, parameters } = this.#input;
    const { limits } = parameters.density;
    const active = this.#activeRows();
    const hi = (cell: bigint) => Number(cell >> 32n);
    const lo = (cell: bigint) => Number(cell & 0xffff_ffffn);
    const placed = active.filter((hotspot) => hotspots.cell[hotspot] !== 0n);
    const map: DensityMap = buildDensityMap(
      Uint32Array.from(placed, (hotspot) => hi(hotspots.cell[hotspot])),
      Uint32Array.from(placed, (hotspot) => lo(hotspots.cell[hotspot])),
      limits,
    );
    const cell = hotspots.cell[row];
    const scaleE4 = map.scaleE4(hi(cell), lo(cell), parameters.density.defaultScaleE4);
    const stored = this.#output.shares.scale_e4[row];
    if (scaleE4 !== stored) {
      throw oracleError(
        "ORC_BAD_ROW",
        `shares.arrow: scale_e4: row ${row}: ${stored}, but the density comes to ${scaleE4}`,
      );
    }
    const steps = explainDensity(map, hi(cell), lo(cell)).map((step): DensityText => {
      const limit = limits.find(({ resolution }) => resolution === step.resolution);
      return {
        resolution: step.resolution,
        active: step.active,
        unclipped: step.unclipped,
        occupied: step.occupied,
        target: limit?.target ?? 0,
        maximum: limit?.maximum ?? 0,
        neighbours: limit?.neighbours ?? 0,
        limit: step.limit,
        clipped: step.clipped,
      };
    });
    return { active: active.includes(row), steps, scaleE4 };
  }

  /** Hotspots that density counts: with a paid proof, or with a recent reciprocal beacon, as the rules have it. */
  #activeRows(): number[] {
    const { challenges, hotspots, parameters } = this.#input;
    const { verdicts, stateOut } = this.#output;
    if (parameters.density.active === "recent-beacon") {
      const sinceMs = BigInt(Math.max(1, this.#startMs + parameters.time.epochMs - parameters.density.withinMs));
      const recent = new Set<string>();
      stateOut.last_reciprocal_beacon_ms.forEach((lastMs, row) => {
        if (lastMs >= sinceMs) recent.add(hexRow(stateOut.key, row, 33));
      });
      return rowNumbers(hotspots.region.length).filter((row) => recent.has(hexRow(hotspots.key, row, 33)));
    }
    const active = new Set<number>();
    for (let row = 0; row < verdicts.selected.length; row++) {
      if (verdicts.selected[row] === 0) continue;
      active.add(
        verdicts.kind[row] === BEACON_KIND ? challenges.hotspot[verdicts.challenge[row]] : verdicts.hotspot[row],
      );
    }
    return [...active].filter((row) => this.#weights?.[row] !== 0).sort((a, b) => a - b);
  }

  #weight(row: number): WeightText | null {
    const { hotspots, parameters } = this.#input;
    const { cells, shares } = this.#output;
    const cell = hotspots.cell_public[row];
    if (cell === 0n) return null;
    const at = cells.cell.findIndex((own, i) => own === cell && cells.resolution[i] === PUBLIC_RESOLUTION);
    const servedE4 = at === -1 ? 0n : cells.served_credits_e4[at];
    const weightE4 = shares.weight_e4[row];
    const rules = parameters.cellWeight;
    const curveE4 = rules === null ? null : curveWeightE4(Number(servedE4), rules);
    return {
      cell: cellToString(Number(cell >> 32n), Number(cell & 0xffff_ffffn)),
      servedE4,
      curveE4,
      floorE4: rules?.floorE4 ?? 10_000,
      halfDataCredits: rules?.halfDataCredits ?? 0,
      weightE4,
      note: weightNote(weightE4, curveE4),
    };
  }

  #time(offsetMs: number): string {
    return new Date(this.#startMs + offsetMs).toISOString();
  }
}

function weightNote(weightE4: number, curveE4: number | null): string | null {
  if (weightE4 === (curveE4 ?? 10_000)) return null;
  if (weightE4 === 0)
    return "every paid witness of the cell belongs to the beaconer's own wallet, so the cell earns nothing";
  return "held down: what the weight lifts above the floor may not exceed the value of the data credits burnt here";
}

function hexRow(bytes: Uint8Array, row: number, width: number = WALLET_BYTES): string {
  return Buffer.from(bytes.subarray(row * width, (row + 1) * width)).toString("hex");
}

function rowNumbers(count: number): number[] {
  return Array.from({ length: count }, (_, row) => row);
}
