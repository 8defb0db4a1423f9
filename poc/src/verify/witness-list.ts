/**
 * The ordered list of checks for the rows the fast path gave up on: the first that fails names the reason.
 *
 * checks/*.ts say what each check is. The cheap ones, which need only words of the row and of its lines, stand here written out
 * as well, because seven rows in a hundred come this way and calls would cost them more than the checks do (`bun run bench
 * core`); the others go through the check itself. A property test judges every row both ways and wants one answer. Rows come many
 * at a time, so that this loop and the kernel's each stay in the branch predictor and in registers.
 */
import { LINE, LINE_STRIDE, META } from "./hotspot-lines.ts";
import { REASON } from "./reason.ts";
import { CHECK_REASONS, failsCheck, figuresOf } from "./witness-checks.ts";
import type { RowVerdicts } from "./witness-facts.ts";
import { BEACON_LINE, BEACON_STRIDE, NEVER_MS, ROW_STRIDE, type WitnessJob } from "./witness-job.ts";
import { judgeLink, type LinkVerdict, linkPlaces } from "./witness-link.ts";
import { gridCellsOfLines, WitnessRow } from "./witness-row.ts";
import type { WitnessRules } from "./witness-rules.ts";

/** Rows that wait for the list: no verdict is written yet, reason and figures are 0. */
export interface OpenRows {
  readonly row: Int32Array;
  readonly group: Int32Array;
  /** 0: the sender has an earlier row in the group. MAY_BE_NEAR: all is well, unless it is too few grid cells away. Else: nothing known. */
  readonly mark: Int32Array;
}

/** How many rows wait at most. */
export const OPEN_ROWS = 1024;
export const MAY_BE_NEAR = -1;

const link: LinkVerdict = { reason: 0, measured: 0, limit: 0, ratio: 0 };

