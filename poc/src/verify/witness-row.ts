/**
 * A packed row as the checks see it: every fact is read, or worked out, when a check asks for it.
 *
 * The kernel points one such object at the rows its fast path gives up on. Most fail a check early, so nothing is filled in ahead;
 * distance and bound are worked out once per row, when the first check needs both places.
 */
import {
  axialDistance,
  chordSquared,
  GRID_NEEDS_CELLS,
  gridDistanceLocal,
  roundedDistanceM,
  surfaceDistanceM,
} from "@earshot/geo";
import { linkLossDdb } from "../radio/path-loss.ts";
import { LINE, LINE_STRIDE, META } from "./hotspot-lines.ts";
import { farthestChordSquared, hasPrivateEnd, nearestChordSquared } from "./private-reach.ts";
import type { WitnessFacts } from "./witness-facts.ts";
import {
  BEACON_LINE,
  BEACON_STRIDE,
  edgeCode,
  HALF_METRE_BAND_M,
  NEVER_MS,
  ROW_STRIDE,
  type WitnessJob,
} from "./witness-job.ts";

export class WitnessRow implements WitnessFacts {
  private readonly job: WitnessJob;
  private readonly lines: Int32Array;
  private readonly rows: Int32Array;
  private readonly beacons: Int32Array;
  /** Where the row, its sender's line, its beacon's line and the beaconer's line start. */
  private packed = 0;
  private line = 0;
  private beacon = 0;
  private own = 0;
  private firstPacked = 0;
  private isRepeated = false;
  private isPlaced = false;
  private nearest = 0;
  private metres = 0;
  private bound = 0;

  constructor(job: WitnessJob) {
    this.job = job;
    this.lines = job.lines;
    this.rows = job.rows;
    this.beacons = job.beacons;
  }

  /** Points at a row of a group; `repeated`: its sender has an earlier row there. */
  select(group: number, row: number, repeated: boolean): void {
    this.packed = row * ROW_STRIDE;
    this.line = (this.rows[this.packed] & 0xffffff) * LINE_STRIDE;
    this.beacon = group * BEACON_STRIDE;
    this.own = this.beacons[this.beacon + BEACON_LINE.hotspot] * LINE_STRIDE;
    this.firstPacked = this.job.starts[group] * ROW_STRIDE;
    this.isRepeated = repeated;
    this.isPlaced = false;
  }

  get hotspot(): number {
    return this.rows[this.packed] & 0xffffff;
  }

  get beaconer(): number {
    return this.beacons[this.beacon + BEACON_LINE.hotspot];
  }

  get meta(): number {
    return this.lines[this.line + LINE.meta];
  }

  get beaconerMeta(): number {
    return this.lines[this.own + LINE.meta];
  }

  /** Unregistered senders share a line, so none of them is a repetition. */
  get place(): number {
    return this.isRepeated && (this.meta & META.unregistered) === 0 ? 2 : 1;
  }

  get edgeDenied(): boolean {
    const { deniedEdges } = this.job;
    return deniedEdges?.has(edgeCode(this.hotspot, this.beaconer)) ?? false;
  }

  get receiveOffsetMs(): number {
    return this.rows[this.packed + 3] >>> 0;
  }

  get zeroOffsetMs(): number {
    return this.beacons[this.beacon + BEACON_LINE.zeroOffsetMs];
  }

  get firstOffsetMs(): number {
    return this.beacons[this.beacon + BEACON_LINE.firstOffsetMs];
  }

  get lastOffsetMs(): number {
    return this.beacons[this.beacon + BEACON_LINE.lastOffsetMs];
  }

  /** What a lag is counted from: the beacon when it arrived no later than the first witness, else that witness. */
  get lagReferenceMs(): number {
    const beaconMs = this.beacons[this.beacon + BEACON_LINE.receiveOffsetMs] >>> 0;
    return Math.min(beaconMs, this.rows[this.firstPacked + 3] >>> 0);
  }

  get lagLimitMs(): number {
    const { lag } = this.job;
    if (lag === null) return NEVER_MS;
    const beaconMs = this.beacons[this.beacon + BEACON_LINE.receiveOffsetMs] >>> 0;
    return beaconMs <= this.rows[this.firstPacked + 3] >>> 0 ? lag.behindBeaconMs : lag.behindWitnessMs;
  }

  get frequencyHz(): number {
    return this.rows[this.packed + 1] >>> 0;
  }

