/**
 * What accounts were before the newest blocks changed them, so that a read at `confirmed` or `finalized` sees that block's state.
 *
 * LiteSVM holds the newest state only. Per block, the first image of every account the block changes is kept here; the state after
 * block h is the newest state with the images of the blocks above h laid over it, oldest last.
 */
import type { AccountImage } from "./svm.ts";

export class AccountHistory {
  readonly #before = new Map<number, Map<string, AccountImage | null>>();

  /** Notes that a block changed an account, and what it was before; null where there was none. */
  note(height: number, address: string, before: AccountImage | null): void {
    let block = this.#before.get(height);
    if (block === undefined) {
      block = new Map();
      this.#before.set(height, block);
    }
    if (!block.has(address)) block.set(address, before);
  }

  /** Forgets the blocks up to a height: nobody reads at an older state any more. */
  forget(height: number): void {
    for (const known of this.#before.keys()) if (known <= height) this.#before.delete(known);
  }

  /** The account after a block, given what it is now and the height of the open block. */
  after(height: number, openHeight: number, address: string, now: () => AccountImage | null): AccountImage | null {
    for (let later = height + 1; later <= openHeight; later++) {
      const image = this.#before.get(later)?.get(address);
      if (image !== undefined) return image;
    }
    return now();
  }

  /** A program's accounts after a block, given those it has now. */
  programAfter(
    height: number,
    openHeight: number,
    program: string,
    now: Map<string, AccountImage>,
  ): Map<string, AccountImage> {
    for (let later = openHeight; later > height; later--) {
      for (const [address, image] of this.#before.get(later) ?? []) {
        if (image?.owner === program) now.set(address, image);
        else now.delete(address);
      }
    }
    return now;
  }

  /** The addresses a block changed. */
  changedIn(height: number): readonly string[] {
    return [...(this.#before.get(height)?.keys() ?? [])];
  }
}

/** Whether two images of one account are the same. */
export function isSameImage(left: AccountImage | null, right: AccountImage | null): boolean {
  if (left === null || right === null) return left === right;
  return (
    left.lamports === right.lamports &&
    left.owner === right.owner &&
    left.executable === right.executable &&
    Buffer.compare(left.data, right.data) === 0
  );
}
