/**
 * The actor that seals reports into uploads and sees to it that each is in an oracle's log before the next is sealed.
 *
 *   reports due ── seal, fsync ──► last-upload ── upload-sender.ts ──► ingest ── signed receipt ──► archive ──► next
 */
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { Telemetry } from "../telemetry.ts";
import type { RadioReports } from "./radio-reports.ts";
import type { ReceiptJournal } from "./receipt-journal.ts";
import type { UploadArchive } from "./upload-archive.ts";
import type { UploadChain } from "./upload-chain.ts";
import type { UploadSender } from "./upload-sender.ts";
import { Bell, sleep } from "./wait.ts";

/**
 * Packet receipts may wait this long for company, ms; no longer than a minute of the network's, for in fast networks bills do not wait.
 */
export const RECEIPT_FLUSH_MS = 60_000;
/** Receipts in one upload: 225 kB, sent in seconds over a slow link, for reports of beacons wait behind it. */
export const MAX_RECEIPTS = 4096;
/** While the disk takes nothing nothing is sealed, ms between tries. */
const DISK_RETRY_MS = 5000;

export interface UploaderOptions {
  readonly chain: UploadChain;
  readonly archive: UploadArchive;
  readonly sender: UploadSender;
  readonly radio: RadioReports;
  readonly receipts: ReceiptJournal;
  /** How long packet receipts may wait for company, ms. */
  readonly receiptFlushMs: () => number;
  readonly clock: Clock;
  readonly log: Log;
  readonly telemetry: Telemetry;
}

export class Uploader {
  readonly #options: UploaderOptions;
  readonly #bell = new Bell();
  readonly #sealed;
  readonly #diskFailures;
  #lastUploadMs: number | null = null;

  constructor(options: UploaderOptions) {
    this.#options = options;
    this.#sealed = options.telemetry.counter("agent_reports_sealed_total", "Reports sealed into uploads, by kind.");
    this.#diskFailures = options.telemetry.counter(
      "agent_proof_disk_failures_total",
      "Times the disk failed proof of coverage.",
    );
  }

  /** Steady time when an oracle last took an upload; null before. */
  get lastUploadMs(): number | null {
    return this.#lastUploadMs;
  }

  /** To be called when reports came in. */
  wake(): void {
    this.#bell.ring();
  }

  /** Runs until `stop`; an upload on its way is then on disk and sent again at the next start. */
  async run(stop: AbortSignal): Promise<void> {
    const { chain, sender, receipts, clock } = this.#options;
    let isLoaded = false;
    while (!stop.aborted) {
      try {
        if (!isLoaded) await this.#load();
        isLoaded = true;
        if (chain.head === null) await sender.learnHead(stop);
        else if (sender.mustCompareHeads) await sender.compareHeads(stop);
        else if (chain.outstanding !== null) await this.#deliver(stop);
        else if (!(await this.#sealWhatIsDue())) await this.#bell.wait(clock, this.#dueInMs(), stop);
      } catch (error) {
        this.#diskFailures.add();
        this.#options.log.complain("disk", "the state of proof of coverage cannot be read or written", {
          error: String(error),
        });
        await sleep(clock, DISK_RETRY_MS, stop);
      }
    }
    await receipts.flush().catch(() => {});
  }

  async #load(): Promise<void> {
    const { chain, archive, receipts } = this.#options;
    await archive.load();
    await chain.load();
    const { outstanding } = chain;
    const acknowledgedId = outstanding === null ? undefined : archive.idAt(outstanding.sequence);
    if (acknowledgedId !== undefined && Buffer.compare(acknowledgedId, outstanding!.id) === 0) chain.acknowledged();
    await receipts.load(chain.receiptsEnd);
  }

  /** Seals what is due, if anything is; rejects when the disk does not take it. */
  async #sealWhatIsDue(): Promise<boolean> {
    const { chain, radio, receipts, clock } = this.#options;
    const nowMs = clock.nowMs();
    const batch = radio.peek(nowMs);
    const isRadioDue = isDue(radio.dueMs(), nowMs);
    const isReceiptsDue = isDue(this.#receiptsDueMs(), nowMs);
    if (!isRadioDue && !isReceiptsDue) return false;
    const none = { receipts: [], end: chain.receiptsEnd };
    const { receipts: taken, end } = isReceiptsDue ? await receipts.peek(MAX_RECEIPTS) : none;
    if (batch.waiting.length + taken.length === 0) return false;
    await chain.seal({ beacons: batch.beacons, witnesses: batch.witnesses, receipts: taken, receiptsEnd: end });
    radio.remove(batch);
    if (isReceiptsDue) await receipts.consume(end);
    this.#sealed.add({ kind: "beacon" }, batch.beacons.length);
    this.#sealed.add({ kind: "witness" }, batch.witnesses.length);
    this.#sealed.add({ kind: "receipt" }, taken.length);
    return true;
  }

  async #deliver(stop: AbortSignal): Promise<void> {
    if ((await this.#options.sender.deliver(stop)) === "taken") this.#lastUploadMs = this.#options.clock.nowMs();
  }

  #receiptsDueMs(): number | null {
    const { receipts, receiptFlushMs } = this.#options;
    const { oldestMs } = receipts;
    if (oldestMs === null) return null;
    return receipts.length >= MAX_RECEIPTS ? oldestMs : oldestMs + receiptFlushMs();
  }

  #dueInMs(): number | null {
    const { radio, clock } = this.#options;
    const dues = [radio.dueMs(), this.#receiptsDueMs()].filter((due) => due !== null);
    return dues.length === 0 ? null : Math.min(...dues) - clock.nowMs();
  }
}

function isDue(dueMs: number | null, nowMs: number): boolean {
  return dueMs !== null && dueMs <= nowMs;
}