  get beaconFrequencyHz(): number {
    return this.beacons[this.beacon + BEACON_LINE.frequencyHz] >>> 0;
  }

  get dataRate(): number {
    return this.rows[this.packed] >>> 24;
  }

  get beaconDataRate(): number {
    return this.beacons[this.beacon + BEACON_LINE.dataRate];
  }

  get snrDdb(): number {
    return (this.rows[this.packed + 2] << 16) >> 16;
  }

  get snrFloorDdb(): number {
    return this.job.rules.snrFloorDdb[this.beaconDataRate & 15];
  }

  get rssiDdbm(): number {
    return this.rows[this.packed + 2] >> 16;
  }

  get boundDdbm(): number {
    if (!this.isPlaced) this.measure();
    return this.bound;
  }

  get nearestM(): number {
    if (!this.isPlaced) this.measure();
    return this.nearest;
  }

  get farthestM(): number {
    if (!this.isPlaced) this.measure();
    return this.metres;
  }

  get gridCells(): number {
    const cells = gridCellsOfLines(this.lines, this.own, this.line);
    return cells === GRID_NEEDS_CELLS ? this.job.geometry.gridCells(this.beaconer, this.hotspot) : cells;
  }

  /** Squared distance times frequency over the threshold of the loss the RSSI leaves room for (witness-facts.ts). */
  get linkRatio(): number {
    const { rules } = this.job;
    const { thresholds } = rules.loss;
    const full =
      this.beacons[this.beacon + BEACON_LINE.eirpDdbm] + rules.toleranceDdb + this.lines[this.line + LINE.gain];
    const product = this.farthestM * this.frequencyHz;
    const allowed = Math.max(0, Math.min(thresholds.length - 1, full - this.rssiDdbm));
    return (product * product) / thresholds[allowed];
  }

  private measure(): void {
    const { lines, own, line } = this;
    const { rules, geometry } = this.job;
    const { loss } = rules;
    const frequencyHz = this.frequencyHz;
    const full = this.beacons[this.beacon + BEACON_LINE.eirpDdbm] + rules.toleranceDdb + lines[line + LINE.gain];
    const square = chordSquared(
      lines[line + LINE.x] - lines[own + LINE.x],
      lines[line + LINE.y] - lines[own + LINE.y],
      lines[line + LINE.z] - lines[own + LINE.z],
    );
    const isVague = hasPrivateEnd(lines, line, own);
    const metres = surfaceDistanceM(isVague ? farthestChordSquared(lines, line, own, square) : square);
    this.metres = Math.floor(metres + 0.5);
    this.nearest = isVague ? roundedDistanceM(nearestChordSquared(lines, line, own, square)) : this.metres;
    this.bound = full - linkLossDdb(loss, this.metres, frequencyHz);
    this.isPlaced = true;
    const part = metres + 0.5 - this.metres;
    if (!rules.haversineRounding || (part >= HALF_METRE_BAND_M && part <= 1 - HALF_METRE_BAND_M)) return;
    const other = part < 0.5 ? this.metres - 1 : this.metres + 1;
    const otherBound = full - linkLossDdb(loss, other, frequencyHz);
    const isOpen = otherBound !== this.bound || Math.max(this.metres, other) > rules.limits.maximumM;
    if (isOpen && Math.floor(geometry.haversineM(this.beaconer, this.hotspot) + 0.5) === other) {
      this.nearest = other;
      this.metres = other;
      this.bound = otherBound;
    }
  }
}

/** Grid distance from two lines alone: H3's, or GRID_UNCOMPUTABLE, or GRID_NEEDS_CELLS beside a pentagon. */
export function gridCellsOfLines(lines: Int32Array, a: number, b: number): number {
  const isOnePlace = ((lines[a + LINE.meta] ^ lines[b + LINE.meta]) & META.placeMask) === 0;
  // The centre of a pentagon, sector 7, shares its place with itself alone.
  if (isOnePlace) return axialDistance(lines[a + LINE.i] - lines[b + LINE.i], lines[a + LINE.j] - lines[b + LINE.j]);
  return gridDistanceLocal(
    (lines[a + LINE.meta] & META.baseCellMask) >> META.baseCellShift,
    lines[a + LINE.i],
    lines[a + LINE.j],
    (lines[b + LINE.meta] & META.baseCellMask) >> META.baseCellShift,
    lines[b + LINE.i],
    lines[b + LINE.j],
  );
}
