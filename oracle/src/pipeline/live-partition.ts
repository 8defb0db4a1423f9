/**
 * The open challenges of one partition of payloads in one epoch: reports come in, verdicts go out as soon as their windows have closed.
 *
 * Reports of one payload are a group. It is judged when the window of its challenge has closed, and again when a report comes late or the
 * entropy of its sampling is known. Reports of a payload that no beacon explains are judged when a window has passed since they came:
 * then none can any more. What is told here is provisional, and closing the epoch has the last word; it differs only for senders
 * that fork their chains or send more than an honest one does, and uploads that another ingest logged first.
 *
 * Who may report chooses payloads, and how often to report one. So of a sender only so many reports are held that no beacon explains
 * (waiting-reports.ts), and only so many of one payload; those beyond are judged when the epoch is closed.
 */
import { NO_ROW } from "@earshot/poc";
import { epochSpan } from "./epoch-times.ts";
import type { LiveChallenge, LiveEpoch } from "./live-epoch.ts";
import { judgeGroups, type LiveGroup, type LiveVerdict } from "./live-judge.ts";
import { LIVE_KIND, type LiveReport } from "./live-report.ts";
import { WaitingReports } from "./waiting-reports.ts";

/** Uploads become durable and reach the partition at most this much later than they are received, ms; others are judged late. */
export const SETTLE_MS = 1500;
/** How long after its sampling a group keeps its witness reports, ms. Later ones are late anyway, and judged alone. */
const KEEP_MS = 600_000;
/** Reports of one sender for one payload: a radio that has several copies of a frame heard it on as many channels. */
const MAX_COPIES = 8;
/** Groups without a beacon that stay when they are told, for copies that come from other logs; the oldest are let go. */
const MAX_TOLD_UNEXPLAINED = 4096;
const NEVER = Number.POSITIVE_INFINITY;

interface OpenGroup {
  readonly payload: Uint8Array;
  readonly reports: Map<string, LiveReport>;
  challenge: LiveChallenge | undefined;
  /** Senders of those of its reports that count as waiting for a beacon. */
  waiting: string[];
  /** When it is to be judged, Unix ms; never while there is nothing new to say. */
  dueMs: number;
  isSampled: boolean;
  /** When its witness reports are let go. */
  thinMs: number;
  /** Only late reports come to it any more. */
  isThin: boolean;
  told: readonly LiveVerdict[];
}

/** What a group says now, and what it said before. */
export interface ToldGroup {
  readonly verdicts: readonly LiveVerdict[];
  readonly before: readonly LiveVerdict[];
}

export class LivePartition {
  #epoch: LiveEpoch;
  readonly #windowMs: number;
  readonly #endMs: number;
  #previous: LivePartition | undefined;
  readonly #groups = new Map<string, OpenGroup>();
  readonly #waiting = new WaitingReports();
  /** Names of groups without a beacon that were told, oldest first. */
  readonly #toldUnexplained = new Set<string>();

  /** `previous`: the same partition of the epoch before, which judges its own challenges' reports in its grace time. */
  constructor(epoch: LiveEpoch, previous: LivePartition | undefined) {
    const { time } = epoch.opening.parameters;
    this.#epoch = epoch;
    this.#windowMs = time.windowMs;
    this.#endMs = epochSpan(epoch.epoch, time).endMs;
    this.#previous = previous;
  }

