/**
 * Explains one epoch of one hotspot from the tables of its folder.
 *
 * The density arithmetic is done again over the hotspots that the verdicts make active, and every share again as units × scale ×
 * weight; both must come to what the tables hold, else the folder contradicts itself and ORC_BAD_ROW says where.
 */
import { weighShare } from "@earshot/poc";
import { deviceKeyProblem } from "@earshot/poc/protocol";
import type { FolderInput } from "../epoch-folder/folder.ts";
import type { OutputTables } from "../epoch-folder/layout.ts";
import { splitRowsOf } from "../epoch-folder/split-rows.ts";
import { oracleError } from "../errors.ts";
import { DensityExplainer } from "./explain-density.ts";
import { ReportReader, type ReportRows, scannedRows } from "./explain-reports.ts";
import { explainWeight } from "./explain-weight.ts";
import type { Explanation } from "./explanation.ts";
import { regionText } from "./figures.ts";
import { hotspotText } from "./find-hotspot.ts";
import { isPrivate } from "./free-space.ts";
import { explainSuspicion, weightsOf } from "./suspicion.ts";

const KEY_BYTES = 33;
const WALLET_BYTES = 32;

/** Explains hotspots of one epoch; what is the same for all of them is computed once. */
export class Explainer {
  readonly #input: FolderInput;
  readonly #output: OutputTables;
  readonly #reports: ReportReader;
  readonly #weights: Uint16Array | undefined;
  readonly #density: DensityExplainer;
  readonly #totals: Pick<Explanation["pay"], "coveragePoolAtoms" | "totalSharesE12">;

  constructor(input: FolderInput, output: OutputTables, rows: ReportRows = scannedRows(input, output)) {
    const { shares, rewards } = output;
    this.#input = input;
    this.#output = output;
    this.#reports = new ReportReader(input, output, rows);
    this.#weights = weightsOf(input, output);
    this.#density = new DensityExplainer(input, output, this.#weights);
    const total = (column: BigUint64Array) => column.reduce((sum, value) => sum + value, 0n);
    const treasury = rewards.hotspot.length - 1;
    const earning = (column: BigUint64Array) => total(column.subarray(0, treasury));
    this.#totals = {
      coveragePoolAtoms: earning(rewards.beacon_atoms) + earning(rewards.witness_atoms),
      totalSharesE12: total(shares.beacon_shares) + total(shares.witness_shares),
    };
  }

  /** The hotspot at a row of hotspots.arrow. Throws ORC_BAD_ROW. */
  of(row: number): Explanation {
    const [input, output, reports] = [this.#input, this.#output, this.#reports];
    const { hotspots, header, parameters, challenges } = input;
    const { shares, rewards } = output;
    const weightE4 = this.#weights?.[row] ?? 10_000;
    const beacons = reports.beacons(row);
    const receptions = reports.receptions(row);
    assertSum("beacon_shares", output, row, beacons, weightE4);
    assertSum("witness_shares", output, row, receptions, weightE4);
    const own = challenges.hotspot.reduce((count, hotspot) => count + (hotspot === row ? 1 : 0), 0);
    const answered = new Set(reports.answered(row)).size;
    const cellPublic = hotspots.cell_public[row];
    return {
      epoch: header.epoch,
      network: parameters.name,
      from: timeText(header.epoch * parameters.time.epochMs),
      to: timeText((header.epoch + 1) * parameters.time.epochMs),
      hotspot: {
        row,
        key: hotspotText(hotspots, row),
        keyProblem: deviceKeyProblem(hotspots.key.slice(row * KEY_BYTES, (row + 1) * KEY_BYTES)) ?? null,
        owner: hexRow(hotspots.owner, row),
        ...paidTo(input, output, row),
        cellPublic: cellPublic === 0n ? null : cellPublic.toString(16),
        isPrivate: isPrivate(input, row),
        region: regionText(hotspots.region[row]),
        gainDdbi: hotspots.gain_ddbi[row],
        provesCoverage: hotspots.capability[row] !== 0,
        suspended: hotspots.suspended[row] !== 0,
      },
      challenges: own,
      unanswered: own - answered,
      beacons,
      receptions,
      density: this.#density.at(row),
      weight: explainWeight(input, output, row),
      suspicion: explainSuspicion(input, output, row, weightE4),
      pay: {
        ...this.#totals,
        beacon: { sharesE12: shares.beacon_shares[row], atoms: rewards.beacon_atoms[row] },
        witness: { sharesE12: shares.witness_shares[row], atoms: rewards.witness_atoms[row] },
        dataCredits: shares.data_credits[row],
        dataAtoms: rewards.data_atoms[row],
        atoms: rewards.beacon_atoms[row] + rewards.witness_atoms[row] + rewards.data_atoms[row],
        atomsPerToken: BigInt(parameters.rewards.atomsPerToken),
      },
    };
  }
}

/** Explains one hotspot, at a row of hotspots.arrow. Throws ORC_BAD_ROW. */
export function explainHotspot(input: FolderInput, output: OutputTables, row: number): Explanation {
  return new Explainer(input, output).of(row);
}

/** The wallet that is paid, or those that share; of a split, rows of splits and of split-rewards are the same. */
function paidTo(
  input: FolderInput,
  output: OutputTables,
  row: number,
): Pick<Explanation["hotspot"], "beneficiary" | "split"> {
  const { hotspots, splits } = input;
  const { splitRewards } = output;
  const split =
    splits === undefined
      ? []
      : splitRowsOf(splits.hotspot, row).map((at) => ({
          wallet: hexRow(splits.wallet, at),
          shareE4: splits.share_e4[at],
          atoms: splitRewards.beacon_atoms[at] + splitRewards.witness_atoms[at] + splitRewards.data_atoms[at],
        }));
  return { beneficiary: split.length > 0 ? null : hexRow(hotspots.beneficiary, row), split };
}

function assertSum(
  column: "beacon_shares" | "witness_shares",
  output: OutputTables,
  row: number,
  parts: readonly { readonly shareE12: bigint }[],
  weightE4: number,
): void {
  const whole = parts.reduce((shares, { shareE12 }) => shares + shareE12, 0n);
  const sum = weighShare(whole, weightE4);
  const stored = output.shares[column][row];
  if (sum !== stored) {
    throw oracleError("ORC_BAD_ROW", `shares.arrow: ${column}: row ${row}: ${stored}, but its verdicts sum to ${sum}`);
  }
}

function timeText(ms: number): string {
  return new Date(ms).toISOString();
}

function hexRow(bytes: Uint8Array, row: number): string {
  return Buffer.from(bytes.subarray(row * WALLET_BYTES, (row + 1) * WALLET_BYTES)).toString("hex");
}
