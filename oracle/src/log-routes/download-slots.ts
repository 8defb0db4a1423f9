/**
 * Who may download a segment now: each download holds one in memory until it is sent, so there are few at a time, and clients that do not
 * read must not keep the others out, least of all the oracles that mirror this log. One address has half of the places at most; when all are
 * taken, whoever comes takes the place of one that has had its fair time.
 */

export interface DownloadLimits {
  readonly most: number;
  readonly steadyMs: () => number;
}

interface Download {
  readonly address: string;
  /** Until then nobody takes its place, ms of the steady clock. */
  readonly fairMs: number;
  readonly end: () => void;
}

/** What everybody is given, ms, and what a segment takes at 1 MiB/s on top of it. */
const LEAST_MS = 5000;
const BYTES_PER_MS = 1024 * 1.024;

export class DownloadSlots {
  readonly #limits: DownloadLimits;
  /** In the order they began. */
  readonly #downloads = new Set<Download>();

  constructor(limits: DownloadLimits) {
    this.#limits = limits;
  }

  /** Begins a download of so many bytes and gives what tells that it is over; undefined where there is no place. `end` breaks it off. */
  take(address: string, bytes: number, end: () => void): (() => void) | undefined {
    const { most, steadyMs } = this.#limits;
    const nowMs = steadyMs();
    const all = [...this.#downloads];
    const own = all.filter((one) => one.address === address);
    const isOwnFull = own.length >= Math.ceil(most / 2);
    if (isOwnFull || all.length >= most) {
      const late = (isOwnFull ? own : all).find(({ fairMs }) => fairMs <= nowMs);
      if (late === undefined) return undefined;
      this.#downloads.delete(late);
      late.end();
    }
    const download = { address, fairMs: nowMs + LEAST_MS + bytes / BYTES_PER_MS, end };
    this.#downloads.add(download);
    return () => void this.#downloads.delete(download);
  }
}
