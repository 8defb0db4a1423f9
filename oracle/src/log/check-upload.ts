/** What a log looks at in an upload before it takes it; what the upload says is judged by others. */
import { DEVICE_KEY_BYTES, MIN_UPLOAD_BYTES, UPLOAD_OFFSETS } from "@earshot/poc/protocol";
import { oracleError } from "../errors.ts";
import type { RawUpload } from "../ports/report-log.ts";
import { MAX_RECORD_BYTES } from "./segment.ts";

/** Throws ORC_BAD_LOG for a value a log cannot hold, or a key that is not the one in the upload. */
export function checkRawUpload({ uploadId, deviceKey, receiveMs, bytes }: RawUpload): void {
  if (bytes.length < MIN_UPLOAD_BYTES || bytes.length > MAX_RECORD_BYTES) {
    throw oracleError("ORC_BAD_LOG", `expected ${MIN_UPLOAD_BYTES} to ${MAX_RECORD_BYTES} bytes, got ${bytes.length}`);
  }
  if (uploadId.length !== 32) throw oracleError("ORC_BAD_LOG", `an upload id of ${uploadId.length} bytes, expected 32`);
  if (!Number.isSafeInteger(receiveMs) || receiveMs < 0) throw oracleError("ORC_BAD_LOG", `receive time ${receiveMs}`);
  if (Buffer.compare(deviceKeyOf(bytes), deviceKey) !== 0) {
    throw oracleError("ORC_BAD_LOG", "the device key is not the one in the upload");
  }
}

/** The sender's key in an upload of valid length, a view. */
export function deviceKeyOf(upload: Uint8Array): Uint8Array {
  return upload.subarray(UPLOAD_OFFSETS.signer, UPLOAD_OFFSETS.signer + DEVICE_KEY_BYTES);
}
