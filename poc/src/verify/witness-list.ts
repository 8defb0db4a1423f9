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
  const { limits, order } = rules;
  const p = row * ROW_STRIDE;
  const at = group * BEACON_STRIDE;
  const word = rows[p];
  const hotspot = word & 0xffffff;
  const meta = lines[hotspot * LINE_STRIDE + LINE.meta];
  const beaconer = beacons[at + BEACON_LINE.hotspot];
  const receiveMs = rows[p + 3] >>> 0;
  const zeroMs = beacons[at + BEACON_LINE.zeroOffsetMs];
  let isShown = false;
  let measured = 0;
  let limit = 0;
  for (let index = 0; index < order.length; index++) {
    const code = order[index];
    switch (code) {
      case 0: // duplicate; unregistered senders share a line, so none of them repeats another
        if (!repeated || (meta & META.unregistered) !== 0) continue;
        measured = 2;
        limit = 1;
        break;
      case 1: // gateway_not_found
        if ((meta & META.unregistered) === 0) continue;
        measured = 0;
        limit = 1;
        break;
      case 2: // not_asserted
        if ((meta & META.notAsserted) === 0) continue;
        measured = 0;
        limit = 1;
        break;
      case 3: // denied
        if ((meta & META.suspended) === 0) continue;
        measured = 1;
        limit = 0;
        break;
      case 5: // self_witness
        if (hotspot !== beaconer) continue;
        measured = hotspot;
        limit = beaconer;
        break;
      case 6: // entropy_expired
        limit = beacons[at + BEACON_LINE.lastOffsetMs];
        if (receiveMs <= limit && receiveMs >= beacons[at + BEACON_LINE.firstOffsetMs]) continue;
        measured = receiveMs - zeroMs;
        limit -= zeroMs;
        break;
      case 7: // early
        limit = beacons[at + BEACON_LINE.firstOffsetMs];
        if (receiveMs >= limit) continue;
        measured = receiveMs - zeroMs;
        limit -= zeroMs;
        break;
      case 8: // late
        limit = beacons[at + BEACON_LINE.lastOffsetMs];
        if (receiveMs <= limit) continue;
        measured = receiveMs - zeroMs;
        limit -= zeroMs;
        break;
      case 10: // invalid_capability
        if ((meta & META.dataOnly) === 0) continue;
        measured = 0;
        limit = 1;
        break;
      case 11: // invalid_frequency
        measured = Math.abs((rows[p + 1] >>> 0) - (beacons[at + BEACON_LINE.frequencyHz] >>> 0));
        measured = limits.frequencyInt32 ? measured | 0 : Math.min(measured, 0x7fffffff);
        limit = limits.frequencyToleranceHz;
        if (measured <= limit) continue;
        break;
      case 12: // invalid_region
        measured = meta & META.regionMask;
        limit = lines[beaconer * LINE_STRIDE + LINE.meta] & META.regionMask;
        if (measured === limit) continue;
        break;
      case 13: // invalid_data_rate
        measured = word >>> 24;
        limit = beacons[at + BEACON_LINE.dataRate];
        if (measured === limit) continue;
        break;
      case 16: // bad_snr
        measured = (rows[p + 2] << 16) >> 16;
        limit = rules.snrFloorDdb[beacons[at + BEACON_LINE.dataRate] & 15];
        if (measured >= limit) continue;
        break;
      default:
        if (!isShown) facts.select(group, row, repeated);
        isShown = true;
        if (!failsCheck(code, facts, limits)) continue;
        figuresOf(code, facts, limits, row, out);
        return;
    }
    out.reason[row] = CHECK_REASONS[code];
    out.measured[row] = measured;
    out.limit[row] = limit;
    return;
  }
  if (!isShown) facts.select(group, row, repeated);
  out.linkRatio[row] = facts.linkRatio;
}
