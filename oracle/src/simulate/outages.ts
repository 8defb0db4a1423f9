/** When a hotspot is off the air or off the net during an epoch. */
import { OUTAGE } from "./behaviour.ts";
import { randomStream } from "./random.ts";

export interface Outage {
  /** ms since the start of the epoch; `toMs` may lie beyond its end. */
  readonly fromMs: number;
  readonly toMs: number;
  /** True when only the uplink is down: the radio works and reports wait. */
  readonly isUplink: boolean;
}

/** The outage of a hotspot in an epoch, if it has one. */
export function outageOf(seed: string, id: string, epoch: number, epochMs: number): Outage | undefined {
  const stream = randomStream(seed, "outage", id, epoch);
  if (!stream.chance(OUTAGE.dailyChance)) return undefined;
  const isUplink = stream.chance(OUTAGE.uplinkShare);
  // The square favours short ones: a router restarts more often than a fuse blows.
  const part = stream.unit();
  const lengthMs = OUTAGE.fromMs + Math.floor((OUTAGE.toMs - OUTAGE.fromMs) * part * part);
  const fromMs = stream.below(epochMs);
  return { fromMs, toMs: fromMs + lengthMs, isUplink };
}

/** Whether the power is off at a moment. */
export function isDark(outage: Outage | undefined, atMs: number): boolean {
  return outage !== undefined && !outage.isUplink && atMs >= outage.fromMs && atMs < outage.toMs;
}
