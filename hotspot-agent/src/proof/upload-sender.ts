/**
 * Brings the one sealed upload into a log: any ingest will do, and the one that took the last upload is asked first.
 *
 * An answer 409 is judged (chain-judgement.ts): an ingest that is behind gets what it lacks, one that knows more is gone on from
 * under the resumed flag, one of another past is left for the next. An upload that every ingest refuses for good is given up and
 * counted; in all other cases it is sent until it is taken, the same bytes each time.
 */
import { type ChainHead, EMPTY_CHAIN, receiptsContradict, type UploadReceipt, uploadId } from "@earshot/poc/protocol";
import type { Clock } from "../clock.ts";
import type { HotspotIdentity } from "../keyring.ts";
import type { Log } from "../log.ts";
import type { Telemetry } from "../telemetry.ts";
import { judgeHead } from "./chain-judgement.ts";
import type { OracleClient, UploadAnswer } from "./oracle-client.ts";
import type { Registration } from "./registration.ts";
import type { UploadArchive } from "./upload-archive.ts";
import type { UploadChain } from "./upload-chain.ts";
import { Backoff, sleep } from "./wait.ts";

/** Between two rounds of all ingests, ms: the first well inside a challenge's window. */
const RETRY_MS = { first: 500, cap: 60_000 } as const;
/** After a failure of the ingest listed first another one is preferred for this long, ms. */
const FAIL_BACK_MS = 600_000;
/** With lost state, wait this long for an ingest that does not answer before trusting the ones that do, ms. */
const LOST_STATE_PATIENCE_MS = 300_000;
/** When only ingests of another past answer, go on from there after this long, ms. */
const FOREIGN_PATIENCE_MS = 600_000;
/** Conflicts settled with one ingest in a row before the next is tried. */
const MAX_CONFLICTS = 3;

export interface UploadSenderOptions {
  readonly identity: HotspotIdentity;
  /** In the order of the configuration; one or more. */
  readonly clients: readonly OracleClient[];
  readonly chain: UploadChain;
  readonly archive: UploadArchive;
  readonly registration: Registration;
  readonly clock: Clock;
  readonly log: Log;
  readonly telemetry: Telemetry;
  /** From 0 to 1, for back-off. */
  readonly random: () => number;
}

type Accepted = UploadAnswer & { readonly status: "accepted" };
/** How it went with one ingest; `refused`: never to be sent to it again. */
type Turn =
  | { readonly kind: "taken" }
  | { readonly kind: "refused"; readonly code: string }
  | { readonly kind: "foreign"; readonly head: ChainHead }
  | { readonly kind: "failed" };

export class UploadSender {
  readonly #options: UploadSenderOptions;
  readonly #uploads;
  readonly #failures;
  readonly #resumed;
  readonly #caughtUp;
  readonly #lost;
  readonly #contradictions;
  readonly #lastReceipts = new Map<string, UploadReceipt>();
  /** Ingests that failed, until when others go first; steady clock. */
  readonly #restsUntilMs = new Map<OracleClient, number>();
  /** Ingests that asked for a pause, until when; steady clock. */
  readonly #notBeforeMs = new Map<OracleClient, number>();
  #preferred: OracleClient | null = null;
  #foreignSinceMs: number | null = null;
  #mustCompareHeads = true;

