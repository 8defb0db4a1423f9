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
  verifyUpload,
} from "@earshot/poc/protocol";
import type { LogPlace, ReportLog } from "../ports/report-log.ts";
import type { RegistryBook } from "../registry/registry-book.ts";
import type { Log } from "../service/log.ts";
import { type ChainHeads, deviceName } from "./chain-heads.ts";
import { DeviceLanes } from "./device-lanes.ts";
import type { ForkEvidence } from "./fork-evidence.ts";
import { loggedIdBefore } from "./logged-id.ts";
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
  readonly log: ReportLog;
  readonly forks: Pick<ForkEvidence, "keep">;
  readonly limits: UploadLimits;
  /** Network time, Unix ms. */
  readonly nowMs: () => number;
  readonly steadyMs: () => number;
  readonly epochAt: (unixMs: number) => number;
  /** The head of a device that is known elsewhere, for one that does not follow ours: the store's. */
  readonly headElsewhere: (deviceKey: Uint8Array) => Promise<ChainHead | undefined>;
  /** Why receive times cannot be trusted at the moment; undefined when they can. */
  readonly clockFault: () => string | undefined;
  /** Called once for each upload whose signature was good. */
  readonly onUpload: (event: UploadEvent) => void;
  /** Called once for each upload refused before that. */
  readonly onRefused: (code: ApiErrorCode) => void;
  readonly serviceLog: Log;
  /** The check of an upload; a test counts it. */
  readonly verify?: typeof verifyUpload;
}

/** A log that stalls is given this long before its devices try again, ms. */
const LOG_RETRY_MS = 2000;
/** A server that is full is back in less than a window. */
const FULL_RETRY_MS = 1000;

export class UploadIntake {
  readonly #options: UploadIntakeOptions;
  readonly #verify: typeof verifyUpload;
  readonly #lanes = new DeviceLanes();
  readonly #perDevice: TokenBuckets;
  readonly #badPerAddress: TokenBuckets;
  #waiting = 0;
  #waitingBytes = 0;

  constructor(options: UploadIntakeOptions) {
    this.#options = options;
    this.#verify = options.verify ?? verifyUpload;
    this.#perDevice = new TokenBuckets(options.limits.perDevice);
    this.#badPerAddress = new TokenBuckets(options.limits.badPerAddress);
  }

  /** Uploads whose signature was good and that wait for the log. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Forgets limits that have filled up again; now and then. */
  sweep(): void {
    const steadyMs = this.#options.steadyMs();
    this.#perDevice.sweep(steadyMs);
    this.#badPerAddress.sweep(steadyMs);
  }

