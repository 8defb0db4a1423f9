/** Who has how many reports in a partition that no beacon explains yet: a payload may be anything, and each is a group of its own. */

/** Of one sender: ten times what a radio hears in a window on eight channels, in one of 16 partitions. */
const MAX_OF_SENDER = 256;
/** Of all senders: some 150 MB. */
const MAX_WAITING = 65_536;

export class WaitingReports {
  readonly #bySender = new Map<string, number>();
  #count = 0;

  /** Takes one more of a sender; false where it has too many, or all together have. */
  take(sender: string): boolean {
    const own = this.#bySender.get(sender) ?? 0;
    if (own >= MAX_OF_SENDER || this.#count >= MAX_WAITING) return false;
    this.#bySender.set(sender, own + 1);
    this.#count++;
    return true;
  }

  /** One of each of these senders waits no longer. */
  release(senders: Iterable<string>): void {
    for (const sender of senders) {
      const left = this.#bySender.get(sender)! - 1;
      if (left === 0) this.#bySender.delete(sender);
      else this.#bySender.set(sender, left);
      this.#count--;
    }
  }
}
