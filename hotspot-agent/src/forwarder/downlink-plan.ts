/**
 * One downlink command from its first item to its one ack, as a state machine without clock or socket.
 *
 *   next() → transmit item i | done(ack)      answered(i, ack) and timedOut(i) move on to the next item on anything but OK
 *
 * RX1 that is refused or not answered falls back to RX2. An OK that comes late for an earlier item still wins, as long as the command
 * is not done: the frame is in that gateway's queue. Items after the accepted one are IGNORED, as ChirpStack has it.
 */
import type { DownlinkAck, DownlinkCommand, DownlinkItem, TxStatus } from "../messages.ts";
import { openContext, tmstOfContext } from "./packet-context.ts";
import type { TxAck, TxTime } from "./txpk.ts";

/** Answer time of the last item, ms: twice what a forwarder behind a slow radio link needs. */
export const LAST_ITEM_TIMEOUT_MS = 3000;
/** Shortest wait before falling back, ms. */
const minTimeoutMs = 300;
/** How long before its transmission a fallback must reach the forwarder, ms: network, JIT margin of 41.5 ms and slack. */
const fallbackLeadMs = 300;

export type PlannedTime =
  | { readonly isPossible: true; readonly time: TxTime }
  | { readonly isPossible: false; readonly status: TxStatus };

/** When an item would go out by the steady clock, ms; null when that is not known (immediately, GPS, no context). */
export function transmitMsOf(item: DownlinkItem): number | null {
  if (item.timing.kind !== "delay") return null;
  const context = openContext(item.context);
  return context === null ? null : context.receivedMs + item.timing.delayUs / 1000;
}

/**
 * The time of an item in the gateway's terms. TOO_LATE when the uplink it answers is older than the delay or not of this run: the concentrator could not
 * tell, its counter wraps. INTERNAL_ERROR when the context is none of ours or names no counter.
 */
export function plannedTime(item: DownlinkItem, nowMs: number): PlannedTime {
  const { timing } = item;
  if (timing.kind === "immediately") return { isPossible: true, time: timing };
  if (timing.kind === "gps") return { isPossible: true, time: timing };
  const context = openContext(item.context);
  const tmst = context === null ? null : tmstOfContext(context.own);
  if (context === null || tmst === null) return { isPossible: false, status: "INTERNAL_ERROR" };
  // An uplink of the future is one of an earlier run whose clock was ahead of this one's.
  const isPast = nowMs > context.receivedMs + timing.delayUs / 1000 || nowMs < context.receivedMs;
  if (isPast) return { isPossible: false, status: "TOO_LATE" };
  return { isPossible: true, time: { kind: "tmst", tmst: (tmst + timing.delayUs) >>> 0 } };
}

/** The state of one command. */
export class DownlinkPlan {
  readonly command: DownlinkCommand;
  readonly #statuses: (TxStatus | null)[];
  #accepted: DownlinkAck["accepted"] = null;
  #current = 0;
  readonly #sentMs: (number | null)[];

  constructor(command: DownlinkCommand) {
    this.command = command;
    this.#statuses = command.items.map(() => null);
    this.#sentMs = command.items.map(() => null);
  }

  /** The item to transmit or to wait for now; null when the command is done. */
  get currentIndex(): number | null {
    return this.#accepted !== null || this.#current >= this.command.items.length ? null : this.#current;
  }

  /** The current item was handed to the gateway. */
  sent(nowMs: number): void {
    this.#sentMs[this.#current] = nowMs;
  }

  /** How long to wait for the current item's answer, ms: short enough that the next item is still in time. */
  timeoutMs(nowMs: number, lastItemTimeoutMs = LAST_ITEM_TIMEOUT_MS): number {
    const next = this.command.items[this.#current + 1];
    if (next === undefined) return lastItemTimeoutMs;
    const nextMs = transmitMsOf(next);
    const spareMs = nextMs === null ? lastItemTimeoutMs : nextMs - nowMs - fallbackLeadMs;
    return Math.min(Math.max(spareMs, minTimeoutMs), lastItemTimeoutMs);
  }

  /** The item was not or could not be transmitted: on to the next. Late news about an item that failed already changes nothing. */
  failed(index: number, status: TxStatus): void {
    if (this.currentIndex !== index) return;
    this.#statuses[index] = status;
    this.#current++;
  }

  /** What the gateway answered for an item, in time or late. False when it came too late to matter. */
  answered(index: number, answer: TxAck): boolean {
    if (this.currentIndex === null) return false;
    if (answer.status !== "OK") {
      const isCurrent = this.currentIndex === index;
      this.failed(index, answer.status);
      return isCurrent;
    }
    this.#statuses[index] = "OK";
    const { usedPowerDbm, tmst } = answer;
    this.#accepted = { itemIndex: index, usedPowerDbm, tmst, sentMs: this.#sentMs[index] ?? 0 };
    return true;
  }

  /** The ack of a command that is done. */
  ack(): DownlinkAck {
    const { downlinkId, gatewayEui, origin } = this.command;
    const statuses = this.#statuses.map((status, index) => {
      const isAfterAccepted = this.#accepted !== null && index > this.#accepted.itemIndex;
      return isAfterAccepted ? "IGNORED" : (status ?? "IGNORED");
    });
    return { downlinkId, gatewayEui, origin, statuses, accepted: this.#accepted };
  }
}
