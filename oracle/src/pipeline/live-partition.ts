/**
 * The open challenges of one partition of payloads in one epoch: reports come in, verdicts go out as soon as their windows have closed.
 *
 * Reports of one payload are a group. It is judged when the window of its challenge has closed, and again when a report comes late or the
 * entropy of its sampling is known. Reports of a payload that no beacon explains are judged when a window has passed since they came:
 * then none can any more. What is told here is provisional, and closing the epoch has the last word; it differs only for senders
 * that fork their chains and uploads that another ingest logged first.
 */
import { NO_ROW } from "@earshot/poc";
import { epochSpan } from "./epoch-times.ts";
import type { LiveChallenge, LiveEpoch } from "./live-epoch.ts";
import { judgeGroups, type LiveGroup, type LiveVerdict } from "./live-judge.ts";
import { LIVE_KIND, type LiveReport } from "./live-report.ts";

/** Uploads become durable and reach the partition at most this much later than they are received, ms; others are judged late. */
export const SETTLE_MS = 1500;
/** How long after its sampling a group keeps its witness reports, ms. Later ones are late anyway, and judged alone. */
const KEEP_MS = 600_000;
const NEVER = Number.POSITIVE_INFINITY;

interface OpenGroup {
  readonly payload: Uint8Array;
  readonly reports: Map<string, LiveReport>;
  challenge: LiveChallenge | undefined;
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
  readonly #previous: LivePartition | undefined;
  readonly #groups = new Map<string, OpenGroup>();

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

  /** Takes a report; a copy of one that is there (another ingest's) counts by the earlier receive time. */
  add(report: LiveReport): void {
    const name = textOf(report.payload);
    let group = this.#groups.get(name);
    if (group === undefined) {
      group = {
        payload: report.payload,
        reports: new Map(),
        challenge: undefined,
        dueMs: NEVER,
        isSampled: false,
        thinMs: NEVER,
        isThin: false,
        told: [],
      };
      this.#groups.set(name, group);
    }
    const place = `${textOf(report.uploadId)}${report.indexInUpload}`;
    const known = group.reports.get(place);
    if (known !== undefined && known.receiveMs <= report.receiveMs) return;
    group.reports.set(place, report);
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
      if ((group.dueMs > nowMs && !this.#canSample(group)) || this.#isOthers(group)) continue;
      due.push(group);
    }
    if (due.length === 0) return [];
    const groups = due.map((group) => this.#settle(group, nowMs));
    const verdicts = judgeGroups(this.#epoch, groups);
    let at = 0;
    return due.map((group, index) => {
      const { beacons, witnesses } = groups[index];
      const own = verdicts.slice(at, at + beacons.length + witnesses.length);
      at += own.length;
      const { told: before, isThin } = group;
      // The beacon of a thin group was judged with witnesses that are gone; what it got stands.
      if (isThin) return { verdicts: own.slice(beacons.length), before: [] };
      group.told = own;
      return { verdicts: own, before };
    });
  }

  #canSample({ isSampled, told, challenge }: OpenGroup): boolean {
    return (
      !isSampled && told.length > 0 && challenge !== undefined && this.#epoch.samplingEntropy(challenge) !== undefined
    );
  }

  /** Reports of a grace time that the other epoch judges. */
  #isOthers({ challenge, payload, reports }: OpenGroup): boolean {
    if (challenge !== undefined) return false;
    if (this.#previous?.owns(payload) === true) return true;
    return [...reports.values()].every(({ receiveMs }) => receiveMs >= this.#endMs);
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
      this.#groups.delete(name);
      return;
    }
    group.isThin = true;
    for (const [place, { kind }] of group.reports) if (kind === LIVE_KIND.witness) group.reports.delete(place);
  }

  #schedule(group: OpenGroup, report: LiveReport): void {
    if (group.challenge === undefined && report.kind === LIVE_KIND.beacon) group.challenge = this.#challengeOf(report);
    const { challenge } = group;
    if (challenge === undefined) {
      group.dueMs = Math.min(group.dueMs, report.receiveMs + this.#windowMs + SETTLE_MS);
      return;
    }
    const closesMs = this.#epoch.startMs + challenge.transmitOffsetMs + this.#windowMs;
    group.dueMs = Math.max(closesMs, report.receiveMs) + SETTLE_MS;
  }

  #challengeOf({ senderKey, beacon, receiveMs }: LiveReport): LiveChallenge | undefined {
    const hotspot = this.#epoch.hotspotOf(senderKey);
    if (beacon === undefined || hotspot === NO_ROW) return undefined;
    return this.#epoch.challengeOf(hotspot, beacon.challengeId, receiveMs);
  }
}

function compareLogOrder(a: LiveReport, b: LiveReport): number {
  return a.receiveMs - b.receiveMs || Buffer.compare(a.uploadId, b.uploadId) || a.indexInUpload - b.indexInUpload;
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}