  /** Goes on under another state before the epoch, now that it is known: everything that was told is told again. */
  rebase(epoch: LiveEpoch): void {
    this.#epoch = epoch;
    for (const group of this.#groups.values()) if (group.told.length > 0 && !group.isThin) group.dueMs = 0;
  }

  /** The epoch before is closed: nothing more is its to judge. */
  forgetPrevious(): void {
    this.#previous = undefined;
  }

  /** Reports it holds. */
  get held(): number {
    let held = 0;
    for (const { reports } of this.#groups.values()) held += reports.size;
    return held;
  }

  /** Takes a report; a copy of one that is there (another ingest's) counts by the earlier receive time. What is too much is left out. */
  add(report: LiveReport): void {
    const name = textOf(report.payload);
    const group = this.#groups.get(name) ?? newGroup(report.payload);
    const place = `${textOf(report.uploadId)}${report.indexInUpload}`;
    const known = group.reports.get(place);
    if (known !== undefined && known.receiveMs <= report.receiveMs) return;
    if (known === undefined && group.reports.size >= MAX_COPIES && copiesOf(group, report) >= MAX_COPIES) return;
    const isFirstBeacon = group.challenge === undefined && report.kind === LIVE_KIND.beacon;
    const challenge = isFirstBeacon ? this.#challengeOf(report) : group.challenge;
    if (challenge === undefined && known === undefined) {
      const sender = textOf(report.senderKey);
      if (!this.#waiting.take(sender)) return;
      group.waiting.push(sender);
    }
    this.#groups.set(name, group);
    group.reports.set(place, report);
    if (challenge !== undefined && group.challenge === undefined) this.#explain(name, group, challenge);
    this.#schedule(group, report);
  }

  /** Whether the payload was put on the air by one of this epoch's challenged. */
  owns(payload: Uint8Array): boolean {
    return this.#groups.get(textOf(payload))?.challenge !== undefined;
  }

  /** What has become due at `nowMs`. */
  tick(nowMs: number): ToldGroup[] {
    const due: OpenGroup[] = [];
    for (const [name, group] of this.#groups) {
      if (group.thinMs <= nowMs) this.#thin(name, group);
      if (group.dueMs > nowMs && !this.#canSample(group)) continue;
      if (group.challenge === undefined && this.#previous?.owns(group.payload) === true) this.#drop(name, group);
      else if (!this.#isNext(group)) due.push(group);
    }
    if (due.length === 0) return [];
    const groups = due.map((group) => this.#settle(group, nowMs));
    const verdicts = judgeGroups(this.#epoch, groups);
    let at = 0;
    const told = due.map((group, index) => {
      const { beacons, witnesses } = groups[index];
      const own = verdicts.slice(at, at + beacons.length + witnesses.length);
      at += own.length;
      const { told: before, isThin } = group;
      // The beacon of a thin group was judged with witnesses that are gone; what it got stands.
      if (isThin) {
        letWitnessesGo(group);
        return { verdicts: own.slice(beacons.length), before: [] };
      }
      group.told = own;
      return { verdicts: own, before };
    });
    this.#letGoUnexplained(due);
    return told;
  }

  #canSample({ isSampled, told, challenge }: OpenGroup): boolean {
    return (
      !isSampled && told.length > 0 && challenge !== undefined && this.#epoch.samplingEntropy(challenge) !== undefined
    );
  }

  /** Whether they are reports of the grace time that the next epoch judges. */
  #isNext({ challenge, reports }: OpenGroup): boolean {
    return challenge === undefined && reports.values().every(({ receiveMs }) => receiveMs >= this.#endMs);
  }

  #settle(group: OpenGroup, nowMs: number): LiveGroup {
    const reports = [...group.reports.values()].sort(compareLogOrder);
    const { challenge } = group;
    group.dueMs = NEVER;
    group.isSampled = challenge === undefined || this.#epoch.samplingEntropy(challenge) !== undefined;
    if (group.isSampled) group.thinMs = nowMs + KEEP_MS;
    return {
      beacons: reports.filter(({ kind }) => kind === LIVE_KIND.beacon),
      witnesses: reports.filter(({ kind }) => kind === LIVE_KIND.witness),
      challenge,
    };
  }

  #thin(name: string, group: OpenGroup): void {
    group.thinMs = NEVER;
    group.told = [];
    if (group.challenge === undefined) {
      this.#drop(name, group);
      return;
    }
    group.isThin = true;
    letWitnessesGo(group);
  }

  /** Reports of one more payload have become those of a challenge. */
  #explain(name: string, group: OpenGroup, challenge: LiveChallenge): void {
    group.challenge = challenge;
    // It was due as a group that no beacon explains.
    group.dueMs = NEVER;
    this.#toldUnexplained.delete(name);
    this.#release(group);
  }

  #drop(name: string, group: OpenGroup): void {
    this.#groups.delete(name);
    this.#toldUnexplained.delete(name);
    this.#release(group);
  }

  #release(group: OpenGroup): void {
    this.#waiting.release(group.waiting);
    group.waiting = [];
  }

  /** What was told without a beacon waits no longer, and only so much of it stays. */
  #letGoUnexplained(told: readonly OpenGroup[]): void {
    for (const group of told) {
      if (group.challenge !== undefined) continue;
      this.#release(group);
      this.#toldUnexplained.add(textOf(group.payload));
    }
    for (const name of this.#toldUnexplained) {
      if (this.#toldUnexplained.size <= MAX_TOLD_UNEXPLAINED) break;
      this.#drop(name, this.#groups.get(name)!);
    }
  }

  #schedule(group: OpenGroup, { receiveMs }: LiveReport): void {
    const { challenge } = group;
    const closesMs =
      challenge === undefined
        ? receiveMs + this.#windowMs
        : Math.max(this.#epoch.startMs + challenge.transmitOffsetMs + this.#windowMs, receiveMs);
    // The first to be due decides: who goes on reporting does not put off what the others are told.
    group.dueMs = Math.min(group.dueMs, closesMs + SETTLE_MS);
  }

  #challengeOf({ senderKey, beacon, receiveMs }: LiveReport): LiveChallenge | undefined {
    const hotspot = this.#epoch.hotspotOf(senderKey);
    if (beacon === undefined || hotspot === NO_ROW) return undefined;
    return this.#epoch.challengeOf(hotspot, beacon.challengeId, receiveMs);
  }
}

function newGroup(payload: Uint8Array): OpenGroup {
  return {
    payload,
    reports: new Map(),
    challenge: undefined,
    waiting: [],
    dueMs: NEVER,
    isSampled: false,
    thinMs: NEVER,
    isThin: false,
    told: [],
  };
}

function copiesOf({ reports }: OpenGroup, { senderKey }: LiveReport): number {
  let copies = 0;
  for (const report of reports.values()) if (Buffer.compare(report.senderKey, senderKey) === 0) copies++;
  return copies;
}

function letWitnessesGo({ reports }: OpenGroup): void {
  for (const [place, { kind }] of reports) if (kind === LIVE_KIND.witness) reports.delete(place);
}

function compareLogOrder(a: LiveReport, b: LiveReport): number {
  return a.receiveMs - b.receiveMs || Buffer.compare(a.uploadId, b.uploadId) || a.indexInUpload - b.indexInUpload;
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}
