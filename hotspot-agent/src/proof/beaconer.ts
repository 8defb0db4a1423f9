/**
 * The actor that beacons when challenged: once an interval, at the challenge's time, with what the region allows.
 *
 *   ask for the challenge ──► plan ──► wait for its time ──► arm (on disk) ──► transmit ──► report what was sent
 *
 * Armed before it goes on the air, so that a restart never sends it twice; reported as the forwarder says it was sent. A beacon whose
 * sending is uncertain is not reported. Air time is booked where every transmission passes, in the forwarder's scheduler.
 */
import {
  type BeaconReport,
  beaconPayload,
  intervalStart,
  minutesPerInterval,
  type SortitionTimes,
  signBeacon,
} from "@earshot/poc/protocol";
import type { Clock } from "../clock.ts";
import type { HotspotIdentity } from "../keyring.ts";
import type { Log } from "../log.ts";
import type { DownlinkAck, DownlinkCommand, GatewayEui, TxStatus } from "../messages.ts";
import type { Telemetry } from "../telemetry.ts";
import { beaconCommand } from "./beacon-command.ts";
import { type BeaconEntry, readBeaconEntry, writeBeaconEntry } from "./beacon-journal.ts";
import { type BeaconPlan, planBeacon, type RadioSetup } from "./beacon-plan.ts";
import { firstQuestionMs, nextQuestion } from "./challenge-pace.ts";
import type { ChallengeSource, DrawnChallenge } from "./challenge-source.ts";
import type { NetworkClock } from "./network-clock.ts";
import { beaconDataRateIn, type ProofParameters } from "./proof-parameters.ts";
import type { StateFiles } from "./state-files.ts";
import { Backoff, sleep } from "./wait.ts";

/** Armed this long before the transmission, ms: one write to the disk. */
const ARM_AHEAD_MS = 1000;
/** A beacon later than this part of its window is not sent: witnesses and reports need the rest. */
const MAX_LATENESS_OF_WINDOW = 1 / 3;
/** After a collision in the concentrator's queue, ms. */
const COLLISION_RETRY_MS = 500;
/** Statuses that say that nothing was sent and that it may go a moment later. */
const WORTH_RETRYING: readonly TxStatus[] = [
  "COLLISION_PACKET",
  "COLLISION_BEACON",
  "QUEUE_FULL",
  "TOO_EARLY",
  "TOO_LATE",
];
/** Waiting is cut into pieces of this length, for the network clock may have been put right meanwhile, ms. */
const LONGEST_SLEEP_MS = 60_000;
const FAILED_RETRY_MS = { first: 3000, cap: 120_000 } as const;

export interface BeaconerOptions {
  readonly identity: HotspotIdentity;
  readonly gatewayEui: GatewayEui;
  readonly setup: RadioSetup;
  readonly source: ChallengeSource;
  readonly parameters: () => ProofParameters;
  /** Resolves when oracles were asked once for time and rules, whatever they said, or at `stop`. */
  readonly rulesHeard: (stop: AbortSignal) => Promise<void>;
  readonly transmit: (command: DownlinkCommand) => Promise<DownlinkAck>;
  /** Takes the report; its window closes at the steady time given. */
  readonly report: (report: BeaconReport, expiresMs: number) => void;
  /** Told the payload before it is on the air, so that an echo is not taken for another's beacon. */
  readonly onPayload: (payload: Uint8Array) => void;
  readonly files: StateFiles;
  readonly networkClock: NetworkClock;
  readonly clock: Clock;
  readonly log: Log;
  readonly telemetry: Telemetry;
  readonly random: () => number;
}

export interface BeaconerStatus {
  /** Steady time of the last beacon that was sent. */
  readonly lastBeaconMs: number | null;
  /** Network time of the one that is waited for. */
  readonly nextBeaconMs: number | null;
  readonly beacons: number;
  readonly problem: string | null;
  /** Why it is never challenged, in an oracle's words; null where it is, or nobody said. */
  readonly unchallenged: string | null;
}

