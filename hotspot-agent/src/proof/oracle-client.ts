/**
 * One oracle as the agent sees it: the routes of poc/src/protocol/oracle-api.ts, answered by values.
 *
 * Whatever goes wrong is `refused` (the oracle said so, by a code of the interface) or `unreachable` (no such answer: network,
 * timeout, a proxy's page, a statement that nobody trusted signed). Signed statements come out verified.
 */
import {
  type ApiRouteName,
  apiPath,
  DEVICE_REQUEST_HEADER,
  type DeviceSigner,
  ORACLE_API,
  type SignedChainHead,
  signRequest,
  UPLOAD_CONTENT_TYPE,
  type UploadReceipt,
} from "@earshot/poc/protocol";
import type { Clock } from "../clock.ts";
import {
  type ApiFailure,
  asBytes,
  type ClaimedChallenge,
  parseChallenge,
  parseFailure,
  parseObject,
} from "./api-answers.ts";
import { checkOracleUrl, type HttpAnswer, type HttpSend } from "./http.ts";
import type { TimeSample } from "./network-clock.ts";
import type { Doubt, TrustedSigners } from "./trusted-signers.ts";

/** Longest time for an answer that is not waited for on purpose, ms: a fraction of a challenge's window of 30 s. */
const ANSWER_TIMEOUT_MS = 5000;
/** Slowest uplink that an upload is given time for: 16 kB/s, in bytes per ms. */
const SLOWEST_BYTES_PER_MS = 16;
const MAX_JSON_BYTES = 64 * 1024;
/** A route list holds certificates. */
const MAX_ROUTES_BYTES = 4 * 1024 * 1024;

export interface Refused {
  readonly status: "refused";
  readonly failure: ApiFailure;
}
export interface Unreachable {
  readonly status: "unreachable";
  /** For a person. */
  readonly reason: string;
}

export type UploadAnswer =
  | {
      readonly status: "accepted";
      readonly isDuplicate: boolean;
      readonly receipt: UploadReceipt;
      readonly receiptBytes: Uint8Array;
      /** Key of the ingest, hex. */
      readonly signer: string;
    }
  | {
      readonly status: "conflict";
      readonly code: string;
      readonly head: SignedChainHead;
      readonly headBytes: Uint8Array;
    }
  | Refused
  | Unreachable;

type Json = { readonly status: "ok"; readonly object: Readonly<Record<string, unknown>> } | Refused | Unreachable;

export class OracleClient {
  /** Its address: what logs and metrics call it. */
  readonly name: string;
  readonly #send: HttpSend;
  readonly #signers: TrustedSigners;
  readonly #clock: Clock;
  readonly #onTime: (sample: TimeSample) => void;
  #problem: string | null = "not asked yet";
  #doubt: string | null = null;

  /** `onTime` gets every fresh signed time. Throws AGT_BAD_ORACLE for an address that is not usable. */
  constructor(
    url: string,
    io: { readonly send: HttpSend; readonly clock: Clock },
    signers: TrustedSigners,
    onTime: (sample: TimeSample) => void,
  ) {
    this.name = checkOracleUrl(url);
    this.#send = io.send;
    this.#clock = io.clock;
    this.#signers = signers;
    this.#onTime = onTime;
  }

  /** Why it cannot be reached or believed, as a person reads it; null while it answers, refusals included. */
  get problem(): string | null {
    return this.#problem ?? this.#doubt;
  }

