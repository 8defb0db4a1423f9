/** A thread that verifies segments: the epoch once, then segment after segment, whose columns are handed over. */
import { CodedError } from "@earshot/geo";
import { buffersOf } from "../score/worker-message.ts";
import { type VerifyAnswer, type VerifyRequest, verifySegment } from "./load-log.ts";
import { verifierOf } from "./load-uploads.ts";
import { CHUNK_TABLES, type UploadChunk } from "./upload-chunk.ts";
import type { UploadVerifier } from "./verify-uploads.ts";

declare const self: Worker;

let verifier: UploadVerifier | undefined;

self.onmessage = ({ data }: MessageEvent<VerifyRequest>) => {
  try {
    if (data.kind === "epoch") {
      verifier = verifierOf(data.context);
      return;
    }
    if (verifier === undefined) throw new Error("a segment came before its epoch");
    const chunks = verifySegment(verifier, data.path, data.number);
    self.postMessage({ kind: "chunks", chunks } satisfies VerifyAnswer, chunks.flatMap(chunkBuffers));
  } catch (error) {
    const code = error instanceof CodedError ? error.code : undefined;
    const message = error instanceof Error ? error.message : String(error);
    self.postMessage({ kind: "error", code, message } satisfies VerifyAnswer);
  }
};

function chunkBuffers(chunk: UploadChunk): ArrayBuffer[] {
  return Object.keys(CHUNK_TABLES).flatMap((field) =>
    buffersOf(...Object.values(chunk[field as keyof typeof CHUNK_TABLES] as Readonly<Record<string, ArrayBufferView>>)),
  );
}
