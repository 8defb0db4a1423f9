/** What a scoring worker is sent and answers: one epoch first, then partitions of it. */
import type { EpochInput, PartitionPlace, PartitionVerdicts } from "@earshot/poc";

export type WorkerRequest =
  | { readonly kind: "epoch"; readonly input: EpochInput }
  | { readonly kind: "partition"; readonly place: PartitionPlace; readonly witnesses: EpochInput["witnesses"] };

export type WorkerAnswer =
  | { readonly kind: "verdicts"; readonly partition: number; readonly verdicts: PartitionVerdicts }
  | { readonly kind: "error"; readonly code: string | undefined; readonly message: string };

/** The buffers of columns that are handed over and not copied; a buffer that several views share is named once. */
export function buffersOf(...columns: readonly ArrayBufferView[]): ArrayBuffer[] {
  return [...new Set(columns.map(({ buffer }) => buffer))].filter((buffer) => buffer instanceof ArrayBuffer);
}
