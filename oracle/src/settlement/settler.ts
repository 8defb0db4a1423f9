/**
 * Drives every closed epoch to finality, and this oracle's log heads on chain: issue → price → vote → window → finalise.
 *
 * Holds no state of its own. What is done stands on chain and in the store, each act is done once however often it is asked for
 * (programs/client settlement), so a settler that is killed anywhere goes on where it was. What stops a vote is told and published.
 */
import type { TimeParameters } from "@earshot/poc";
import { canonicalJsonBytes } from "@earshot/poc/protocol";
import type { RootTuple } from "@earshot/programs-client";
import { DURABLE_WITHIN_MS } from "../pipeline/log-reader.ts";
import { type ClosedEpoch, closedEpoch, lastClosedEpoch } from "../pipeline/work-table.ts";
import type { ArtefactStore } from "../ports/artefact-store.ts";
import type { LogTip } from "../ports/report-log.ts";
import type { Store } from "../ports/store.ts";
import { SYSTEM_CLOCK, sleep } from "../service/clock.ts";
import { isHeadDue } from "./head-due.ts";
import type { LogCopy } from "./log-copy.ts";
import { type Objection, objectionsTo, type Proof } from "./objections.ts";
import type { ClosingRecorder } from "./record-closings.ts";
import type { RewardsChain, RewardsState } from "./rewards-chain.ts";

export interface SettlerOptions {
  readonly chain: RewardsChain;
  readonly store: Store;
  readonly artefacts: ArtefactStore;
  /** Learns the price and budget of what was issued. */
  readonly closings: Pick<ClosingRecorder, "step">;
  /** This oracle's copies of all ingests' logs. */
  readonly copies: readonly LogCopy[];
  /** Its own ingest; undefined for an oracle that takes no uploads. */
  readonly own:
    | {
        readonly ingestKey: Uint8Array;
        readonly tip: () => Promise<LogTip>;
        /** How much later than it was true a tip is told, ms. */
        readonly lateMs: number;
      }
    | undefined;
  readonly network: number;
  readonly time: TimeParameters;
  readonly onEvent?: (event: SettlerEvent) => void;
}

export type SettlerEvent =
  | { readonly kind: "issued" | "voted" | "retried" | "final"; readonly epoch: number }
  | { readonly kind: "head_recorded"; readonly length: number }
  /** Epochs up to this one are final on chain, whoever made them so. */
  | { readonly kind: "final_through"; readonly epoch: number }
  /** Nothing is objected to, or no more. */
  | { readonly kind: "may_vote"; readonly epoch: number }
  | { readonly kind: "does_not_vote"; readonly epoch: number; readonly objections: readonly Objection[] };

export class Settler {
  readonly #options: SettlerOptions;

  constructor(options: SettlerOptions) {
    this.#options = options;
  }

  /** Does whatever is due now. Throws what chain and stores throw; it can be called again then. */
  async step(): Promise<void> {
    const { chain, closings, store } = this.#options;
    const state = await chain.state();
    this.#tell({ kind: "final_through", epoch: state.nextFinal - 1 });
    // One act that is refused (the guard's limit on what is minted in a window, say) must not hold up the others.
    const failures: unknown[] = [];
    const attempt = (act: Promise<void>) => act.catch((error) => void failures.push(error));
    await attempt(this.#recordHead(state));
    await attempt(this.#issue(state));
    await closings.step();
    const last = (await lastClosedEpoch(store))?.epoch ?? -1;
    for (let epoch = state.nextFinal; epoch <= last; epoch++) {
      const closed = await closedEpoch(store, epoch);
      if (closed !== undefined) await attempt(this.#settle(closed));
    }
    if (failures.length > 0) throw failures[0];
  }

  /** Puts the head of the own log on chain once an interval: after the moment at which epochs close, so that a head covers them. */
  async #recordHead({ logSeconds }: RewardsState): Promise<void> {
    const { chain, own, time } = this.#options;
    if (own === undefined) return;
    await chain.settlement.openLog(own.ingestKey);
    const intervalMs = logSeconds * 1000;
    const nowMs = (await chain.nowSeconds()) * 1000;
    const afterMs = ((time.epochMs + time.graceMs) % intervalMs) + DURABLE_WITHIN_MS + own.lateMs;
    if (!isHeadDue(nowMs, intervalMs, afterMs)) return;
    const { length, head } = await own.tip();
    const { state } = await chain.settlement.recordLogHead(BigInt(length), head);
    if (state === "done") this.#tell({ kind: "head_recorded", length });
  }

  /** Issues epochs that are over. */
  async #issue({ nextEpoch }: RewardsState): Promise<void> {
    const { chain } = this.#options;
    for (let epoch = nextEpoch; ; epoch++) {
      const { state } = await chain.settlement.issue(BigInt(epoch));
      if (state === "done") this.#tell({ kind: "issued", epoch });
      if (state === "waiting") break;
    }
  }

  async #settle(closed: ClosedEpoch): Promise<void> {
    const { chain } = this.#options;
    const { epoch } = closed;
    const onChain = await chain.epoch(epoch);
    if (onChain === undefined || onChain.isFinal) return;
    const objections = await objectionsTo({
      ...this.#options,
      db: this.#options.store,
      ingests: await chain.ingests(),
      closed,
      onChain,
    });
    if (objections.length > 0) {
      for (const objection of objections) if (objection.kind === "broken_word") await this.#publish(objection.proof);
      this.#tell({ kind: "does_not_vote", epoch, objections });
    } else {
      this.#tell({ kind: "may_vote", epoch });
      if ((await chain.settlement.retry(BigInt(epoch))).state === "done") this.#tell({ kind: "retried", epoch });
      const { state } = await chain.settlement.vote(BigInt(epoch), tupleOf(closed));
      if (state === "done") this.#tell({ kind: "voted", epoch });
    }
    const { state } = await chain.settlement.finalize(BigInt(epoch));
    if (state === "done") this.#tell({ kind: "final", epoch });
  }

  async #publish(proof: Proof): Promise<void> {
    const { artefacts } = this.#options;
    const sha256 = await artefacts.put(canonicalJsonBytes(proof));
    await artefacts.link(`proof/${proof.ingest}/${sha256}.json`, sha256);
  }

  #tell(event: SettlerEvent): void {
    this.#options.onEvent?.(event);
  }
}

/** Calls a settler again and again until the signal; what fails is told and tried again. */
export async function runSettler(
  settler: Settler,
  everyMs: number,
  onFailure: (error: unknown) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await settler.step();
    } catch (error) {
      onFailure(error);
    }
    await sleep(SYSTEM_CLOCK, everyMs, signal);
  }
}

/** What an oracle votes for: root, total, leaves, manifest and parameters. */
export function tupleOf(closed: ClosedEpoch): RootTuple {
  return {
    rootHash: closed.rootHash,
    total: closed.totalAtoms,
    leafCount: closed.leafCount,
    reportHash: closed.manifestSha256,
    parameterHash: closed.parameterHash,
  };
}
