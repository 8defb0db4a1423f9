/** One destination while it is attached: its lanes, its pump, and what came while its backlog was still read. */
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { Destination, UplinkPacket } from "../messages.ts";
import type { Telemetry } from "../telemetry.ts";
import { DeliveryPump, type DropReason } from "./delivery-pump.ts";
import { DeviceLanes } from "./device-lanes.ts";
import type { LaneKey } from "./frame-lane.ts";
import type { PendingPackets } from "./pending-packets.ts";
import type { SpoolLimits } from "./spool-limits.ts";

/** Deliveries of one destination under way at once. */
const maxInFlight = 512;

export interface AttachmentOptions
  extends Pick<SpoolLimits, "maxAgeMs" | "deviceSpacingMs" | "replayPerSecond" | "joinMaxAgeMs"> {
  readonly clock: Clock;
  readonly log: Log;
  readonly telemetry: Telemetry;
  readonly pending: PendingPackets;
  /** A packet that waited longer than this is a replay, ms. */
  readonly liveMs: number;
}

/** A packet that waits for the end of the backlog. */
interface LatePacket {
  readonly row: number;
  readonly key: LaneKey;
  readonly isJoin: boolean;
}

/** How a destination is through with a row: it has the packet, or does not get it and why. */
export type OnSettled = (row: number, packet: UplinkPacket | null, dropped: DropReason | null) => void;

export class AttachedDestination {
  readonly destination: Destination;
  /** As the cursors name it. */
  readonly number: number;
  /** It was never attached before: it gets what comes, and nothing of what there is. */
  readonly isNew: boolean;
  readonly lanes: DeviceLanes;
  readonly pump: DeliveryPump;
  readonly #clock: Clock;
  readonly #pending: PendingPackets;
  /** Null once the backlog stands in the lanes. */
  #behind: LatePacket[] | null = [];

  constructor(
    destination: Destination,
    { number, isNew }: { readonly number: number; readonly isNew: boolean },
    options: AttachmentOptions,
    onSettled: OnSettled,
  ) {
    const { clock, pending, deviceSpacingMs, replayPerSecond, joinMaxAgeMs, maxAgeMs, liveMs } = options;
    this.destination = destination;
    this.number = number;
    this.isNew = isNew;
    this.#clock = clock;
    this.#pending = pending;
    this.lanes = new DeviceLanes(pending.table, {
      spacingMs: deviceSpacingMs,
      maxInFlight,
      liveMs,
      replayPerSecond,
      joinMaxAgeMs,
      maxAgeMs,
      replay: destination.replay,
    });
    this.pump = new DeliveryPump({
      destination,
      lanes: this.lanes,
      clock,
      log: options.log,
      telemetry: options.telemetry,
      fetch: (row) => pending.fetch(row),
      onDone: onSettled,
    });
  }

  /** Rows that are not settled. */
  get waiting(): number {
    return this.lanes.pending + (this.#behind?.length ?? 0);
  }

  /** Queues a packet that came now, behind the backlog. */
  queue(row: number, key: LaneKey, isJoin: boolean): void {
    if (this.#behind === null) this.lanes.add(row, key, isJoin, this.#clock.nowMs());
    else this.#behind.push({ row, key, isJoin });
  }

  /** Queues a packet of the backlog. */
  queueStored(row: number, key: LaneKey, isJoin: boolean): void {
    this.lanes.add(row, key, isJoin, this.#clock.nowMs());
  }

  /** The backlog stands in the lanes: what came meanwhile follows. */
  backlogRead(): void {
    for (const { row, key, isJoin } of this.#behind ?? []) this.queueStored(row, key, isJoin);
    this.#behind = null;
    this.pump.wake();
  }

  /** Lets deliveries under way end and gives up the rows that wait; what is on disk stays there. */
  async leave(): Promise<void> {
    await this.pump.close();
    for (const row of this.lanes.waiting()) this.#pending.abandon(row);
    for (const { row } of this.#behind ?? []) this.#pending.abandon(row);
  }
}