  /** Answers one upload from `address`; its bytes are not changed and not kept. Never throws for what they say. */
  async submit(bytes: Uint8Array, address: string): Promise<UploadAnswer> {
    const { onRefused } = this.#options;
    const arrivedMs = this.#options.steadyMs();
    const receiveMs = this.#options.nowMs();
    const checked = this.#check(bytes, address, arrivedMs, receiveMs);
    if ("code" in checked) {
      onRefused(checked.code);
      return checked;
    }
    const { upload, isPayer } = checked;
    const { answer, outcome } = await this.#take(upload, isPayer, arrivedMs, receiveMs);
    const { beacons, witnesses, receipts, confirmations } = upload.header.counts;
    const isNew = outcome === "accepted";
    this.#options.onUpload({
      outcome,
      beacons: isNew ? beacons : 0,
      witnesses: isNew ? witnesses : 0,
      receipts: isNew ? receipts : 0,
      confirmations: isNew ? confirmations : 0,
      bytes: isNew ? bytes.length : 0,
      durationMs: this.#options.steadyMs() - arrivedMs,
    });
    return answer;
  }

  /** Everything before the chain: form, sender, room, signature. */
  #check(bytes: Uint8Array, address: string, steadyMs: number, receiveMs: number) {
    const { registry, network, limits, epochAt, clockFault } = this.#options;
    const parsed = parseUploadHeader(bytes);
    if (parsed.status === "refused") return refusal(parsed);
    const { header } = parsed;
    if (header.network !== network) return refused("wrong_network", network, header.network);
    const fault = clockFault();
    if (fault !== undefined) return unavailable("a clock that agrees with the chain", fault);
    const sender = registry.sender(header.signer, epochAt(receiveMs));
    if (sender.status === "refused") return refused("not_registered", "a registered device", sender.why);
    const blockedMs = this.#badPerAddress.waitMs(address, steadyMs);
    if (blockedMs > 0) return overloaded("fewer bad signatures from this address", "too many", blockedMs);
    if (this.#waiting >= limits.maxWaiting || this.#waitingBytes + bytes.length > limits.maxWaitingBytes) {
      return overloaded("room for an upload", "none", FULL_RETRY_MS);
    }
    const upload = this.#verify(bytes, sender.key, network);
    if (upload.status === "refused") {
      if (upload.code === "bad_signature") this.#badPerAddress.take(address, steadyMs);
      return refusal(upload);
    }
    return { upload, isPayer: sender.status === "payer" };
  }

  /** Everything from the signature on, with the device's chain to itself. */
  async #take(upload: VerifiedUpload, isPayer: boolean, steadyMs: number, receiveMs: number) {
    const device = deviceName(upload.header.signer);
    const { counts, reports } = upload.header;
    if (counts.confirmations !== (isPayer ? reports : 0)) {
      const expected = isPayer ? "confirmations only, from a payer" : "no confirmations, from a hotspot";
      return given(refused("bad_request", expected, `${counts.confirmations} of ${reports}`));
    }
    const waitMs = this.#perDevice.take(device, steadyMs);
    if (waitMs > 0) return given(overloaded("fewer uploads of this device", "too many", waitMs));
    this.#waiting++;
    this.#waitingBytes += upload.bytes.length;
    try {
      const turn = this.#lanes.run(device, () => this.#follow(upload, device, receiveMs));
      return turn === undefined ? given(overloaded("one upload at a time", "more", FULL_RETRY_MS)) : await turn;
    } finally {
      this.#waiting--;
      this.#waitingBytes -= upload.bytes.length;
    }
  }

  async #follow(upload: VerifiedUpload, device: string, receiveMs: number) {
    const { heads, log, headElsewhere, serviceLog } = this.#options;
    const { sequence, signer: deviceKey } = upload.header;
    try {
      let head = heads.head(device);
      if (!isNext(upload, head)) {
        const place = sequence <= head.sequence ? await log.find(upload.id) : undefined;
        if (place !== undefined) return this.#receipt("duplicate", place);
        const elsewhere = await headElsewhere(deviceKey);
        if (elsewhere !== undefined && heads.learn(device, elsewhere)) head = elsewhere;
      }
      if (!isNext(upload, head)) return await this.#conflict(upload, device, head, receiveMs);
      const place = await log.append({ uploadId: upload.id, deviceKey, receiveMs, bytes: upload.bytes });
      heads.advance(device, { sequence, id: upload.id.slice() }, place.receiveMs);
      return this.#receipt(place.isDuplicate ? "duplicate" : "accepted", place);
    } catch (error) {
      serviceLog.complain("append", "an upload cannot be logged; its device will send it again", {
        error: String(error),
      });
      return given(unavailable("a log that takes uploads", "a fault, or a lack of room"));
    }
  }

  #receipt(status: "accepted" | "duplicate", place: LogPlace) {
    const { network, signer } = this.#options;
    const answer: UploadAnswer = { status, receipt: signReceipt(network, place, signer) };
    return { answer, outcome: status as string };
  }

  /** What does not follow the head: the answer is the head, and of a fork the evidence is kept. */
  async #conflict(upload: VerifiedUpload, device: string, head: ChainHead, receiveMs: number) {
    const { heads, log, network, signer, forks, serviceLog } = this.#options;
    const { sequence, signer: deviceKey } = upload.header;
    const firstId = await loggedIdBefore(log, head, sequence);
    const step = stepChain(head, chainLink(upload), () => firstId);
    // A device that lost its state was told an older head, because the newer one was nobody's business yet: no fork, it was misled.
    const wasTold = upload.header.resumed && isNext(upload, heads.toldHead(device, receiveMs));
    const code = step.outcome === "chain_fork" && !wasTold ? "chain_fork" : "wrong_predecessor";
    if (code === "chain_fork") {
      try {
        forks.keep(deviceKey, sequence, upload.id, upload.bytes);
      } catch (error) {
        serviceLog.complain("fork", "the evidence of a fork cannot be kept", { error: String(error) });
      }
    }
    const signed = signChainHead(network, { deviceKey, ...head, issuedMs: this.#options.nowMs() }, signer);
    const answer = {
      ...refused(code, `number ${head.sequence + 1} after the head`, `number ${sequence}`),
      head: signed,
    };
    return { answer: answer as UploadAnswer, outcome: code as string };
  }
}

function isNext(upload: VerifiedUpload, head: ChainHead): boolean {
  const { sequence, previousId } = upload.header;
  return sequence === head.sequence + 1 && Buffer.compare(previousId, head.id) === 0;
}

type Refused = UploadAnswer & { readonly status: "refused" };

function given(answer: Refused) {
  return { answer: answer as UploadAnswer, outcome: answer.code as string };
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
