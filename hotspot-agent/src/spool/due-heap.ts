/** Things that fall due at a time: a binary heap with the earliest first; equal times in no particular order. */
export class DueHeap<Thing> {
  readonly #dues: { readonly atMs: number; readonly thing: Thing }[] = [];

  /** When the earliest falls due; null when there is none. */
  get firstMs(): number | null {
    return this.#dues[0]?.atMs ?? null;
  }

  push(atMs: number, thing: Thing): void {
    const dues = this.#dues;
    const due = { atMs, thing };
    let at = dues.length;
    dues.push(due);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (dues[parent].atMs <= atMs) break;
      dues[at] = dues[parent];
      at = parent;
    }
    dues[at] = due;
  }

  /** Takes out the earliest if it is due by `nowMs`, else null. */
  take(nowMs: number): Thing | null {
    const dues = this.#dues;
    const first = dues[0];
    if (first === undefined || first.atMs > nowMs) return null;
    const last = dues.pop()!;
    if (dues.length === 0) return first.thing;
    let at = 0;
    for (let child = 1; child < dues.length; child = 2 * at + 1) {
      if (child + 1 < dues.length && dues[child + 1].atMs < dues[child].atMs) child++;
      if (dues[child].atMs >= last.atMs) break;
      dues[at] = dues[child];
      at = child;
    }
    dues[at] = last;
    return first.thing;
  }
}
