/**
 * The least that a spool is to a destination, in memory: per device oldest first and one at a time, offered while ready, offered
 * again after `retry`.
 */
import type { DeliveryOutcome, Destination, DestinationHandle, UplinkPacket } from "../../src/messages.ts";

interface Waiting {
  readonly packet: UplinkPacket;
  attempt: number;
}

export class SmallSpool {
  readonly outcomes: { readonly destination: string; readonly outcome: DeliveryOutcome }[] = [];
  readonly retired: string[] = [];
  readonly #attached = new Map<string, Lanes>();

  /** Destinations that it takes. */
  room = 255;

  readonly fitting = (names: readonly string[]): readonly string[] =>
    names.slice(0, this.room - [...this.#attached.values()].filter(({ isAttached }) => isAttached).length);

  readonly attachAll = (destinations: readonly Destination[]): readonly DestinationHandle[] =>
    destinations.map((destination) => {
      const known = this.#attached.get(destination.name);
      if (known?.isAttached === true) throw new Error(`${destination.name} is attached`);
      const lanes = new Lanes(destination, this.outcomes, known?.waiting() ?? []);
      this.#attached.set(destination.name, lanes);
      return {
        setReady: (isReady) => lanes.setReady(isReady),
        pendingCount: () => lanes.pending,
        detach: () => {
          lanes.isAttached = false;
        },
        retire: (reason) => {
          lanes.isAttached = false;
          this.retired.push(`${destination.name} ${reason}`);
          this.#attached.delete(destination.name);
        },
      };
    });

  /** Queues a packet of one device for every destination that wants it. */
  offer(device: string, packet: UplinkPacket): void {
    for (const lanes of this.#attached.values()) lanes.add(device, packet);
  }

  get pending(): number {
    return [...this.#attached.values()].reduce((sum, lanes) => sum + lanes.pending, 0);
  }
}

class Lanes {
  isAttached = true;
  pending = 0;
  readonly #destination: Destination;
  readonly #outcomes: SmallSpool["outcomes"];
  readonly #devices = new Map<string, Waiting[]>();
  readonly #busy = new Set<string>();
  #isReady = false;

  constructor(
    destination: Destination,
    outcomes: SmallSpool["outcomes"],
    left: readonly (readonly [string, readonly Waiting[]])[],
  ) {
    this.#destination = destination;
    this.#outcomes = outcomes;
    for (const [device, waiting] of left) {
      this.#devices.set(device, [...waiting]);
      this.pending += waiting.length;
    }
  }

  waiting(): readonly (readonly [string, readonly Waiting[]])[] {
    return [...this.#devices];
  }

  setReady(isReady: boolean): void {
    this.#isReady = isReady;
    if (isReady) for (const device of this.#devices.keys()) void this.#drain(device);
  }

  add(device: string, packet: UplinkPacket): void {
    if (!this.#destination.accepts(packet)) return;
    const lane = this.#devices.get(device) ?? [];
    this.#devices.set(device, lane);
    lane.push({ packet, attempt: 0 });
    this.pending++;
    void this.#drain(device);
  }

  async #drain(device: string): Promise<void> {
    const lane = this.#devices.get(device)!;
    if (this.#busy.has(device)) return;
    this.#busy.add(device);
    while (this.#isReady && this.isAttached && lane.length > 0) {
      const first = lane[0]!;
      first.attempt++;
      const { packet, attempt } = first;
      const isReplay = attempt > 1;
      const outcome = await this.#destination.deliver({ packet, isReplay: false, holdMs: 0, attempt });
      this.#outcomes.push({ destination: this.#destination.name, outcome });
      if (outcome === "retry") {
        await new Promise((resolve) => setTimeout(resolve, isReplay ? 20 : 1));
        continue;
      }
      lane.shift();
      this.pending--;
    }
    this.#busy.delete(device);
    if (this.#isReady && this.isAttached && lane.length > 0) void this.#drain(device);
  }
}