export class Beaconer {
  readonly #options: BeaconerOptions;
  readonly #sent;
  readonly #skipped;
  readonly #failures;
  #entry: BeaconEntry | null = null;
  #downlinkId = 0;
  #startedMs = 0;
  #status: BeaconerStatus = {
    lastBeaconMs: null,
    nextBeaconMs: null,
    beacons: 0,
    problem: null,
    unchallenged: null,
  };

  constructor(options: BeaconerOptions) {
    this.#options = options;
    const { telemetry } = options;
    this.#sent = telemetry.counter("agent_beacons_sent_total", "Beacons on the air.");
    this.#skipped = telemetry.counter(
      "agent_beacons_skipped_total",
      "Challenges that were not transmitted, by reason.",
    );
    this.#failures = telemetry.counter(
      "agent_challenge_failures_total",
      "Questions for a challenge without an answer.",
    );
  }

  get status(): BeaconerStatus {
    return this.#status;
  }

  /** Runs until `stop`. */
  async run(stop: AbortSignal): Promise<void> {
    const { source, parameters, rulesHeard, networkClock, clock, log, random } = this.#options;
    this.#startedMs = clock.nowMs();
    const backoff = new Backoff(FAILED_RETRY_MS.first, FAILED_RETRY_MS.cap, random);
    // Without the network's time and rules a question would be of another interval.
    await rulesHeard(stop);
    await this.#reportUnreported();
    let waitMs = 0;
    while (!stop.aborted) {
      const rules = parameters();
      const { times } = rules;
      const start = intervalStart(Math.floor(networkClock.nowMs() / times.entropyMs), times);
      const firstMs = this.#entry?.intervalStart === start ? nextStartMs(start, times) : firstQuestionMs(start, times);
      if (networkClock.untilMs(firstMs) > 0) {
        await this.#sleepUntil(firstMs, stop);
        continue;
      }
      const news = await source.ask(start, rules, waitMs, stop);
      if (stop.aborted) return;
      waitMs = 0;
      if (news.kind === "failed") {
        this.#failures.add();
        log.complain("challenge", "no challenge could be got", { reason: news.reason });
        await sleep(clock, backoff.next(), stop);
        continue;
      }
      backoff.reset();
      this.#status = { ...this.#status, unchallenged: news.kind === "unchallenged" ? news.reason : null };
      if (news.kind === "drawn") await this.#perform(news.drawn, start, parameters(), stop);
      else if (news.kind === "unchallenged") await this.#sleepUntil(nextStartMs(start, times), stop);
      else {
        const next = nextQuestion(news.knownUntil, networkClock.nowMs(), times);
        waitMs = next.waitMs;
        await this.#sleepUntil(Math.min(next.atMs, nextStartMs(start, times)), stop);
      }
    }
  }

  /** One challenge from its plan to its report; at its end the interval is done with. */
  async #perform(drawn: DrawnChallenge, start: number, rules: ProofParameters, stop: AbortSignal): Promise<void> {
    const { networkClock, setup } = this.#options;
    const { challengeId, transmitMs } = drawn.challenge;
    const plan = planBeacon(drawn, beaconDataRateIn(setup.region, rules), setup);
    if (plan.kind === "refused") return this.#skip(start, challengeId, plan.reason, plan.detail);
    this.#status = { ...this.#status, nextBeaconMs: transmitMs };
    await this.#waitUntil(transmitMs - ARM_AHEAD_MS, stop);
    if (stop.aborted) return;
    const maxLatenessMs = rules.windowMs * MAX_LATENESS_OF_WINDOW;
    const lateMs = -networkClock.untilMs(transmitMs);
    if (lateMs > maxLatenessMs) {
      const isBeforeStart = lateMs > this.#options.clock.nowMs() - this.#startedMs;
      if (isBeforeStart) return this.#leave(start, challengeId);
      return this.#skip(start, challengeId, "too_late", `${Math.round(lateMs)} ms after its time`);
    }
    const signature = signBeacon(this.#options.identity.signer, challengeId);
    const payload = beaconPayload(challengeId, signature);
    this.#options.onPayload(payload);
    await this.#remember({ intervalStart: start, challengeId, report: null });
    await this.#waitUntil(transmitMs, stop);
    if (stop.aborted) return;
    const ack = await this.#transmit(payload, plan, transmitMs + maxLatenessMs, stop);
    if (ack.accepted === null) {
      const status = ack.statuses[0] ?? "INTERNAL_ERROR";
      return this.#skip(start, challengeId, status, `the forwarder answered ${status}`);
    }
    const { sentMs, usedPowerDbm, tmst } = ack.accepted;
    const report: BeaconReport = {
      challengeId,
      signature,
      transmitMs: networkClock.toNetworkMs(sentMs),
      frequencyHz: plan.frequencyHz,
      dataRate: plan.dataRate,
      txPowerDdbm: Math.round(10 * (isPower(usedPowerDbm) ? usedPowerDbm : plan.conductedPowerDbm)),
      tmst: tmst ?? 0,
    };
    this.#sent.add();
    const beacons = this.#status.beacons + 1;
    this.#status = { lastBeaconMs: sentMs, nextBeaconMs: null, beacons, problem: null, unchallenged: null };
    this.#options.report(report, this.#expiresMs(transmitMs, rules));
    await this.#remember({ intervalStart: start, challengeId, report });
    this.#options.log.info("beacon sent", {
      frequencyHz: report.frequencyHz,
      powerDbm: report.txPowerDdbm / 10,
      offTimeMs: report.transmitMs - transmitMs,
    });
  }

  /** Hands the beacon to the forwarder, again while its queue is only momentarily busy and network time before `lastMs`. */
  async #transmit(
    payload: Uint8Array,
    plan: BeaconPlan & { readonly kind: "transmit" },
    lastMs: number,
    stop: AbortSignal,
  ): Promise<DownlinkAck> {
    const { transmit, gatewayEui, networkClock, clock } = this.#options;
    for (;;) {
      this.#downlinkId = (this.#downlinkId + 1) >>> 0;
      const command = beaconCommand(payload, plan, gatewayEui, this.#downlinkId);
      const ack = await transmit(command);
      const isBusy = ack.accepted === null && WORTH_RETRYING.includes(ack.statuses[0] ?? "INTERNAL_ERROR");
      const isTimeLeft = networkClock.untilMs(lastMs) > COLLISION_RETRY_MS;
      if (!isBusy || !isTimeLeft || stop.aborted) return ack;
      await sleep(clock, COLLISION_RETRY_MS, stop);
    }
  }

  /** A challenge whose time came before this process: nobody was there to miss it. */
  async #leave(start: number, challengeId: Uint8Array): Promise<void> {
    this.#skipped.add({ reason: "before_start" });
    this.#options.log.info("this interval's challenge came before the start");
    await this.#remember({ intervalStart: start, challengeId, report: null });
  }

  async #skip(start: number, challengeId: Uint8Array, reason: string, detail: string): Promise<void> {
    const { log } = this.#options;
    this.#skipped.add({ reason });
    this.#status = { ...this.#status, nextBeaconMs: null, problem: `${reason}: ${detail}` };
    log.warn("a challenge was not transmitted", { reason, detail });
    await this.#remember({ intervalStart: start, challengeId, report: null });
  }

  async #remember(entry: BeaconEntry): Promise<void> {
    this.#entry = entry;
    try {
      await writeBeaconEntry(this.#options.files, entry);
    } catch (error) {
      this.#options.log.complain("beacon-file", "the last beacon cannot be kept on disk", { error: String(error) });
    }
  }

  /** After a restart: a beacon that was sent and whose window is open is reported; if it was before, it counts once. */
  async #reportUnreported(): Promise<void> {
    const { files, parameters, networkClock, clock, report } = this.#options;
    this.#entry = await readBeaconEntry(files);
    const sent = this.#entry?.report ?? null;
    if (sent === null) return;
    const expiresMs = this.#expiresMs(sent.transmitMs, parameters());
    const isPast = sent.transmitMs <= networkClock.nowMs();
    if (isPast && expiresMs > clock.nowMs()) report(sent, expiresMs);
  }

  #expiresMs(transmitMs: number, { windowMs }: ProofParameters): number {
    const { clock, networkClock } = this.#options;
    return clock.nowMs() + networkClock.untilMs(transmitMs + windowMs);
  }

  /** Sleeps towards a network time, at most a while: the caller looks at everything anew. */
  #sleepUntil(networkMs: number, stop: AbortSignal): Promise<void> {
    const { clock, networkClock } = this.#options;
    return sleep(clock, Math.min(networkClock.untilMs(networkMs), LONGEST_SLEEP_MS), stop);
  }

  async #waitUntil(networkMs: number, stop: AbortSignal): Promise<void> {
    while (!stop.aborted && this.#options.networkClock.untilMs(networkMs) > 0) await this.#sleepUntil(networkMs, stop);
  }
}

/** Whether a forwarder's word can be a power at all. */
function isPower(powerDbm: number | null): powerDbm is number {
  return powerDbm !== null && Math.abs(powerDbm) <= 100;
}

function nextStartMs(start: number, times: SortitionTimes): number {
  return firstQuestionMs(start + minutesPerInterval(times), times);
}
