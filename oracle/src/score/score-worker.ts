/** A scoring worker: builds the context of an epoch once, then judges the partitions it is sent and hands the verdicts over; or scores an epoch whole. */
import { type EpochContext, prepareEpoch, verifyPartition } from "@earshot/poc";
import { scoreInput } from "./score-input.ts";
import { buffersOf, errorAnswer, type WorkerAnswer, type WorkerRequest } from "./worker-message.ts";

declare const self: Worker;

let context: EpochContext | undefined;

self.onmessage = async ({ data }: MessageEvent<WorkerRequest>) => {
  try {
    if (data.kind === "whole") {
      answer({ kind: "output", output: await scoreInput(data.input) }, []);
      return;
    }
    if (data.kind === "epoch") {
      context = prepareEpoch(data.input);
      return;
    }
    if (context === undefined) throw new Error("a partition came before its epoch");
    const verdicts = verifyPartition(context, data.witnesses, data.place);
    const { moved, ...columns } = verdicts;
    const buffers = buffersOf(...Object.values(columns), ...Object.values(moved));
    answer({ kind: "verdicts", partition: data.place.partition, verdicts }, buffers);
  } catch (error) {
    answer(errorAnswer(error), []);
  }
};

function answer(message: WorkerAnswer, transfer: ArrayBuffer[]): void {
  self.postMessage(message, transfer);
}
