/**
 * The actor that answers every downlink command with exactly one ack.
 *
 * For each command: take the next item, refuse it if its time is past or the air time is used up, hand it to the gateway, wait for the
 * TX_ACK or the timeout, go on. Air time is booked before an item is handed over and taken back when the gateway says that it
 * did not take it; silence leaves it booked, because the frame may have gone out.
 */
import type { AirTimeBook, AirTimeBooking } from "../air-time/air-time-book.ts";
import { transmissionTimeUs } from "../air-time/transmission-time.ts";
import type { Clock } from "../clock.ts";
import type { DownlinkAck, DownlinkCommand, DownlinkItem, GatewayEui, TxStatus } from "../messages.ts";
import type { Telemetry } from "../telemetry.ts";
import { DownlinkPlan, LAST_ITEM_TIMEOUT_MS, plannedTime, transmitMsOf } from "./downlink-plan.ts";
import { Tokens } from "./tokens.ts";
import { type TxAck, txpkJson } from "./txpk.ts";

/** How the scheduler reaches the gateways of a GWMP socket. */
export interface GatewayLink {
  /** Hands a PULL_RESP to a gateway: `sent`, or why not. Version 1 gateways never answer. */
  sendPullResp(gatewayEui: GatewayEui, token: number, json: string): "sent" | "sent_to_version_1" | "unreachable";
  /** A transmission was settled, for the gateway's statistics. */
  settled(gatewayEui: GatewayEui, item: DownlinkItem, status: TxStatus): void;
}

/** A gateway that schedules by itself, such as a forwarder behind MQTT. */
export interface ForeignGateway {
  transmit(command: DownlinkCommand): Promise<DownlinkAck>;
}

export interface DownlinkSchedulerOptions {
  readonly link: GatewayLink;
  readonly airTime: AirTimeBook;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Answer time of the last item of a command, ms. */
  readonly ackTimeoutMs?: number;
  /** The gateway behind another input, or null. */
  readonly foreignGateway?: (gatewayEui: GatewayEui) => ForeignGateway | null;
}

/** Commands that wait for answers at once, over all gateways: a concentrator's own queue holds 32. A broker may send without end. */
const maxOpen = 1024;

interface Attempt {
  readonly running: Running;
  readonly itemIndex: number;
  readonly booking: AirTimeBooking | null;
}

interface Running {
  readonly plan: DownlinkPlan;
  readonly done: (ack: DownlinkAck) => void;
  cancelTimeout: () => void;
}

export class DownlinkScheduler {
  readonly #options: DownlinkSchedulerOptions;
  readonly #tokens = new Map<GatewayEui, Tokens<Attempt>>();
  readonly #running = new Set<Running>();
  /** Commands that have no ack yet. */
  #open = 0;
  readonly #acks;
  readonly #items;
  readonly #lateAnswers;

  constructor(options: DownlinkSchedulerOptions) {
    this.#options = options;
    const { telemetry } = options;
    this.#acks = telemetry.counter("agent_downlink_acks_total", "Downlink commands answered, by final status.");
    this.#items = telemetry.counter("agent_downlink_items_total", "Ways to transmit tried, by status.");
    this.#lateAnswers = telemetry.counter("agent_tx_acks_unmatched_total", "TX_ACKs for no open transmission.");
  }

  /** Transmits one of the command's items and says which; settles always, at the latest when every item timed out. */
  submit(command: DownlinkCommand): Promise<DownlinkAck> {
    const foreign = this.#options.foreignGateway?.(command.gatewayEui) ?? null;
    this.#open++;
    const ack =
      this.#open > maxOpen
        ? Promise.resolve(queueFull(command))
        : foreign === null
          ? this.#run(command)
          : this.#delegate(foreign, command);
    return ack.then((settled) => {
      this.#open--;
      const status = settled.accepted === null ? (settled.statuses.at(-1) ?? "INTERNAL_ERROR") : "OK";
      this.#acks.add({ status });
      return settled;
    });
  }

  /** A TX_ACK from a gateway. */
  txAck(gatewayEui: GatewayEui, token: number, answer: TxAck): void {
    const { airTime, clock } = this.#options;
    const attempt = this.#tokens.get(gatewayEui)?.take(token, clock.nowMs()) ?? null;
    if (attempt === null) {
      this.#lateAnswers.add();
      return;
    }
    const { running, itemIndex, booking } = attempt;
    if (answer.status !== "OK" && booking !== null) airTime.release(booking);
    if (!running.plan.answered(itemIndex, answer)) {
      this.#lateAnswers.add();
      return;
    }
    this.#count(running, itemIndex, answer.status);
    this.#advance(running);
  }

  /** Gives up what is open: every waiting command is answered with INTERNAL_ERROR. */
  close(): void {
    for (const running of [...this.#running]) {
      for (let at = running.plan.currentIndex; at !== null; at = running.plan.currentIndex) {
        running.plan.failed(at, "INTERNAL_ERROR");
      }
      this.#advance(running);
    }
  }

  #run(command: DownlinkCommand): Promise<DownlinkAck> {
    return new Promise((done) => {
      const running: Running = { plan: new DownlinkPlan(command), done, cancelTimeout: () => {} };
      this.#running.add(running);
      this.#advance(running);
    });
  }

