/** Scores an epoch whole on a thread of its own, while this one does something else. */
import type { EpochInput, EpochOutput } from "@earshot/poc";
import { oracleError } from "../errors.ts";
import { errorFrom, type WorkerAnswer, type WorkerRequest } from "./worker-message.ts";

/** The output that `scoreInput` gives on one thread. The input is copied. Rejects with what the engine throws, ORC_WORKER_FAILED. */
export async function scoreAside(input: EpochInput): Promise<EpochOutput> {
  const worker = new Worker(new URL("./score-worker.ts", import.meta.url).href);
  try {
    return await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<WorkerAnswer>) => {
        if (data.kind === "output") resolve(data.output);
        else if (data.kind === "error") reject(errorFrom(data));
      };
      worker.onerror = ({ message }) => reject(oracleError("ORC_WORKER_FAILED", message));
      worker.postMessage({ kind: "whole", input } satisfies WorkerRequest);
    });
  } finally {
    worker.terminate();
  }
}