  constructor(options: UploadSenderOptions) {
    this.#options = options;
    const { telemetry } = options;
    this.#uploads = telemetry.counter("agent_uploads_total", "Uploads that an oracle's log took, by oracle.");
    this.#failures = telemetry.counter("agent_upload_failures_total", "Tries that failed, by oracle and reason.");
    this.#resumed = telemetry.counter("agent_chain_resumed_total", "Times the chain went on from an oracle's head.");
    this.#caughtUp = telemetry.counter(
      "agent_uploads_repeated_total",
      "Uploads sent again to an ingest that lacked them.",
    );
    this.#lost = telemetry.counter(
      "agent_uploads_refused_total",
      "Uploads that every oracle refused for good, by code.",
    );
    this.#contradictions = telemetry.counter(
      "agent_receipts_contradicting_total",
      "Receipts that prove an ingest lied.",
    );
  }

  /** True while the chain on disk may be older than an ingest's: after a start, and when an upload was there already. */
  get mustCompareHeads(): boolean {
    return this.#mustCompareHeads;
  }

  /** Sends the outstanding upload until it is taken, given up, or `stop`. Rejects when the disk takes nothing. */
  async deliver(stop: AbortSignal): Promise<"taken" | "given_up" | "stopped"> {
    const { chain, clock, log, random } = this.#options;
    const backoff = new Backoff(RETRY_MS.first, RETRY_MS.cap, random);
    while (!stop.aborted) {
      const turns: Turn[] = [];
      for (const client of this.#order()) {
        if (stop.aborted) return "stopped";
        if (this.#isToWait(client)) {
          turns.push({ kind: "failed" });
          continue;
        }
        const turn = await this.#turn(client, stop);
        if (turn.kind === "taken") return "taken";
        this.#restsUntilMs.set(client, clock.nowMs() + FAIL_BACK_MS);
        turns.push(turn);
      }
      const codes = turns.flatMap((turn) => (turn.kind === "refused" ? [turn.code] : []));
      if (codes.length === turns.length) {
        this.#lost.add({ code: codes[0]! });
        log.error("every oracle refused an upload for good; its reports are lost", { codes: codes.join(" ") });
        chain.abandon();
        return "given_up";
      }
      if (await this.#yieldToForeign(turns)) continue;
      await sleep(clock, Math.max(backoff.next(), this.#shortestWaitMs()), stop);
    }
    return "stopped";
  }

  /** Finds out, with lost state, where the chain goes on; comes back when it knows, or after a while to be called again. */
  async learnHead(stop: AbortSignal): Promise<void> {
    const { clock, clients, random } = this.#options;
    const backoff = new Backoff(RETRY_MS.first, RETRY_MS.cap, random);
    const startedMs = clock.nowMs();
    while (!stop.aborted) {
      const heads = await this.#askHeads(stop);
      const isPatient = clock.nowMs() - startedMs < LOST_STATE_PATIENCE_MS;
      if (heads.length === clients.length || (heads.length > 0 && !isPatient)) {
        const head = heads.reduce((most, one) => (one.sequence > most.sequence ? one : most));
        await this.#goOnFrom(head, head.sequence > 0 ? "state was lost" : null);
        this.#mustCompareHeads = false;
        return;
      }
      await sleep(clock, backoff.next(), stop);
    }
  }

  /** Compares the chain with what ingests have, once, as far as they answer: a restored backup shows here, before it forks. */
  async compareHeads(stop: AbortSignal): Promise<void> {
    const { chain, archive } = this.#options;
    const heads = await this.#askHeads(stop);
    const outstandingId = chain.outstanding?.id ?? null;
    const ahead = heads.filter((head) => {
      return judgeHead(head, chain.head!, outstandingId, (number) => archive.idAt(number)).kind === "ahead";
    });
    if (ahead.length > 0) {
      const head = ahead.reduce((most, one) => (one.sequence > most.sequence ? one : most));
      await this.#goOnFrom(head, "an oracle knows of more uploads");
    }
    this.#mustCompareHeads = false;
  }

  /** Where each ingest has the chain, of those that answer; an empty chain where it does not know the device. */
  async #askHeads(stop: AbortSignal): Promise<readonly ChainHead[]> {
    const { clients, identity } = this.#options;
    const answers = await Promise.all(
      clients.map((client) => client.chainHead(identity.keyText, identity.signer.publicKey, stop)),
    );
    return answers.flatMap((answer): readonly ChainHead[] => {
      if (answer.status === "ok") return [answer.head];
      if (answer.status === "unreachable") return [];
      this.#options.registration.refused(answer.failure);
      return answer.failure.code === "not_found" ? [EMPTY_CHAIN] : [];
    });
  }

  /** One ingest's turn with the outstanding upload. */
  async #turn(client: OracleClient, stop: AbortSignal): Promise<Turn> {
    const { chain, archive, identity } = this.#options;
    for (let conflict = 0; conflict < MAX_CONFLICTS; conflict++) {
      const { bytes, id } = chain.outstanding!;
      const answer = await client.submit(bytes, id, identity.signer.publicKey, stop);
      if (answer.status === "accepted") {
        await this.#accepted(client, answer);
        return { kind: "taken" };
      }
      if (answer.status !== "conflict") return this.#failed(client, answer);
      this.#failures.add({ oracle: client.name, reason: answer.code });
      const judgement = judgeHead(answer.head, chain.head!, id, (number) => archive.idAt(number));
      if (judgement.kind === "foreign") return { kind: "foreign", head: answer.head };
      if (judgement.kind === "ahead") await this.#goOnFrom(answer.head, answer.code);
      else if (judgement.kind === "in_step") return { kind: "failed" };
      else if (!(await this.#bringUpToDate(client, judgement.from, stop))) return { kind: "failed" };
    }
    return { kind: "failed" };
  }

  /** Sends an ingest the acknowledged uploads it lacks; false if it does not take one. */
  async #bringUpToDate(client: OracleClient, from: number, stop: AbortSignal): Promise<boolean> {
    const { chain, archive, identity, log } = this.#options;
    log.info("an oracle lacks uploads and gets them", { oracle: client.name, from, to: chain.head!.sequence });
    for (let sequence = from; sequence <= chain.head!.sequence; sequence++) {
      const bytes = await archive.uploadAt(sequence);
      if (bytes === undefined) return false;
      const answer = await client.submit(bytes, uploadId(bytes), identity.signer.publicKey, stop);
      if (answer.status !== "accepted") return false;
      this.#caughtUp.add({ oracle: client.name });
    }
    return true;
  }

  async #accepted(client: OracleClient, answer: Accepted): Promise<void> {
    const { chain, archive, log } = this.#options;
    const { bytes } = chain.outstanding!;
    this.#preferred = client;
    this.#restsUntilMs.delete(client);
    this.#options.registration.confirmed();
    this.#foreignSinceMs = null;
    this.#uploads.add({ oracle: client.name });
    this.#checkReceipt(client, answer);
    try {
      await archive.add(bytes, answer.receiptBytes);
    } catch (error) {
      log.complain("archive", "a receipt cannot be kept on disk", { error: String(error) });
    }
    chain.acknowledged();
    // It was there before: perhaps this chain is an old copy, and more has followed.
    if (answer.isDuplicate) this.#mustCompareHeads = true;
  }

  #checkReceipt(client: OracleClient, { signer, receipt }: Accepted): void {
    const before = this.#lastReceipts.get(signer);
    this.#lastReceipts.set(signer, receipt);
    if (before === undefined || !receiptsContradict(before, receipt)) return;
    this.#contradictions.add({ oracle: client.name });
    this.#options.log.error("an oracle signed two receipts that cannot both be true; both are kept", {
      oracle: client.name,
      logIndex: receipt.logIndex,
    });
  }

  #failed(client: OracleClient, answer: Exclude<UploadAnswer, { readonly status: "accepted" | "conflict" }>): Turn {
    const { log } = this.#options;
    if (answer.status === "unreachable") {
      this.#failures.add({ oracle: client.name, reason: "unreachable" });
      log.complain(`upload ${client.name}`, "an oracle cannot be reached", {
        oracle: client.name,
        reason: answer.reason,
      });
      return { kind: "failed" };
    }
    const { code, retryable, retryAfterMs } = answer.failure;
    this.#failures.add({ oracle: client.name, reason: code });
    this.#options.registration.refused(answer.failure);
    log.complain(`upload ${client.name}`, "an oracle does not take uploads", { oracle: client.name, code });
    if (retryAfterMs !== undefined) this.#notBeforeMs.set(client, this.#options.clock.nowMs() + retryAfterMs);
    return retryable ? { kind: "failed" } : { kind: "refused", code };
  }

  #isToWait(client: OracleClient): boolean {
    return (this.#notBeforeMs.get(client) ?? 0) > this.#options.clock.nowMs();
  }

  /** How long until one of the ingests may be asked again. */
  #shortestWaitMs(): number {
    const nowMs = this.#options.clock.nowMs();
    return Math.min(...this.#options.clients.map((client) => (this.#notBeforeMs.get(client) ?? 0) - nowMs));
  }

  /** Goes on from an ingest of another past, once nobody else has taken uploads for long; true if it did. */
  async #yieldToForeign(turns: readonly Turn[]): Promise<boolean> {
    const { clock } = this.#options;
    const foreign = turns.find((turn) => turn.kind === "foreign");
    if (foreign === undefined) {
      this.#foreignSinceMs = null;
      return false;
    }
    this.#foreignSinceMs ??= clock.nowMs();
    if (clock.nowMs() - this.#foreignSinceMs < FOREIGN_PATIENCE_MS) return false;
    this.#foreignSinceMs = null;
    await this.#goOnFrom(foreign.head, "no oracle has this hotspot's uploads");
    return true;
  }

  async #goOnFrom(head: ChainHead, reason: string | null): Promise<void> {
    await this.#options.chain.goOnFrom(head);
    if (reason === null) return;
    this.#resumed.add();
    this.#options.log.warn("the chain of uploads goes on from an oracle's head", { reason, sequence: head.sequence });
  }

  /** The preferred ingest, then the configured order; those that failed lately come last. */
  #order(): readonly OracleClient[] {
    const nowMs = this.#options.clock.nowMs();
    const rests = (client: OracleClient) => (this.#restsUntilMs.get(client) ?? 0) > nowMs;
    const first = this.#options.clients[0]!;
    // Back to the first of the list when its rest is over, or the second would stay for ever.
    const preferred = !rests(first) ? first : this.#preferred;
    const rank = (client: OracleClient) => (rests(client) ? 2 : 0) + (client === preferred ? 0 : 1);
    return [...this.#options.clients].sort((a, b) => rank(a) - rank(b));
  }
}
