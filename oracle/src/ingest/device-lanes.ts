/** One after the other per device: uploads of a device meet its chain in the order they came, however many come at once. */

/** Uploads of one device that may wait for one before them; an honest device has one outstanding. */
export const MAX_WAITING_PER_DEVICE = 4;

export class DeviceLanes {
  readonly #lanes = new Map<string, { last: Promise<unknown>; waiting: number }>();

  /** Devices with something under way. */
  get size(): number {
    return this.#lanes.size;
  }

  /** Runs `work` after everything of this device that came before; undefined, and nothing run, when too much waits already. */
  run<T>(device: string, work: () => Promise<T>): Promise<T> | undefined {
    const lane = this.#lanes.get(device);
    if (lane === undefined) {
      const first = { last: Promise.resolve() as Promise<unknown>, waiting: 1 };
      this.#lanes.set(device, first);
      return this.#follow(device, first, work());
    }
    if (lane.waiting > MAX_WAITING_PER_DEVICE) return undefined;
    lane.waiting++;
    return this.#follow(device, lane, lane.last.then(work, work));
  }

  #follow<T>(device: string, lane: { last: Promise<unknown>; waiting: number }, turn: Promise<T>): Promise<T> {
    lane.last = turn;
    const done = () => {
      if (--lane.waiting === 0) this.#lanes.delete(device);
    };
    turn.then(done, done);
    return turn;
  }
}
