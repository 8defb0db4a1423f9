/**
 * Brings the journal's uploads into a log: to the first ingest that takes them, the same bytes each time, until one has signed for them.
 *
 * An ingest that says 409 shows the head it has. One whose head is the outstanding upload has it; any other head is gone on from,
 * under the resumed flag, because the ingests' union and not this folder decides what is in the log. A receipt or head counts only
 * under the key of that ingest.
 */
import {
  API_ERRORS,
  type ApiErrorCode,
  apiPath,
  type ChainHead,
  importKey,
  keyFromText,
  UPLOAD_CONTENT_TYPE,
  type VerifyKey,
  verifyChainHead,
  verifyReceipt,
} from "@earshot/poc/protocol";
import { boundedBody } from "../service/bounded-body.ts";
import type { Log } from "../service/log.ts";
import type { ConfirmationJournal } from "./confirmation-journal.ts";

/** An ingest and the key it signs with. */
export interface Ingest {
  /** `https://…`, without a slash at its end. */
  readonly url: string;
  readonly key: VerifyKey;
}

export interface ConfirmationSenderOptions {
  readonly journal: ConfirmationJournal;
  /** In order of preference. */
  readonly ingests: readonly Ingest[];
  readonly network: number;
  readonly log: Log;
  /** Longest wait for an answer, ms. */
  readonly timeoutMs: number;
}

/** How a try went: `refused` says that no ingest will ever take this upload. */
export type SendOutcome = "idle" | "taken" | "later" | "refused";

type Turn = "taken" | "later" | { readonly refused: string } | { readonly goOnFrom: ChainHead };

/** Most bytes of an answer that are looked at. */
const MAX_ANSWER_BYTES = 16 * 1024;
/** Most conflicts settled in one try: each costs a signature. */
const MAX_CONFLICTS = 3;

/** An ingest as the configuration names it. Throws POC_BAD_KEY. */
export function ingestOf(url: string, keyText: string): Ingest {
  return { url: url.replace(/\/+$/, ""), key: importKey(keyFromText(keyText)) };
}

/** Tries once to have everything that waits in a log; call again later unless it answers `idle`. */
export async function sendConfirmations(options: ConfirmationSenderOptions, stop: AbortSignal): Promise<SendOutcome> {
  const { journal, ingests, log } = options;
  let outcome: SendOutcome = "idle";
  while (!stop.aborted && (journal.outstanding !== null || journal.seal())) {
    const turns: Turn[] = [];
    for (const ingest of ingests) {
      const turn = await settle(options, ingest, stop);
      turns.push(turn);
      if (turn === "taken") break;
    }
    if (turns.includes("taken")) {
      outcome = "taken";
      continue;
    }
    const refusals = turns.flatMap((turn) => (typeof turn === "object" && "refused" in turn ? [turn.refused] : []));
    if (refusals.length < turns.length) return "later";
    log.error("every ingest refuses the meter's upload for good: is its router registered and funded?", {
      codes: refusals.join(" "),
    });
    return "refused";
  }
  return outcome;
}

async function settle(options: ConfirmationSenderOptions, ingest: Ingest, stop: AbortSignal): Promise<Turn> {
  for (let conflict = 0; conflict < MAX_CONFLICTS; conflict++) {
    const turn = await offer(options, ingest, stop);
    if (typeof turn !== "object" || !("goOnFrom" in turn)) return turn;
    options.log.warn("the meter's chain goes on from an ingest's head", { sequence: turn.goOnFrom.sequence });
    options.journal.resealAfter(turn.goOnFrom);
  }
  return "later";
}

async function offer(options: ConfirmationSenderOptions, ingest: Ingest, stop: AbortSignal): Promise<Turn> {
  const { journal, network, log, timeoutMs } = options;
  const { bytes, id } = journal.outstanding!;
  let status: number;
  let answer: Readonly<Record<string, unknown>> | undefined;
  try {
    const response = await fetch(ingest.url + apiPath("submitUpload", {}), {
      method: "POST",
      headers: { "content-type": UPLOAD_CONTENT_TYPE },
      body: bytes as Uint8Array<ArrayBuffer>,
      signal: AbortSignal.any([stop, AbortSignal.timeout(timeoutMs)]),
    });
    status = response.status;
    answer = parseObject(await boundedBody(response, MAX_ANSWER_BYTES));
  } catch (error) {
    log.complain(`ingest ${ingest.url}`, "an ingest cannot be reached", { reason: messageOf(error) });
    return "later";
  }
  const receipt = bytesOf(answer?.receipt);
  if (status === 200 && receipt !== undefined) {
    const checked = verifyReceipt(receipt, ingest.key, network);
    if (checked.status === "ok" && same(checked.receipt.uploadId, id)) {
      journal.acknowledged();
      return "taken";
    }
    log.complain(`receipt ${ingest.url}`, "an ingest's receipt is not under its key, or is of another upload");
    return "later";
  }
  const code = String(answer?.code);
  const head = bytesOf(answer?.head);
  if (status === 409 && head !== undefined) {
    const checked = verifyChainHead(head, ingest.key, network);
    if (checked.status !== "ok") return "later";
    if (!same(checked.head.id, id)) return { goOnFrom: checked.head };
    journal.acknowledged();
    return "taken";
  }
  log.complain(`refused ${ingest.url}`, "an ingest does not take the meter's upload", { status, code });
  const rule = API_ERRORS[code as ApiErrorCode] as (typeof API_ERRORS)[ApiErrorCode] | undefined;
  return rule === undefined || rule.retryable ? "later" : { refused: code };
}

function parseObject(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}

function bytesOf(value: unknown): Uint8Array | undefined {
  return typeof value === "string" ? new Uint8Array(Buffer.from(value, "base64")) : undefined;
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
