/** What a scoring worker is sent and answers: one epoch first, then partitions of it; or an epoch to score whole. */
import { CodedError } from "@earshot/geo";
import type { EpochInput, EpochOutput, PartitionPlace, PartitionVerdicts } from "@earshot/poc";
import { oracleError } from "../errors.ts";

export type WorkerRequest =
  | { readonly kind: "epoch"; readonly input: EpochInput }
  | { readonly kind: "partition"; readonly place: PartitionPlace; readonly witnesses: EpochInput["witnesses"] }
  | { readonly kind: "whole"; readonly input: EpochInput };

export type WorkerAnswer =
  | { readonly kind: "verdicts"; readonly partition: number; readonly verdicts: PartitionVerdicts }
  | { readonly kind: "output"; readonly output: EpochOutput }
  | { readonly kind: "error"; readonly code: string | undefined; readonly message: string };

/** What a worker answers when it met an error. */
export function errorAnswer(error: unknown): Extract<WorkerAnswer, { kind: "error" }> {
  const code = error instanceof CodedError ? error.code : undefined;
  return { kind: "error", code, message: error instanceof Error ? error.message : String(error) };
}

/** The error that a worker met, with the code it has there. */
export function errorFrom({ code, message }: Extract<WorkerAnswer, { kind: "error" }>): Error {
  if (code === undefined) return oracleError("ORC_WORKER_FAILED", message);
  return new CodedError(code, message.startsWith(`${code}: `) ? message.slice(code.length + 2) : message);
}

/** The buffers of columns that are handed over and not copied; a buffer that several views share is named once. */
export function buffersOf(...columns: readonly ArrayBufferView[]): ArrayBuffer[] {
  return [...new Set(columns.map(({ buffer }) => buffer))].filter((buffer) => buffer instanceof ArrayBuffer);
}