  /** Sends a sealed upload whose id is known. */
  async submit(bytes: Uint8Array, id: Uint8Array, device: Uint8Array, stop: AbortSignal): Promise<UploadAnswer> {
    const sentMs = this.#clock.nowMs();
    const answer = await this.#request("submitUpload", apiPath("submitUpload", {}), {
      body: bytes,
      headers: { "content-type": UPLOAD_CONTENT_TYPE },
      timeoutMs: ANSWER_TIMEOUT_MS + bytes.length / SLOWEST_BYTES_PER_MS,
      stop,
    });
    if (answer.status === "unreachable") return answer;
    if (answer.status === "refused") return this.#conflictOr(answer, device);
    const receiptBytes = asBytes(answer.object.receipt, 1024) ?? new Uint8Array(0);
    const opened = this.#believed(this.#signers.receipt(receiptBytes));
    if (opened.status !== "ok") return opened;
    if (!equal(opened.receipt.uploadId, id)) return this.#disbelieved("its receipt is for another upload");
    const isDuplicate = answer.object.status !== "accepted";
    const receivedMs = this.#clock.nowMs();
    if (!isDuplicate) this.#onTime({ source: this.name, issuedMs: opened.receipt.receiveMs, sentMs, receivedMs });
    return { ...opened, status: "accepted", isDuplicate, receiptBytes };
  }

  #conflictOr(answer: Refused, device: Uint8Array): UploadAnswer {
    const { code, head: headBytes, status } = answer.failure;
    if (status !== 409) return answer;
    const opened = this.#openHead(headBytes, device);
    return opened.status === "ok" ? { ...opened, status: "conflict", code } : opened;
  }

  /** The signed head of a device's chain; a fresh signed time too. */
  async chainHead(
    keyText: string,
    device: Uint8Array,
    stop: AbortSignal,
  ): Promise<{ readonly status: "ok"; readonly head: SignedChainHead } | Refused | Unreachable> {
    const sentMs = this.#clock.nowMs();
    const answer = await this.#get("getChainHead", apiPath("getChainHead", { key: keyText }), stop);
    if (answer.status !== "ok") return answer;
    const opened = this.#openHead(asBytes(answer.object.head, 1024), device);
    if (opened.status !== "ok") return opened;
    const { issuedMs } = opened.head;
    this.#onTime({ source: this.name, issuedMs, sentMs, receivedMs: this.#clock.nowMs() });
    return opened;
  }

  #openHead(
    bytes: Uint8Array | undefined,
    device: Uint8Array,
  ): { readonly status: "ok"; readonly head: SignedChainHead; readonly headBytes: Uint8Array } | Unreachable {
    const headBytes = bytes ?? new Uint8Array(0);
    const opened = this.#believed(this.#signers.chainHead(headBytes));
    if (opened.status !== "ok") return opened;
    if (!equal(opened.head.deviceKey, device)) return this.#disbelieved("its chain head is another device's");
    return { ...opened, headBytes };
  }

  /** What an oracle signed, if it is believed; from then on its problem says why not. */
  #believed<Opened extends { readonly status: "ok" }>(opened: Opened | Doubt): Opened | Unreachable {
    if (opened.status === "doubt") return this.#disbelieved(opened.reason);
    this.#doubt = null;
    return opened;
  }

  #disbelieved(reason: string): Unreachable {
    this.#doubt = reason;
    return unreachable(reason);
  }

  /** A fresh signed time from the head of the oracle's log: for devices that are not registered. */
  async logTime(stop: AbortSignal): Promise<{ readonly status: "ok" } | Refused | Unreachable> {
    const sentMs = this.#clock.nowMs();
    const answer = await this.#get("getLogHead", apiPath("getLogHead", {}), stop);
    if (answer.status !== "ok") return answer;
    const opened = this.#believed(this.#signers.logHead(asBytes(answer.object.head, 1024) ?? new Uint8Array(0)));
    if (opened.status !== "ok") return opened;
    const { issuedMs } = opened.head;
    this.#onTime({ source: this.name, issuedMs, sentMs, receivedMs: this.#clock.nowMs() });
    return { status: "ok" };
  }

  /** What the oracle says of the device's challenge; it may hold the answer back up to `waitMs` until there is news. */
  async challenge(
    keyText: string,
    waitMs: number,
    stop: AbortSignal,
  ): Promise<{ readonly status: "ok"; readonly claimed: ClaimedChallenge } | Refused | Unreachable> {
    const headers: Record<string, string> = waitMs >= 1000 ? { prefer: `wait=${Math.floor(waitMs / 1000)}` } : {};
    const path = apiPath("getChallenge", { key: keyText });
    const answer = await this.#request("getChallenge", path, { headers, timeoutMs: ANSWER_TIMEOUT_MS + waitMs, stop });
    if (answer.status !== "ok") return answer;
    const claimed = parseChallenge(answer.object);
    return claimed === undefined ? unreachable("the challenge has another shape") : { status: "ok", claimed };
  }

  /** The parameters in force, as they came. */
  parameters(stop: AbortSignal): Promise<Json> {
    return this.#get("getParameters", apiPath("getParameters", {}), stop);
  }

  /** The route list of a hotspot, as it came: who uses it verifies it. The hotspot signs at `networkMs`: the list holds credentials. */
  routes(keyText: string, signer: DeviceSigner, networkMs: number, stop: AbortSignal): Promise<Json> {
    const path = apiPath("getRoutes", { key: keyText });
    const { method } = ORACLE_API.getRoutes;
    const headers = { [DEVICE_REQUEST_HEADER]: signRequest("device", method, path, Math.round(networkMs), signer) };
    return this.#request("getRoutes", path, {
      headers,
      timeoutMs: ANSWER_TIMEOUT_MS,
      maxAnswerBytes: MAX_ROUTES_BYTES,
      stop,
    });
  }

  #get(route: ApiRouteName, path: string, stop: AbortSignal): Promise<Json> {
    return this.#request(route, path, { timeoutMs: ANSWER_TIMEOUT_MS, stop });
  }

  async #request(
    route: ApiRouteName,
    path: string,
    options: {
      readonly body?: Uint8Array;
      readonly headers?: Readonly<Record<string, string>>;
      readonly timeoutMs: number;
      readonly maxAnswerBytes?: number;
      readonly stop: AbortSignal;
    },
  ): Promise<Json> {
    const { body = null, headers = {}, timeoutMs, maxAnswerBytes = MAX_JSON_BYTES, stop } = options;
    const timeout = new AbortController();
    const cancel = this.#clock.after(timeoutMs, () =>
      timeout.abort(new Error(`no answer in ${Math.round(timeoutMs)} ms`)),
    );
    try {
      const signal = AbortSignal.any([timeout.signal, stop]);
      const url = this.name + path;
      const { method } = ORACLE_API[route];
      const answer = readAnswer(await this.#send({ method, url, headers, body, signal, maxAnswerBytes }));
      this.#problem = answer.status === "unreachable" ? answer.reason : null;
      return answer;
    } catch (error) {
      if (stop.aborted) return unreachable("stopped");
      this.#problem = timeout.signal.aborted ? String(timeout.signal.reason.message) : messageOf(error);
      return unreachable(this.#problem);
    } finally {
      cancel();
    }
  }
}

function readAnswer({ status, body }: HttpAnswer): Json {
  if (status >= 200 && status < 300) {
    const object = parseObject(body);
    return object === undefined ? unreachable("the answer is not a JSON object") : { status: "ok", object };
  }
  const failure = parseFailure(body);
  return failure === undefined ? unreachable(`HTTP ${status} without a code`) : { status: "refused", failure };
}

function unreachable(reason: string): Unreachable {
  return { status: "unreachable", reason };
}

/** The system's code where there is one: the sentences that come with it ask questions. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  return code !== undefined && /^E[A-Z_]+$/.test(code) ? `it cannot be reached: ${code}` : error.message;
}

function equal(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}
