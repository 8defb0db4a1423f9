/**
 * Takes sealed uploads: who may send, one strict check of one signature, the chain, the log, the receipt. The heart of ingest.
 *
 * Cheap refusals come first, cryptography once, and a receipt only for what the log says is durable. What is refused before the
 * signature is told from is nobody's word and changes nothing; what is accepted moves exactly one chain head, after it is durable.
 */
import {
  type ApiErrorCode,
  type ChainHead,
  chainLink,
  type DeviceSigner,
  parseUploadHeader,
  type Refusal,
  signChainHead,
  signReceipt,
  stepChain,
  type VerifiedUpload,
  verifyParsedUpload,
} from "@earshot/poc/protocol";
import type { Appended, LogPlace, ReportLog } from "../ports/report-log.ts";
import type { RegistryBook, Sender } from "../registry/registry-book.ts";
import type { Log } from "../service/log.ts";
import type { ChainHeads, DeviceChain } from "./chain-heads.ts";
import type { ForkEvidence } from "./fork-evidence.ts";
import { loggedIdBefore } from "./logged-id.ts";
import type { ReceiveOrder } from "./receive-order.ts";
import { type BucketRule, TokenBuckets } from "./token-buckets.ts";
import type { UploadEvent } from "./withheld-tally.ts";

export interface UploadLimits {
  /** Uploads of one device. */
  readonly perDevice: BucketRule;
  /** Uploads with a bad signature that one address may send before its uploads are not looked at. */
  readonly badPerAddress: BucketRule;
  /** Uploads, and bytes of them, that may wait for the log together. */
  readonly maxWaiting: number;
  readonly maxWaitingBytes: number;
}

export type UploadAnswer =
  | { readonly status: "accepted" | "duplicate"; readonly receipt: Uint8Array }
  | {
      readonly status: "refused";
      readonly code: ApiErrorCode;
      readonly expected: string | number;
      readonly got: string | number;
      readonly retryAfterMs?: number;
      /** The signed chain head, with a conflict. */
      readonly head?: Uint8Array;
    };

export interface UploadIntakeOptions {
  readonly network: number;
  readonly signer: DeviceSigner;
  readonly registry: Pick<RegistryBook, "sender">;
  readonly heads: ChainHeads;
  readonly log: Pick<ReportLog, "append" | "find" | "get">;
  /** Of everything that this ingest appends. */
  readonly order: ReceiveOrder;
  readonly forks: Pick<ForkEvidence, "keep">;
  readonly limits: UploadLimits;
  /** Network time, Unix ms. */
  readonly nowMs: () => number;
  readonly steadyMs: () => number;
  readonly epochAt: (unixMs: number) => number;
  /** The head of a device that another ingest tells, for one that does not follow ours; one that an upload of `receiveMs` may follow. */
  readonly headElsewhere: (deviceKey: Uint8Array, receiveMs: number) => Promise<ChainHead | undefined>;
  /** Why receive times cannot be trusted at the moment; undefined when they can. */
  readonly clockFault: () => string | undefined;
  /** Called once for each upload whose signature was good. */
  readonly onUpload: (event: UploadEvent) => void;
  /** Called once for each upload refused before that. */
  readonly onRefused: (code: ApiErrorCode) => void;
  readonly serviceLog: Log;
  /** The check of an upload; a test counts it. */
  readonly verify?: typeof verifyParsedUpload;
}

/** A log that stalls is given this long before its devices try again, ms. */
const LOG_RETRY_MS = 2000;
/** A server that is full is back in less than a window. */
const FULL_RETRY_MS = 1000;

type Refused = UploadAnswer & { readonly status: "refused" };

export class UploadIntake {
  readonly #options: UploadIntakeOptions;
  readonly #verify: typeof verifyParsedUpload;
  readonly #badPerAddress: TokenBuckets;
  #waiting = 0;
  #waitingBytes = 0;

  constructor(options: UploadIntakeOptions) {
    this.#options = options;
    this.#verify = options.verify ?? verifyParsedUpload;
    this.#badPerAddress = new TokenBuckets(options.limits.badPerAddress);
  }

  /** Uploads whose signature was good and that wait for the log. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Forgets limits that have filled up again; now and then. */
  sweep(): void {
    this.#badPerAddress.sweep(this.#options.steadyMs());
  }

