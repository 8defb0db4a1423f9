/**
 * A pipeline worker: verifies sealed segments, closes epochs, and tells verdicts of the partitions whose leases it gets.
 *
 * As many as one likes may run, in one process or on many machines, with one store, one artefact store and the same logs. What is
 * closed does not depend on how many there are, which of them die, or when.
 */
import { CodedError } from "@earshot/geo";
import type { TimeParameters } from "@earshot/poc";
import type { DeviceSigner } from "@earshot/poc/protocol";
import type { ArtefactStore } from "../ports/artefact-store.ts";
import type { ReportLogReader } from "../ports/report-log.ts";
import type { Store } from "../ports/store.ts";
import { SYSTEM_CLOCK, sleep } from "../service/clock.ts";
import { EpochCloser } from "./close-epoch.ts";
import { IntervalDeriver } from "./derive-intervals.ts";
import { EpochArchive } from "./epoch-archive.ts";
import type { EpochFacts } from "./epoch-facts.ts";
import { holdLease } from "./hold-lease.ts";
import { LiveEpochs } from "./live-epochs.ts";
import { readerOf } from "./log-reader.ts";
import type { MirroredLog } from "./mirrored-log.ts";
import { PartitionWorker } from "./partition-worker.ts";
import { SegmentVerifier } from "./verify-segments.ts";

/** `live` tells verdicts; `batch` verifies and closes, and keeps its thread busy for seconds at a time. */
export type WorkerRole = "live" | "batch";

export interface WorkerOptions {
  readonly store: Store;
  readonly artefacts: ArtefactStore;
  readonly facts: EpochFacts;
  /** Logs on this cluster by their names (log-reader.ts); the first one is this oracle's own. */
  readonly logs: readonly { readonly name: string; readonly log: ReportLogReader }[];
  /** Logs of other oracles' ingests. */
  readonly mirrors?: readonly MirroredLog[];
  readonly time: TimeParameters;
  readonly firstEpoch: number;
  readonly signer: DeviceSigner;
  readonly roles: readonly WorkerRole[];
  /** Names this worker; no two have the same, and one that is started again has another. */
  readonly holder: string;
  /** The wall clock, Unix ms. */
  readonly wallMs: () => number;
  readonly settings?: Partial<WorkerSettings>;
  /** Told what was done and what failed and will be tried again. */
  readonly onEvent?: (event: WorkerEvent) => void;
}

export interface WorkerSettings {
  /** How long a dead worker's work waits for another one, ms. */
  readonly leaseMs: number;
  /** The same for closing an epoch and drawing challenges, which keep a thread busy for so long that it cannot renew its lease, ms. */
  readonly longLeaseMs: number;
  /** How often work is looked for when there was none, ms. */
  readonly pollMs: number;
  /** How often verdicts are looked for, ms. */
  readonly tickMs: number;
  /** Threads that judge when an epoch is closed. */
  readonly judges: number;
}

export const DEFAULT_WORKER_SETTINGS: WorkerSettings = {
  leaseMs: 15_000,
  longLeaseMs: 120_000,
  pollMs: 1000,
  tickMs: 250,
  judges: 1,
};

export type WorkerEvent =
  | { readonly kind: "verified_segment" }
  | { readonly kind: "closed_epoch"; readonly epoch: number }
  | { readonly kind: "waits"; readonly epoch: number; readonly why: string }
  | { readonly kind: "holds_partition"; readonly partition: number }
  | { readonly kind: "failed"; readonly work: string; readonly error: unknown };

/** Codes after which trying again cannot help: somebody has to look. */
const FATAL: readonly string[] = ["ORC_CONTRADICTION", "ORC_BAD_SCHEMA", "ORC_BAD_OPTION"];

/** Works until the signal. Throws what cannot be tried again. */
export async function runWorker(options: WorkerOptions, signal: AbortSignal): Promise<void> {
  const settings = { ...DEFAULT_WORKER_SETTINGS, ...options.settings };
  const { store, artefacts, facts, time, firstEpoch, signer, holder, wallMs, roles } = options;
  const archive = new EpochArchive(artefacts);
  const lease = { store, holder, ttlMs: settings.leaseMs };
  const mirrors = options.mirrors ?? [];
  const logs = [...options.logs.map(({ name, log }) => readerOf(name, log, wallMs)), ...mirrors];
  const common = { store, archive, facts, logs, time, firstEpoch, lease };
  const loops: Promise<void>[] = [];
  if (roles.includes("batch")) {
    const verifier = new SegmentVerifier(common);
    const long = { ...common, lease: { ...lease, ttlMs: settings.longLeaseMs } };
    const deriver = new IntervalDeriver(long);
    const closer = new EpochCloser({ ...long, signer, workers: settings.judges });
    loops.push(
      repeat(options, settings, "verify", signal, async () => {
        const did = await verifier.step();
        if (did) options.onEvent?.({ kind: "verified_segment" });
        return did;
      }),
      ...mirrors.map((mirror) =>
        repeat(options, settings, `mirror ${mirror.name}`, signal, async () => (await mirror.step()) > 0),
      ),
      repeat(options, settings, "derive", signal, () => deriver.step()),
      repeat(options, settings, "close", signal, async () => {
        const { epoch, state } = await closer.step();
        if (state === "closed") options.onEvent?.({ kind: "closed_epoch", epoch });
        else options.onEvent?.({ kind: "waits", epoch, why: state });
        return state === "closed";
      }),
    );
  }
  if (roles.includes("live")) {
    const epochs = new LiveEpochs({ store, archive, facts, firstEpoch });
    const own = options.logs[0].log;
    let held = 0;
    for (let partition = 0; partition < own.partitions; partition++) {
      loops.push(
        repeat(options, settings, `partition ${partition}`, signal, async () => {
          // Who holds more waits longer for the next, so that workers that start together share the partitions.
          await sleep(SYSTEM_CLOCK, held * settings.tickMs, signal);
          if (signal.aborted) return false;
          const did = await holdLease(lease, `partition/${partition}`, async (granted, lost) => {
            held++;
            options.onEvent?.({ kind: "holds_partition", partition });
            const worker = new PartitionWorker(
              {
                store,
                logs: options.logs,
                epochs,
                time,
                wallMs,
                steadyMs: () => performance.now(),
                tickMs: settings.tickMs,
              },
              partition,
              granted,
            );
            try {
              await worker.run(AbortSignal.any([signal, lost]));
            } finally {
              held--;
            }
            return true;
          });
          return did === true;
        }),
      );
    }
  }
  await Promise.all(loops);
}

/** Does a piece of work again and again; rests when there was none, and after a failure. */
async function repeat(
  { onEvent }: WorkerOptions,
  { pollMs }: WorkerSettings,
  work: string,
  signal: AbortSignal,
  step: () => Promise<boolean>,
): Promise<void> {
  while (!signal.aborted) {
    let did = false;
    try {
      did = await step();
    } catch (error) {
      if (error instanceof CodedError && FATAL.includes(error.code)) throw error;
      onEvent?.({ kind: "failed", work, error });
    }
    if (!did) await sleep(SYSTEM_CLOCK, pollMs, signal);
  }
}
