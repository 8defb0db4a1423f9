/** The pipeline as a part of the service: facts from the chain, the ingest's time, and the workers of this machine. */
import { oracleError } from "../errors.ts";
import type { AccountSource } from "../registry/account-source.ts";
import type { RegistryWatch } from "../registry/registry-watch.ts";
import { sleep } from "../service/clock.ts";
import type { OracleContext, ServicePart } from "../service/part.ts";
import { EpochArchive } from "./epoch-archive.ts";
import type { EpochOpening } from "./epoch-facts.ts";
import { epochAt, epochSpan } from "./epoch-times.ts";
import { writeIngestTime } from "./ingest-clock.ts";
import { FactsRecorder, type FactsRecorderOptions } from "./record-facts.ts";
import { StoredFacts } from "./stored-facts.ts";
import { lastClosedEpoch } from "./work-table.ts";
import { type WorkerLine, WorkerProcesses } from "./worker-processes.ts";

export interface PipelinePartOptions {
  readonly watch: Pick<RegistryWatch, "readSlot" | "readAnew">;
  readonly history: Pick<AccountSource, "wasUsed">;
  readonly accountsAt?: FactsRecorderOptions["accountsAt"];
  readonly rulesOf: (epoch: number) => Pick<EpochOpening, "parameters"> | { readonly why: string };
  /** Every upload received before this is durable and seen by readers, Unix ms (ingest/ingest-part.ts): what workers may take for the past. */
  readonly settledMs: () => Promise<number>;
  /** Command of a worker (worker-processes.ts). */
  readonly workerCommand: readonly string[];
}

export interface PipelinePart extends ServicePart {
  /** The first epoch that is not closed, as it was last known. */
  readonly nextEpoch: () => number;
}

/** Looks for what is due this often, ms; more often where epochs are short. */
const STEP_MS = 1000;
const STEPS_AN_EPOCH = 100;
/** An epoch that is not closed this long after it could be is a fault, as a part of an epoch. */
const OVERDUE_PARTS = 4;

export function pipelinePart(
  { config, plan, rules, store, artefacts, registry, entropy, networkClock, clock, log, telemetry }: OracleContext,
  { watch, history, accountsAt, rulesOf, workerCommand, settledMs }: PipelinePartOptions,
): PipelinePart {
  const own = log.for("pipeline");
  const { time } = rules.parameters;
  const nowMs = () => networkClock.nowMs();
  const facts = new StoredFacts(store, new EpochArchive(artefacts));
  let lastClosed = plan.firstEpoch - 1;
  let waits: string | undefined;
  const recorder = new FactsRecorder({
    facts,
    registry,
    watch,
    history,
    accountsAt,
    entropy,
    rulesOf,
    network: rules.network,
    time,
    nowMs,
    nextEpoch: async () => {
      lastClosed = (await lastClosedEpoch(store))?.epoch ?? plan.firstEpoch - 1;
      return lastClosed + 1;
    },
    onOpened: (epoch, hotspots) => own.info("an epoch is opened", { epoch, hotspots }),
  });
  const counts = { verifiedSegments: 0, failures: 0 };
  const onLine = (line: WorkerLine) => {
    if (line.kind === "verified_segment") {
      // A segment may be sealed while windows of its reports are open; that there is one says that somebody reported.
      clock.after(rules.withholdMs, () => {
        counts.verifiedSegments++;
      });
    }
    if (line.kind === "closed_epoch") own.info("an epoch is closed", { epoch: line.epoch });
    else if (line.kind === "waits") waits = `epoch ${line.epoch}: ${line.why}`;
    else if (line.kind === "failed") {
      counts.failures++;
      own.complain(`work ${line.work}`, "a worker failed and tries again", { work: line.work, error: line.error });
    }
  };
  const workers = new WorkerProcesses({ command: workerCommand, count: config.workers.count, clock, log: own, onLine });
  telemetry.gauge("oracle_epoch_closed", "The last closed epoch.", () => lastClosed);
  telemetry.gauge("oracle_epoch_open", "The epoch that runs.", () => epochAt(nowMs(), time));
  telemetry.gauge("oracle_workers", "Workers of this machine that run.", () => workers.running);
  telemetry.counter(
    "oracle_worker_restarts_total",
    "Workers that ended and were started again.",
    () => workers.restarts,
  );
  telemetry.counter("oracle_worker_failures_total", "Work that failed and was tried again.", () => counts.failures);
  telemetry.counter(
    "oracle_segments_verified_total",
    "Log segments that workers of this machine verified.",
    () => counts.verifiedSegments,
  );
  /** Challenges, uploads and the API follow the rules that were in force when the process started. */
  const checkRules = () => {
    const epoch = epochAt(nowMs(), time);
    const now = rulesOf(epoch);
    if ("why" in now || now.parameters === rules.parameters) return;
    throw oracleError("ORC_RULES_CHANGED", `from epoch ${epoch} on rules ${now.parameters.name} hold`);
  };
  return {
    name: "pipeline",
    nextEpoch: () => lastClosed + 1,
    async run(stop) {
      const running = workers.run(stop);
      const everyMs = Math.min(STEP_MS, Math.ceil(time.epochMs / STEPS_AN_EPOCH));
      while (!stop.aborted) {
        checkRules();
        await recorder.step().catch((error) => own.complain("facts", String(error)));
        await sleep(clock, everyMs, stop);
      }
      await running;
    },
    tick() {
      settledMs()
        .then((ms) => writeIngestTime(store, ms))
        .catch((error) => own.complain("clock", "the ingest's time cannot be written down", { error: String(error) }));
    },
    fault() {
      if (recorder.fault !== undefined) return recorder.fault;
      if (workers.running < workers.expected) return `${workers.running} of ${workers.expected} workers run`;
      const { closesMs } = epochSpan(lastClosed + 1, time);
      if (nowMs() < closesMs + time.epochMs / OVERDUE_PARTS) return undefined;
      return `epoch ${lastClosed + 1} is not closed yet; ${waits ?? "no worker has said why"}`;
    },
  };
}
