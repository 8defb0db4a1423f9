/**
 * The checks of a link, written out: too near, too far, too loud, for rows the fast path gave up on.
 *
 * checks/distance.ts and checks/radio.ts say what they are. Asked one by one through a row (witness-row.ts) they cost such a row three times
 * what the rest of the list does (`bun run bench core`), most of it in leaving one check for the next. What positions alone do not
 * decide, denied edges, roundings on the edge of a half metre and grid distances beside a pentagon, stays with the checks.
 */
import { GRID_NEEDS_CELLS, roundedDistanceM, surfaceDistanceM } from "@earshot/geo";
import { linkLossDdb } from "../radio/path-loss.ts";
import { LINE } from "./hotspot-lines.ts";
import { farthestChordSquared, hasPrivateEnd, nearestChordSquared } from "./private-reach.ts";
import { REASON } from "./reason.ts";
import { CHECK_REASONS } from "./witness-checks.ts";
import { BEACON_LINE, HALF_METRE_BAND_M, type WitnessJob } from "./witness-job.ts";
import { gridCellsOfLines } from "./witness-row.ts";

/** Beyond every place of the order. */
const NO_PLACE = 32;

/** Places of the three checks in the preset's order, NO_PLACE where it lacks one. */
export interface LinkPlaces {
  readonly near: number;
  readonly far: number;
  readonly loud: number;
}

/** What became of a row: the reason, 0 when no check fails, its figures, and the link ratio of a row that passes. */
export interface LinkVerdict {
  reason: number;
  measured: number;
  limit: number;
  ratio: number;
}

/** The places, or null where the checks have to be asked one by one. */
export function linkPlaces({ deniedEdges, rules: { order } }: WitnessJob): LinkPlaces | null {
  const placeOf = (reason: number) => {
    const place = order.findIndex((code) => CHECK_REASONS[code] === reason);
    return place < 0 ? NO_PLACE : place;
  };
  const near = placeOf(REASON.below_min_distance);
  const far = placeOf(REASON.max_distance_exceeded);
  const loud = placeOf(REASON.bad_rssi);
  const isInOrder = near <= far && far <= loud;
  return deniedEdges === null && isInOrder ? { near, far, loud } : null;
}

/**
 * Judges the link of a row by the checks that stand before `place`. `packed`, `beacon`, `line` and `own` are where the row, its beacon's line
 * and the lines of sender and beaconer start. False, and nothing written, where only the checks themselves know.
 */
export function judgeLink(
  job: WitnessJob,
  places: LinkPlaces,
  place: number,
  packed: number,
  beacon: number,
  line: number,
  own: number,
  verdict: LinkVerdict,
): boolean {
  const { beacons, lines, rows, rules } = job;
  const { limits, loss } = rules;
  const dx = lines[line + LINE.x] - lines[own + LINE.x];
  const dy = lines[line + LINE.y] - lines[own + LINE.y];
  const dz = lines[line + LINE.z] - lines[own + LINE.z];
  const square = dx * dx + dy * dy + dz * dz;
  const exactM = surfaceDistanceM(square);
  let nearestM = Math.floor(exactM + 0.5);
  let metres = nearestM;
  if (hasPrivateEnd(lines, line, own)) {
    nearestM = roundedDistanceM(nearestChordSquared(lines, line, own, square));
    metres = roundedDistanceM(farthestChordSquared(lines, line, own, square));
  }
  if (rules.haversineRounding) {
    const part = exactM + 0.5 - metres;
    if (part < HALF_METRE_BAND_M || part > 1 - HALF_METRE_BAND_M) return false;
  }
  verdict.reason = 0;
  if (places.near < place) {
    const isGrid = limits.minimumGridCells > 0;
    const apart = isGrid ? gridCellsOfLines(lines, own, line) : nearestM;
    if (isGrid && apart === GRID_NEEDS_CELLS) return false;
    const least = isGrid ? limits.minimumGridCells : limits.minimumM;
    if (apart < least) {
      verdict.reason = REASON.below_min_distance;
      verdict.measured = apart;
      verdict.limit = least;
      return true;
    }
  }
  if (places.far < place && metres > limits.maximumM) {
    verdict.reason = REASON.max_distance_exceeded;
    verdict.measured = metres;
    verdict.limit = limits.maximumM;
    return true;
  }
  const frequencyHz = rows[packed + 1] >>> 0;
  const rssiDdbm = rows[packed + 2] >> 16;
  const fullDdbm = beacons[beacon + BEACON_LINE.eirpDdbm] + rules.toleranceDdb + lines[line + LINE.gain];
  if (places.loud < place) {
    const boundDdbm = fullDdbm - linkLossDdb(loss, metres, frequencyHz);
    if (rssiDdbm > boundDdbm) {
      verdict.reason = REASON.bad_rssi;
      verdict.measured = rssiDdbm;
      verdict.limit = boundDdbm;
      return true;
    }
  }
  const { thresholds } = loss;
  const product = metres * frequencyHz;
  verdict.ratio = (product * product) / thresholds[Math.max(0, Math.min(thresholds.length - 1, fullDdbm - rssiDdbm))];
  return true;
}
