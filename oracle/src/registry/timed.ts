/** A value of the registry that changes with the epoch: what is written in an epoch holds from the next one on. */
import type { AccountReader } from "./account-reader.ts";

export interface Timed<T> {
  /** Holds before `fromEpoch`. */
  readonly current: T;
  /** Holds from `fromEpoch` on. */
  readonly next: T;
  readonly fromEpoch: number;
}

/** The value that holds in an epoch. */
export function timedAt<T>({ current, next, fromEpoch }: Timed<T>, epoch: number): T {
  return epoch >= fromEpoch ? next : current;
}

export function readTimed<T>(reader: AccountReader, read: () => T): Timed<T> {
  return { current: read(), next: read(), fromEpoch: reader.epoch() };
}
