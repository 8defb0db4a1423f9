/** A thread of loadLog: the epoch once, then job after job, whose columns are handed over. */
import { buffersOf, errorAnswer } from "../score/worker-message.ts";
import { LogJobRunner, type LogThreadAnswer, type LogThreadRequest } from "./load-log.ts";
import { CHUNK_TABLES } from "./upload-chunk.ts";

declare const self: Worker;

let runner: LogJobRunner | undefined;

self.onmessage = ({ data }: MessageEvent<LogThreadRequest>) => {
  try {
    if (data.kind === "epoch") {
      runner = new LogJobRunner(data.context);
      return;
    }
    if (runner === undefined) throw new Error("a job came before its epoch");
    const result = runner.run(data);
    const tables =
      result.kind === "interval"
        ? [result.challenges ?? {}]
        : result.chunks.flatMap((chunk) =>
            Object.keys(CHUNK_TABLES).map((field) => chunk[field as keyof typeof CHUNK_TABLES]),
          );
    answer(
      result,
      tables.flatMap((table) => buffersOf(...Object.values(table as Readonly<Record<string, ArrayBufferView>>))),
    );
  } catch (error) {
    answer(errorAnswer(error), []);
  }
};

function answer(message: LogThreadAnswer, transfer: ArrayBuffer[]): void {
  self.postMessage(message, transfer);
}