/** Writes the verdicts of the first `count` open rows. */
export function judgeOpenRows(job: WitnessJob, open: OpenRows, count: number, out: RowVerdicts): void {
  const { beacons, lag, lines, rows, rules, starts } = job;
  const { bits, limits, order } = rules;
  const { reason: outReason, measured: outMeasured, limit: outLimit, linkRatio: outRatio } = out;
  const facts = new WitnessRow(job);
  const costly = askedCostly(job);
  const firstCostly = costly[0];
  const places = linkPlaces(job);
  for (let index = 0; index < count; index++) {
    const row = open.row[index];
    const group = open.group[index];
    const mark = open.mark[index];
    const repeated = mark === 0;
    const p = row * ROW_STRIDE;
    const at = group * BEACON_STRIDE;
    const word = rows[p];
    const hotspot = word & 0xffffff;
    const line = hotspot * LINE_STRIDE;
    const meta = lines[line + LINE.meta];
    const beaconer = beacons[at + BEACON_LINE.hotspot];
    const own = beaconer * LINE_STRIDE;
    if (mark === MAY_BE_NEAR) {
      if (gridCellsOfLines(lines, own, line) >= limits.minimumGridCells) continue;
      outRatio[row] = 0;
    }
    const region = lines[own + LINE.meta] & META.regionMask;
    const receiveMs = rows[p + 3] >>> 0;
    const firstMs = beacons[at + BEACON_LINE.firstOffsetMs];
    const lastMs = beacons[at + BEACON_LINE.lastOffsetMs];
    const apartHz = Math.abs((rows[p + 1] >>> 0) - (beacons[at + BEACON_LINE.frequencyHz] >>> 0));
    const differenceHz = limits.frequencyInt32 ? apartHz | 0 : Math.min(apartHz, 0x7fffffff);
    const dataRate = beacons[at + BEACON_LINE.dataRate];
    const snrDdb = (rows[p + 2] << 16) >> 16;
    const snrFloor = rules.snrFloorDdb[dataRate & 15];
    let lagMs = 0;
    let lagLimitMs = NEVER_MS;
    if (lag !== null) {
      const beaconMs = beacons[at + BEACON_LINE.receiveOffsetMs] >>> 0;
      const firstWitnessMs = rows[starts[group] * ROW_STRIDE + 3] >>> 0;
      lagMs = receiveMs - Math.min(beaconMs, firstWitnessMs);
      lagLimitMs = beaconMs <= firstWitnessMs ? lag.behindBeaconMs : lag.behindWitnessMs;
    }
    // A bit for every check that fails, the first of the order uppermost.
    let failed = 0;
    // Unregistered senders share a line, so none of them repeats another.
    if (repeated && (meta & META.unregistered) === 0) failed |= bits[0];
    if ((meta & META.unregistered) !== 0) failed |= bits[1];
    if ((meta & META.notAsserted) !== 0) failed |= bits[2];
    if ((meta & META.suspended) !== 0) failed |= bits[3];
    if (hotspot === beaconer) failed |= bits[5];
    if (receiveMs < firstMs || receiveMs > lastMs) failed |= bits[6];
    if (receiveMs < firstMs) failed |= bits[7];
    if (receiveMs > lastMs) failed |= bits[8];
    if (lagMs > lagLimitMs) failed |= bits[9];
    if ((meta & META.dataOnly) !== 0) failed |= bits[10];
    if (differenceHz > limits.frequencyToleranceHz) failed |= bits[11];
    if ((meta & META.regionMask) !== region) failed |= bits[12];
    if (word >>> 24 !== dataRate) failed |= bits[13];
    if (snrDdb < snrFloor) failed |= bits[16];
    const place = Math.clz32(failed);
    if (firstCostly < place) {
      if (places !== null && judgeLink(job, places, place, p, at, line, own, link)) {
        if (link.reason !== 0) {
          outReason[row] = link.reason;
          outMeasured[row] = link.measured;
          outLimit[row] = link.limit;
          continue;
        }
        if (failed === 0) {
          outRatio[row] = link.ratio;
          continue;
        }
      } else {
        facts.select(group, row, repeated);
        const costlyCode = firstCostlyFailure(rules, costly, facts, place);
        if (costlyCode !== NONE) {
          figuresOf(costlyCode, facts, limits, row, out);
          continue;
        }
        if (failed === 0) {
          outRatio[row] = facts.linkRatio;
          continue;
        }
      }
    }
    const zeroMs = beacons[at + BEACON_LINE.zeroOffsetMs];
    const code = order[place];
    let measured = 0;
    let limit = 1;
    switch (code) {
      case 0:
        measured = 2;
        break;
      case 3:
        measured = 1;
        limit = 0;
        break;
      case 5:
        measured = hotspot;
        limit = beaconer;
        break;
      case 6:
      case 8:
        measured = receiveMs - zeroMs;
        limit = lastMs - zeroMs;
        break;
      case 7:
        measured = receiveMs - zeroMs;
        limit = firstMs - zeroMs;
        break;
      case 9:
        measured = lagMs;
        limit = lagLimitMs;
        break;
      case 11:
        measured = differenceHz;
        limit = limits.frequencyToleranceHz;
        break;
      case 12:
        measured = meta & META.regionMask;
        limit = region;
        break;
      case 13:
        measured = word >>> 24;
        limit = dataRate;
        break;
      case 16:
        measured = snrDdb;
        limit = snrFloor;
        break;
      default:
    }
    outReason[row] = CHECK_REASONS[code];
    outMeasured[row] = measured;
    outLimit[row] = limit;
  }
}

const NONE = -1;
/** Places of the costly checks, without that of denied edges where none are: it comes first, so nearly every row would ask it. */
function askedCostly({ deniedEdges, rules: { costly, order } }: WitnessJob): Uint8Array {
  return deniedEdges === null ? costly.filter((place) => CHECK_REASONS[order[place]] !== REASON.denied_edge) : costly;
}

/** Code of the first costly check before `place` that the selected row fails, or NONE. */
function firstCostlyFailure(
  { limits, order }: WitnessRules,
  costly: Uint8Array,
  facts: WitnessRow,
  place: number,
): number {
  for (let index = 0; costly[index] < place; index++) {
    const code = order[costly[index]];
    if (failsCheck(code, facts, limits)) return code;
  }
  return NONE;
}
