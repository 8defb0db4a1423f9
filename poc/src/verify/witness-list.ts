/**
 * The ordered list of checks for one packed row: the first that fails names the reason.
 *
 * checks/*.ts say what each check is. The cheap ones, which need only words of the row and of its lines, stand here written out
 * as well, because seven rows in a hundred come this way and calls would cost them more than the checks do (`bun run bench
 * core`); the others go through the check itself. A property test judges every row both ways and wants one answer.
 */
import { LINE, LINE_STRIDE, META } from "./hotspot-lines.ts";
import { CHECK_REASONS, failsCheck, figuresOf } from "./witness-checks.ts";
import type { RowVerdicts } from "./witness-facts.ts";
import { BEACON_LINE, BEACON_STRIDE, ROW_STRIDE, type WitnessJob } from "./witness-job.ts";
import type { WitnessRow } from "./witness-row.ts";

/** Writes the verdict of `row` of `group`, whose reason and figures are 0 so far; `repeated`: its sender has an earlier row there; `facts` is scratch. */
export function judgeByList(
  job: WitnessJob,
  facts: WitnessRow,
  group: number,
  row: number,
  repeated: boolean,
  out: RowVerdicts,
): void {
  const { beacons, lines, rows, rules } = job;
  const { bits, costly, limits, order } = rules;
  const p = row * ROW_STRIDE;
  const at = group * BEACON_STRIDE;
  const word = rows[p];
  const hotspot = word & 0xffffff;
  const meta = lines[hotspot * LINE_STRIDE + LINE.meta];
  const beaconer = beacons[at + BEACON_LINE.hotspot];
  const region = lines[beaconer * LINE_STRIDE + LINE.meta] & META.regionMask;
  const receiveMs = rows[p + 3] >>> 0;
  const firstMs = beacons[at + BEACON_LINE.firstOffsetMs];
  const lastMs = beacons[at + BEACON_LINE.lastOffsetMs];
  const apartHz = Math.abs((rows[p + 1] >>> 0) - (beacons[at + BEACON_LINE.frequencyHz] >>> 0));
  const differenceHz = limits.frequencyInt32 ? apartHz | 0 : Math.min(apartHz, 0x7fffffff);
  const dataRate = beacons[at + BEACON_LINE.dataRate];
  const snrDdb = (rows[p + 2] << 16) >> 16;
  const snrFloor = rules.snrFloorDdb[dataRate & 15];
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
  if ((meta & META.dataOnly) !== 0) failed |= bits[10];
  if (differenceHz > limits.frequencyToleranceHz) failed |= bits[11];
  if ((meta & META.regionMask) !== region) failed |= bits[12];
  if (word >>> 24 !== dataRate) failed |= bits[13];
  if (snrDdb < snrFloor) failed |= bits[16];
  const place = Math.clz32(failed);
  if (costly[0] < place) {
    facts.select(group, row, repeated);
    for (let index = 0; index < costly.length && costly[index] < place; index++) {
      const code = order[costly[index]];
      if (!failsCheck(code, facts, limits)) continue;
      figuresOf(code, facts, limits, row, out);
      return;
    }
    if (failed === 0) {
      out.linkRatio[row] = facts.linkRatio;
      return;
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
  out.reason[row] = CHECK_REASONS[code];
  out.measured[row] = measured;
  out.limit[row] = limit;
}
