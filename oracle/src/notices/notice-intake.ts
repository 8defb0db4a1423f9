/**
 * Takes notices: refutations of payers as they come, sealed and signed by their route key, and appeals, which are signed JSON and are sealed
 * by this ingest. What is taken stands in the log like an upload, under a signed receipt, and is public with its segment.
 *
 * Whether a refutation holds is not judged here: that takes what was billed, and is the same for everybody (load/refutations.ts).
 */
import { type AppealRecord, openAppealRecord } from "@earshot/poc";
import { decodeRefutation } from "@earshot/poc/lorawan";
import {
  type ApiErrorCode,
  type DeviceSigner,
  importKey,
  parseNotice,
  sealNotice,
  signReceipt,
  type VerifyKey,
  verifyNotice,
} from "@earshot/poc/protocol";
import type { ReceiveOrder } from "../ingest/receive-order.ts";
import { type BucketRule, TokenBuckets } from "../ingest/token-buckets.ts";
import type { Appended, LogPlace, ReportLog } from "../ports/report-log.ts";
import type { RegistryBook } from "../registry/registry-book.ts";

export type NoticeAnswer =
  | { readonly status: "accepted" | "duplicate"; readonly receipt: Uint8Array }
  | {
      readonly status: "refused";
      readonly code: ApiErrorCode;
      readonly expected: string | number;
      readonly got: string | number;
      readonly retryAfterMs?: number;
    };

export interface NoticeIntakeOptions {
  readonly network: number;
  /** The ingest's own: it seals appeals, and signs receipts. */
  readonly signer: DeviceSigner;
  readonly registry: Pick<RegistryBook, "sender">;
  readonly log: Pick<ReportLog, "append" | "find">;
  /** Of everything that the ingest appends. */
  readonly order: ReceiveOrder;
  /** Key that outcomes of appeals are signed with; undefined where no governance is configured. */
  readonly governanceKey: VerifyKey | undefined;
  /**
   * New notices of one signer, whose signature was good, and notices of one address before that: a stranger who sends forged or old notices
   * of a signer takes none of the signer's.
   */
  readonly perSigner: BucketRule;
  readonly perAddress: BucketRule;
  /** Network time, Unix ms. */
  readonly nowMs: () => number;
  readonly steadyMs: () => number;
  readonly epochAt: (unixMs: number) => number;
}

export class NoticeIntake {
  readonly #options: NoticeIntakeOptions;
  readonly #signers: TokenBuckets;
  readonly #addresses: TokenBuckets;

  constructor(options: NoticeIntakeOptions) {
    this.#options = options;
    this.#signers = new TokenBuckets(options.perSigner);
    this.#addresses = new TokenBuckets(options.perAddress);
  }

  /** A payer's refutation as a sealed notice. Never throws for what it says; throws as the log does. */
  async refutation(bytes: Uint8Array, address: string): Promise<NoticeAnswer> {
    const { network, registry, nowMs, epochAt } = this.#options;
    const parsed = parseNotice(bytes);
    if (parsed.status === "refused") return refused(parsed.code, parsed.expected, parsed.got);
    const { kind, signer, document } = parsed.header;
    if (kind !== "refutation") return refused("bad_request", "a refutation", kind);
    if (decodeRefutation(document) === null) return refused("bad_request", "a refutation's document", "other bytes");
    const sender = registry.sender(signer, epochAt(nowMs()));
    if (sender.status !== "payer") return refused("not_registered", "a payer's route key", senderText(sender.status));
    const waitMs = this.#addresses.take(address, this.#options.steadyMs());
    if (waitMs > 0) return overloaded("fewer notices of this address", waitMs);
    const verified = verifyNotice(bytes, sender.key, network);
    if (verified.status === "refused") return refused(verified.code, verified.expected, verified.got);
    return this.#log(bytes, verified.id, signer, signer.toHex());
  }

  /** An appeal of a hotspot, or its outcome, as signed JSON (poc/anomaly appeal.ts). Throws as the log does. */
  async appeal(bytes: Uint8Array, address: string): Promise<NoticeAnswer> {
    const { network, signer } = this.#options;
    const waitMs = this.#addresses.take(address, this.#options.steadyMs());
    if (waitMs > 0) return overloaded("fewer appeals of this address", waitMs);
    const record = openAppealRecord(bytes, network, (unproven) => this.#keyOf(unproven));
    if (typeof record === "string") {
      const isShape = record === "bad_json" || record === "bad_field";
      return refused(isShape ? "bad_request" : record, "an appeal under the hotspot's key, or its outcome", record);
    }
    const sealed = sealNotice("appeal", bytes, network, signer);
    return this.#log(sealed.bytes, sealed.id, signer.publicKey, `${record.kind} ${record.hotspot}`);
  }

  /** Forgets limits that have filled up again; now and then. */
  sweep(): void {
    this.#signers.sweep(this.#options.steadyMs());
    this.#addresses.sweep(this.#options.steadyMs());
  }

  #keyOf(record: AppealRecord): VerifyKey | undefined {
    const { registry, governanceKey, nowMs, epochAt } = this.#options;
    if (record.kind === "outcome") return governanceKey;
    const sender = registry.sender(Uint8Array.fromHex(record.hotspot), epochAt(nowMs()));
    if (sender.status === "hotspot") return sender.key;
    // A hotspot that is suspended may appeal all the more.
    return sender.status === "refused" && sender.why === "suspended" ? keyFrom(record.hotspot) : undefined;
  }

  /** Logs a notice that its signer (`limitedBy`) may have logged now; one that is logged already costs nothing. */
  async #log(bytes: Uint8Array, id: Uint8Array, deviceKey: Uint8Array, limitedBy: string): Promise<NoticeAnswer> {
    const { log, order, nowMs, steadyMs } = this.#options;
    const known = await log.find(id);
    if (known !== undefined) return this.#receipt("duplicate", known);
    const waitMs = this.#signers.take(limitedBy, steadyMs());
    if (waitMs > 0) return overloaded("fewer notices of this signer", waitMs);
    const ticket = order.take(nowMs());
    let place: Appended;
    try {
      place = await log.append({ uploadId: id, deviceKey, receiveMs: ticket.receiveMs, bytes });
    } catch (error) {
      order.unsure(ticket);
      throw error;
    }
    order.settle(ticket);
    return this.#receipt(place.isDuplicate ? "duplicate" : "accepted", place);
  }

  #receipt(status: "accepted" | "duplicate", place: LogPlace): NoticeAnswer {
    return { status, receipt: signReceipt(this.#options.network, place, this.#options.signer) };
  }
}

function keyFrom(hex: string): VerifyKey | undefined {
  try {
    return importKey(Uint8Array.fromHex(hex));
  } catch {
    return undefined;
  }
}

function senderText(status: string): string {
  return status === "hotspot" ? "a hotspot's key" : "a key that is not registered";
}

function refused(code: ApiErrorCode, expected: string | number, got: string | number): NoticeAnswer {
  return { status: "refused", code, expected, got };
}

function overloaded(expected: string, retryAfterMs: number): NoticeAnswer {
  return { status: "refused", code: "overloaded", expected, got: "too many", retryAfterMs };
}
