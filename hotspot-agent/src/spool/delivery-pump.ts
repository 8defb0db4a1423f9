/**
 * Moves one destination's packets: asks the lanes what is due, fetches it, sends it, settles it.
 *
 * The lanes decide, this waits and does. A destination that throws is as if it said retry. The hold time of a packet is taken at its
 * first sending, so that the destination encodes the same bytes when it is asked again.
 */
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { DeliveryOutcome, Destination, UplinkPacket } from "../messages.ts";
import type { Telemetry } from "../telemetry.ts";
import type { DeviceLanes, Dispatch } from "./device-lanes.ts";
import type { Fetched } from "./pending-packets.ts";

/** Why a destination does not get a packet. */
export type DropReason = "too_old" | "join_too_old" | "replay_off" | "refused" | "lost_in_memory" | "unreadable";

export interface DeliveryPumpOptions {
  readonly destination: Destination;
  readonly lanes: DeviceLanes;
  readonly clock: Clock;
  readonly log: Log;
  readonly telemetry: Telemetry;
  /** The packet of a row from memory, or a promise of it from the disk; or why it is gone. */
  readonly fetch: (row: number) => Fetched;
  /** A row is through: delivered (null) or given up. The row is to be forgotten here, and is free afterwards. */
  readonly onDone: (row: number, packet: UplinkPacket | null, dropped: DropReason | null) => void;
}

interface FirstSending {
  readonly holdMs: number;
  readonly isReplay: boolean;
  attempts: number;
}

/** Edges for how long a packet waited in the agent, seconds. */
const holdBounds = [0.005, 0.02, 0.1, 1, 10, 60, 600, 3600];

export class DeliveryPump {
  readonly #options: DeliveryPumpOptions;
  readonly #retried = new Map<number, FirstSending>();
  #cancelTimer: (() => void) | null = null;
  #timerMs = 0;
  #isRunning = false;
  #isClosed = false;
  #inFlight = 0;
  #idle: (() => void)[] = [];
  readonly #outcomes;
  readonly #hold;

  constructor(options: DeliveryPumpOptions) {
    this.#options = options;
    const { telemetry } = options;
    const outcomes = telemetry.counter("agent_deliveries_total", "Attempts to deliver, by destination and outcome.");
    const destination = options.destination.name;
    this.#outcomes = {
      delivered: outcomes.series({ destination, outcome: "delivered" }),
      refused: outcomes.series({ destination, outcome: "refused" }),
      retry: outcomes.series({ destination, outcome: "retry" }),
    };
    this.#hold = telemetry.histogram("agent_hold_seconds", "From the datagram to the first sending.", holdBounds);
  }

  /** Something changed: does what is due. */
  wake(): void {
    if (this.#isRunning || this.#isClosed) return;
    this.#isRunning = true;
    const { lanes, clock } = this.#options;
    for (;;) {
      const step = lanes.step(clock.nowMs());
      if (step.kind === "wait") {
        this.#wakeAt(step.atMs);
        break;
      }
      if (step.kind === "drop") this.#options.onDone(step.row, null, step.reason);
      else this.#send(step.dispatch);
    }
    this.#isRunning = false;
  }

  /** A row is through, by whoever said so: the next packet in its place is not known here. */
  forget(row: number): void {
    this.#retried.delete(row);
  }

  /** Stops; settles when nothing is in flight any more. */
  close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelTimer?.();
    return this.#inFlight === 0 ? Promise.resolve() : new Promise((done) => this.#idle.push(done));
  }

  #send(dispatch: Dispatch): void {
    this.#inFlight++;
    const fetched = this.#options.fetch(dispatch.row);
    if (fetched instanceof Promise) {
      fetched.then(
        (packet) => (packet === "unreadable" ? this.#giveUp(dispatch, packet) : this.#deliver(dispatch, packet)),
        (error) => {
          this.#options.log.complain("fetch", "a packet cannot be read back", { error: String(error) });
          this.#giveUp(dispatch, "unreadable");
        },
      );
    } else if (fetched === "lost_in_memory") queueMicrotask(() => this.#giveUp(dispatch, fetched));
    else this.#deliver(dispatch, fetched);
  }

  #deliver(dispatch: Dispatch, packet: UplinkPacket): void {
    const { destination, clock, log } = this.#options;
    const first = this.#retried.get(dispatch.row) ?? {
      holdMs: Math.max(0, Math.floor(clock.nowMs() - packet.receivedMs)),
      isReplay: dispatch.isReplay,
      attempts: 0,
    };
    first.attempts++;
    const { holdMs, isReplay, attempts } = first;
    if (attempts === 1) this.#hold.observe(holdMs / 1000);
    const failed = (error: unknown) => {
      log.complain("deliver", "a destination failed", { destination: destination.name, error: String(error) });
      this.#settle(dispatch, packet, "retry", first);
    };
    try {
      destination
        .deliver({ packet, isReplay, holdMs, attempt: attempts })
        .then((outcome) => this.#settle(dispatch, packet, outcome, first), failed);
    } catch (error) {
      queueMicrotask(() => failed(error));
    }
  }

  #settle(dispatch: Dispatch, packet: UplinkPacket, outcome: DeliveryOutcome, first: FirstSending): void {
    const { lanes, clock, onDone } = this.#options;
    this.#outcomes[outcome].add();
    const isDone = outcome !== "retry";
    if (!isDone) this.#retried.set(dispatch.row, first);
    lanes.settle(dispatch, isDone, clock.nowMs());
    if (isDone) onDone(dispatch.row, packet, outcome === "refused" ? "refused" : null);
    this.#finished();
  }

  #giveUp(dispatch: Dispatch, reason: "lost_in_memory" | "unreadable"): void {
    this.#options.lanes.settle(dispatch, true, this.#options.clock.nowMs());
    this.#options.onDone(dispatch.row, null, reason);
    this.#finished();
  }

  #finished(): void {
    this.#inFlight--;
    if (this.#isClosed) {
      if (this.#inFlight === 0) for (const done of this.#idle.splice(0)) done();
      return;
    }
    this.wake();
  }

  #wakeAt(atMs: number | null): void {
    if (atMs === null) return;
    if (this.#cancelTimer !== null && this.#timerMs <= atMs) return;
    this.#cancelTimer?.();
    const { clock } = this.#options;
    this.#timerMs = atMs;
    this.#cancelTimer = clock.after(Math.max(atMs - clock.nowMs(), 1), () => {
      this.#cancelTimer = null;
      this.wake();
    });
  }
}
