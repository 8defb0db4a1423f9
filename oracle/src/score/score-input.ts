/**
 * Scores an epoch in memory, on one thread or on several: the same output for any number of partitions and workers.
 *
 * With workers, the epoch without its witnesses is copied to each, and the witness rows of a partition are handed over, not copied;
 * the verdicts come back the same way and are closed here.
 */
import {
  type AnyColumn,
  allocateColumns,
  closeEpoch,
  type EpochInput,
  type EpochOutput,
  inputTables,
  type PartitionVerdicts,
  prepareEpoch,
  tableField,
  verifyPartition,
  witnessesTable,
} from "@earshot/poc";
import { oracleError } from "../errors.ts";
import { splitWitnesses } from "./split-witnesses.ts";
import { buffersOf, errorFrom, type WorkerAnswer, type WorkerRequest } from "./worker-message.ts";

/** More are never useful on one machine, and a typo must not start a thousand threads. */
export const MAX_WORKERS = 64;
export const MAX_PARTITIONS = 4096;

export interface ScoreOptions {
  /** Threads that judge; 1 is this one. */
  readonly workers?: number | undefined;
  /** Parts the witnesses are split into; as many as workers when left out. */
  readonly partitions?: number | undefined;
  /** Told before each stage which part of the work is done, 0 to 1, and what comes next. */
  readonly onStage?: ((share: number, what: string) => void) | undefined;
}

/** Where the stages of scoring begin, as shares of its time on a day of the US list; `scoreFolder` reads before and writes after. */
const JUDGING_FROM = 0.3;
const PAYING_FROM = 0.6;

/** From so many witness reports on garbage is collected between steps: less is not worth the tenths of a second. */
const COLLECT_FROM_ROWS = 1_000_000;

/** Throws what the engine throws, ORC_BAD_OPTION, ORC_WORKER_FAILED. */
export async function scoreInput(
  input: EpochInput,
  { workers = 1, partitions = workers, onStage }: ScoreOptions = {},
): Promise<EpochOutput> {
  assertCount(workers, MAX_WORKERS, "workers");
  assertCount(partitions, MAX_PARTITIONS, "partitions");
  onStage?.(JUDGING_FROM, "judging");
  const context = prepareEpoch(input);
  const parts = splitWitnesses(input.witnesses, partitions);
  const verdicts =
    workers === 1
      ? parts.map((witnesses, partition) => verifyPartition(context, witnesses, { partition, partitions }))
      : await judgeOnWorkers(input, parts, workers);
  onStage?.(PAYING_FROM, "paying");
  const collect = input.witnesses.log_index.length >= COLLECT_FROM_ROWS ? () => Bun.gc(true) : () => {};
  collect();
  return closeEpoch(context, verdicts, collect);
}

function assertCount(value: number, maximum: number, name: string): void {
  if (!Number.isInteger(value) || value < 1 || value > maximum) {
    throw oracleError("ORC_BAD_OPTION", `${name}: expected an integer from 1 to ${maximum}, got ${value}`);
  }
}

async function judgeOnWorkers(
  input: EpochInput,
  parts: readonly EpochInput["witnesses"][],
  count: number,
): Promise<PartitionVerdicts[]> {
  const verdicts: PartitionVerdicts[] = [];
  const common = commonOf(input);
  let next = 0;
  const takePartitions = async () => {
    const worker = new ScoreWorker(common);
    try {
      while (next < parts.length) {
        const partition = next++;
        verdicts[partition] = await worker.judge(parts[partition], partition, parts.length);
      }
    } finally {
      worker.stop();
    }
  };
  await Promise.all(Array.from({ length: Math.min(count, parts.length) }, takePartitions));
  return verdicts;
}

/** What every worker gets: the input without its witnesses, and nothing that only the loading of uploads needs. */
function commonOf(input: EpochInput): EpochInput {
  const tables = Object.fromEntries(
    inputTables.map(({ name }) => tableField(name)).map((field) => [field, input[field as keyof EpochInput]]),
  );
  const { parameters, header, deniedEdges } = input;
  const edges = deniedEdges === undefined ? {} : { deniedEdges };
  return {
    ...(tables as unknown as EpochInput),
    parameters,
    header,
    ...edges,
    witnesses: allocateColumns(witnessesTable, 0),
  };
}

/** One thread and the partition it is working on. */
class ScoreWorker {
  readonly #worker: Worker;
  #settle: { resolve: (verdicts: PartitionVerdicts) => void; reject: (error: Error) => void } | undefined;

  constructor(common: EpochInput) {
    this.#worker = new Worker(new URL("./score-worker.ts", import.meta.url).href);
    this.#worker.onmessage = ({ data }: MessageEvent<WorkerAnswer>) => {
      if (data.kind === "verdicts") this.#settle?.resolve(data.verdicts);
      else if (data.kind === "error") this.#settle?.reject(errorFrom(data));
    };
    this.#worker.onerror = ({ message }) => this.#settle?.reject(oracleError("ORC_WORKER_FAILED", message));
    this.#send({ kind: "epoch", input: common }, []);
  }

  judge(witnesses: EpochInput["witnesses"], partition: number, partitions: number): Promise<PartitionVerdicts> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      // Rows of one partition are the caller's own table, which the caller keeps.
      const transfer = partitions === 1 ? [] : buffersOf(...(Object.values(witnesses) as AnyColumn[]));
      this.#send({ kind: "partition", place: { partition, partitions }, witnesses }, transfer);
    });
  }

  stop(): void {
    this.#worker.terminate();
  }

  #send(request: WorkerRequest, transfer: ArrayBuffer[]): void {
    this.#worker.postMessage(request, transfer);
  }
}