  /** Moves a command on until it waits for an answer or is done. */
  #advance(running: Running): void {
    running.cancelTimeout();
    const { plan } = running;
    for (let at = plan.currentIndex; at !== null; at = plan.currentIndex) {
      const refusal = this.#transmit(running, at);
      if (refusal === null) {
        if (plan.currentIndex === at) return;
        continue;
      }
      plan.failed(at, refusal);
      this.#count(running, at, refusal);
    }
    if (this.#running.delete(running)) running.done(plan.ack());
  }

  /** Hands an item over and starts its timeout; the answer is why that was not possible, or null. */
  #transmit(running: Running, itemIndex: number): TxStatus | null {
    const { link, clock, airTime, ackTimeoutMs = LAST_ITEM_TIMEOUT_MS } = this.#options;
    const { plan } = running;
    const { gatewayEui, items } = plan.command;
    const item = items[itemIndex];
    const nowMs = clock.nowMs();
    const planned = plannedTime(item, nowMs);
    if (!planned.isPossible) return planned.status;
    const json = txpkJson(item, planned.time);
    if (json === null) return "INTERNAL_ERROR";
    const booking = this.#book(gatewayEui, item, nowMs);
    if (booking === "DUTY_CYCLE_OVERFLOW") return booking;
    const tokens = this.#tokensOf(gatewayEui);
    const token = tokens.give({ running, itemIndex, booking }, nowMs);
    const outcome = link.sendPullResp(gatewayEui, token, json);
    if (outcome === "unreachable") {
      tokens.take(token, nowMs);
      if (booking !== null) airTime.release(booking);
      return "INTERNAL_ERROR";
    }
    plan.sent(nowMs);
    if (outcome === "sent_to_version_1") {
      tokens.take(token, nowMs);
      plan.answered(itemIndex, { status: "OK", usedPowerDbm: null, tmst: null });
      this.#count(running, itemIndex, "OK");
      return null;
    }
    running.cancelTimeout = clock.after(plan.timeoutMs(nowMs, ackTimeoutMs), () => {
      plan.failed(itemIndex, "INTERNAL_ERROR");
      this.#count(running, itemIndex, "INTERNAL_ERROR", "timeout");
      this.#advance(running);
    });
    return null;
  }

  #book(gatewayEui: GatewayEui, item: DownlinkItem, nowMs: number): AirTimeBooking | null | "DUTY_CYCLE_OVERFLOW" {
    const airTimeUs = transmissionTimeUs(item);
    if (airTimeUs === null) return null;
    const transmission = { frequencyHz: item.frequencyHz, airTimeUs, atMs: nowMs };
    const limitsDwell = !item.polarizationInversion;
    const verdict = this.#options.airTime.check(gatewayEui, transmission, limitsDwell);
    return verdict.isAllowed ? this.#options.airTime.charge(gatewayEui, transmission) : "DUTY_CYCLE_OVERFLOW";
  }

  /** A forwarder that falls back by itself gets the items that are not past and whose air time is free. */
  async #delegate(foreign: ForeignGateway, command: DownlinkCommand): Promise<DownlinkAck> {
    const { airTime, clock } = this.#options;
    const nowMs = clock.nowMs();
    const statuses: TxStatus[] = command.items.map(() => "IGNORED");
    const offered: { readonly index: number; readonly booking: AirTimeBooking | null }[] = [];
    for (const [index, item] of command.items.entries()) {
      const transmitMs = transmitMsOf(item);
      const booking = this.#book(command.gatewayEui, item, nowMs);
      if (booking === "DUTY_CYCLE_OVERFLOW") statuses[index] = booking;
      else if (transmitMs === null || nowMs <= transmitMs) offered.push({ index, booking });
      else {
        statuses[index] = "TOO_LATE";
        if (booking !== null) airTime.release(booking);
      }
    }
    const { downlinkId, gatewayEui, origin } = command;
    if (offered.length === 0) return { downlinkId, gatewayEui, origin, statuses, accepted: null };
    const ack = await foreign.transmit({ ...command, items: offered.map(({ index }) => command.items[index]) });
    const taken = ack.accepted === null ? null : offered[ack.accepted.itemIndex];
    for (const [at, { index, booking }] of offered.entries()) {
      statuses[index] = ack.statuses[at] ?? "IGNORED";
      const mayBeOnAir = taken === null ? statuses[index] === "INTERNAL_ERROR" : offered[at] === taken;
      if (!mayBeOnAir && booking !== null) airTime.release(booking);
    }
    for (const status of statuses) if (status !== "IGNORED") this.#items.add({ status, cause: "foreign" });
    const accepted = ack.accepted === null || taken === null ? null : { ...ack.accepted, itemIndex: taken.index };
    return { downlinkId, gatewayEui, origin, statuses, accepted };
  }

  #tokensOf(gatewayEui: GatewayEui): Tokens<Attempt> {
    let tokens = this.#tokens.get(gatewayEui);
    if (tokens === undefined) {
      tokens = new Tokens<Attempt>(Number.parseInt(gatewayEui.slice(-4), 16) || 0);
      this.#tokens.set(gatewayEui, tokens);
    }
    return tokens;
  }

  #count(running: Running, itemIndex: number, status: TxStatus, cause: "answer" | "timeout" = "answer"): void {
    const { gatewayEui, items } = running.plan.command;
    this.#items.add({ status, cause });
    this.#options.link.settled(gatewayEui, items[itemIndex], status);
  }
}

function queueFull({ downlinkId, gatewayEui, origin, items }: DownlinkCommand): DownlinkAck {
  return { downlinkId, gatewayEui, origin, statuses: items.map(() => "QUEUE_FULL"), accepted: null };
}
