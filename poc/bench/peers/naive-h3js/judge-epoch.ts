/** All verdicts of an epoch of objects, beacon by beacon and then the rows of no beacon. */
import type { NaiveBeacon, NaiveEpoch } from "./epoch-objects.ts";
import { judgeEarshot, judgeHelium, type NaiveVerdict } from "./judge.ts";

const STALE: NaiveVerdict = { reason: 16, measured: 0, limit: 1 };

/** One verdict a row, in the order of `epoch.logRow`. */
export function judgeEpoch(epoch: NaiveEpoch, isHelium: boolean): NaiveVerdict[] {
  const verdicts = epoch.beacons.flatMap((beacon) => judgeBeacon(beacon, isHelium));
  return verdicts.concat(epoch.stale.map(() => STALE));
}

function judgeBeacon(beacon: NaiveBeacon, isHelium: boolean): NaiveVerdict[] {
  const { reason, measured, witnesses, receiveMs } = beacon;
  if (reason !== 0) return witnesses.map(() => ({ reason, measured, limit: 0 }));
  const seen = new Set<number>();
  const first = witnesses[0]?.receiveMs ?? receiveMs;
  const lag = receiveMs <= first ? { fromMs: receiveMs, limitMs: 4_000 } : { fromMs: first, limitMs: 1_500 };
  return witnesses.map((row) => {
    const isRepeated = row.hotspot !== null && seen.has(row.hotspot.id);
    if (row.hotspot !== null) seen.add(row.hotspot.id);
    return isHelium ? judgeHelium(beacon, row, isRepeated, lag) : judgeEarshot(beacon, row, isRepeated);
  });
}