  /** Answers one upload; `addressOf` tells who sent it where that matters. The bytes must not change. Never throws for what they say. */
  async submit(bytes: Uint8Array, addressOf: () => string): Promise<UploadAnswer> {
    const { heads, onRefused, onUpload, steadyMs, nowMs } = this.#options;
    const arrivedMs = steadyMs();
    const receiveMs = nowMs();
    const checked = this.#check(bytes, addressOf, arrivedMs, receiveMs);
    if ("code" in checked) {
      onRefused(checked.code);
      return checked;
    }
    const { upload, sender } = checked;
    const device = heads.device(sender.name);
    const turn = this.#admit(upload, device, sender.status === "payer", arrivedMs);
    let answer: UploadAnswer;
    if ("code" in turn) {
      answer = turn;
    } else {
      this.#waiting++;
      this.#waitingBytes += bytes.length;
      try {
        if (turn.begins !== undefined) await turn.begins;
        answer = await this.#follow(upload, device, receiveMs);
      } catch (error) {
        answer = this.#logFailed(error);
      } finally {
        turn.end();
        this.#waiting--;
        this.#waitingBytes -= bytes.length;
      }
    }
    const outcome = answer.status === "refused" ? answer.code : answer.status;
    onUpload({ outcome, counts: upload.header.counts, bytes: bytes.length, durationMs: steadyMs() - arrivedMs });
    return answer;
  }

  /** Everything before the chain: form, sender, room, signature. */
  #check(bytes: Uint8Array, addressOf: () => string, steadyMs: number, receiveMs: number) {
    const { registry, network, limits, epochAt, clockFault } = this.#options;
    const parsed = parseUploadHeader(bytes);
    if (parsed.status === "refused") return refusal(parsed);
    const { header } = parsed;
    if (header.network !== network) return refused("wrong_network", network, header.network);
    const fault = clockFault();
    if (fault !== undefined) return unavailable("a clock that agrees with the chain", fault);
    const sender = registry.sender(header.signer, epochAt(receiveMs));
    if (sender.status === "refused") return refused("not_registered", "a registered device", sender.why);
    if (this.#waiting >= limits.maxWaiting || this.#waitingBytes + bytes.length > limits.maxWaitingBytes) {
      return overloaded("room for an upload", "none", FULL_RETRY_MS);
    }
    // While nobody sent a bad one lately, it does not matter who sends.
    if (this.#badPerAddress.size > 0) {
      const waitMs = this.#badPerAddress.waitMs(addressOf(), steadyMs);
      if (waitMs > 0) return overloaded("fewer bad signatures from this address", "too many", waitMs);
    }
    const upload = this.#verify(bytes, header, sender.key, network);
    if (upload.status === "refused") {
      if (upload.code === "bad_signature") this.#badPerAddress.take(addressOf(), steadyMs);
      return refusal(upload);
    }
    return { upload, sender: sender as Exclude<Sender, { status: "refused" }> };
  }

  /** The device's turn with its own chain, if it may have one. */
  #admit({ header }: VerifiedUpload, device: DeviceChain, isPayer: boolean, steadyMs: number) {
    const { confirmations } = header.counts;
    if (confirmations !== (isPayer ? header.reports : 0)) {
      const expected = isPayer ? "confirmations only, from a payer" : "no confirmations, from a hotspot";
      return refused("bad_request", expected, `${confirmations} of ${header.reports}`);
    }
    const waitMs = takeTokens(device, tokensOf(header.reports), this.#options.limits.perDevice, steadyMs);
    if (waitMs > 0) return overloaded("fewer uploads or reports of this device", "too many", waitMs);
    return device.takeTurn() ?? overloaded("one upload at a time", "more", FULL_RETRY_MS);
  }

  async #follow(upload: VerifiedUpload, device: DeviceChain, receiveMs: number): Promise<UploadAnswer> {
    const { heads, log, order, headElsewhere } = this.#options;
    const { sequence, signer: deviceKey } = upload.header;
    if (!isNext(upload, device.head)) {
      const known = sequence <= device.head.sequence ? await log.find(upload.id) : undefined;
      if (known !== undefined) return this.#receipt("duplicate", known);
      const elsewhere = await headElsewhere(deviceKey, receiveMs);
      if (elsewhere !== undefined) heads.learn(device, elsewhere, receiveMs);
      if (!isNext(upload, device.head)) return this.#conflict(upload, device, receiveMs);
    }
    const ticket = order.take(receiveMs);
    let place: Appended;
    try {
      place = await log.append({ uploadId: upload.id, deviceKey, receiveMs: ticket.receiveMs, bytes: upload.bytes });
    } catch (error) {
      order.unsure(ticket);
      throw error;
    }
    order.settle(ticket);
    heads.advance(device, { sequence, id: upload.id }, place.receiveMs);
    return this.#receipt(place.isDuplicate ? "duplicate" : "accepted", place);
  }

  #receipt(status: "accepted" | "duplicate", place: LogPlace): UploadAnswer {
    const { network, signer } = this.#options;
    return { status, receipt: signReceipt(network, place, signer) };
  }

  /** What does not follow the head: the answer is the head, and of a fork the evidence is kept. */
  async #conflict(upload: VerifiedUpload, device: DeviceChain, receiveMs: number): Promise<UploadAnswer> {
    const { log, network, signer, forks, serviceLog } = this.#options;
    const { sequence, signer: deviceKey } = upload.header;
    const { head } = device;
    const firstId = await loggedIdBefore(log, head, sequence);
    const step = stepChain(head, chainLink(upload), () => firstId);
    // A device that lost its state was told an older head, because the newer one was nobody's business yet: no fork, it was misled.
    const wasTold = upload.header.resumed && isNext(upload, device.toldHead(receiveMs));
    const code = step.outcome === "chain_fork" && !wasTold ? "chain_fork" : "wrong_predecessor";
    if (code === "chain_fork") {
      try {
        forks.keep(deviceKey, sequence, upload.id, upload.bytes);
      } catch (error) {
        serviceLog.complain("fork", "the evidence of a fork cannot be kept", { error: String(error) });
      }
    }
    const signed = signChainHead(network, { deviceKey, ...head, issuedMs: this.#options.nowMs() }, signer);
    return { ...refused(code, `number ${head.sequence + 1} after the head`, `number ${sequence}`), head: signed };
  }

  #logFailed(error: unknown): UploadAnswer {
    this.#options.serviceLog.complain("append", "an upload cannot be logged; its device will send it again", {
      error: String(error),
    });
    return unavailable("a log that takes uploads", "a fault, or a lack of room");
  }
}

/** An upload costs as much as several from so many reports on: each is kept, published and judged by everybody. */
const REPORTS_PER_TOKEN = 512;

function tokensOf(reports: number): number {
  return Math.ceil(reports / REPORTS_PER_TOKEN);
}

/**
 * Takes tokens of a device's bucket; 0 when it had them, else how long until it will, ms. What is more than the bucket holds is owed by a
 * full one.
 */
function takeTokens(device: DeviceChain, tokens: number, { perSecond, size }: BucketRule, steadyMs: number): number {
  const filled = Math.min(device.tokens + ((steadyMs - device.tokensAtMs) * perSecond) / 1000, size);
  const needed = Math.min(tokens, size);
  device.tokensAtMs = steadyMs;
  if (filled < needed) {
    device.tokens = filled;
    return Math.ceil(((needed - filled) / perSecond) * 1000);
  }
  device.tokens = filled - tokens;
  return 0;
}

function isNext(upload: VerifiedUpload, head: ChainHead): boolean {
  const { sequence, previousId } = upload.header;
  return sequence === head.sequence + 1 && Buffer.compare(previousId, head.id) === 0;
}

function refused(code: ApiErrorCode, expected: string | number, got: string | number): Refused {
  return { status: "refused", code, expected, got };
}

function refusal({ code, expected, got }: Refusal<ApiErrorCode>): Refused {
  return { status: "refused", code, expected, got };
}

function overloaded(expected: string, got: string, retryAfterMs: number): Refused {
  return { status: "refused", code: "overloaded", expected, got, retryAfterMs };
}

function unavailable(expected: string, got: string): Refused {
  return { status: "refused", code: "log_unavailable", expected, got, retryAfterMs: LOG_RETRY_MS };
}
