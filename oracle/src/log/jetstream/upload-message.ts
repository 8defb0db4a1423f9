/** How an upload lies in its stream: the bytes as the message, its place in headers, its index in the sequence. */

import { nextLogHead } from "@earshot/poc/protocol";
import { headers, type MsgHdrs } from "@nats-io/transport-node";
import { oracleError } from "../../errors.ts";
import type { LoggedUpload, LogPlace, LogTip } from "../../ports/report-log.ts";
import { deviceKeyOf } from "../check-upload.ts";

const RECEIVED = "Earshot-Receive-Ms";
const PREVIOUS_HEAD = "Earshot-Previous-Head";
const UPLOAD_ID = "Earshot-Upload-Id";

/** What reading a message gives; StreamMessage and a stored message both do. */
export interface HeaderSource {
  readonly sequence: number;
  readonly subject: string;
  readonly data: Uint8Array;
  readonly header: (name: string) => string;
}

export function uploadHeaders({ uploadId, receiveMs, previousHead }: LogPlace): MsgHdrs {
  const fields = headers();
  fields.set(UPLOAD_ID, hex(uploadId));
  fields.set(RECEIVED, String(receiveMs));
  fields.set(PREVIOUS_HEAD, hex(previousHead));
  return fields;
}

/** Its place and partition. Throws ORC_BAD_LOG for a message no log wrote. */
export function readPlace({ sequence, subject, header }: HeaderSource): LogPlace & { readonly partition: number } {
  const receiveMs = Number(header(RECEIVED));
  const id = header(UPLOAD_ID);
  const head = header(PREVIOUS_HEAD);
  const partition = Number(subject.split(".")[3]);
  const isOurs = /^[0-9a-f]{64}$/.test(id) && /^[0-9a-f]{64}$/.test(head) && /^[0-9]{1,16}$/.test(header(RECEIVED));
  if (!isOurs || !Number.isSafeInteger(receiveMs) || !Number.isInteger(partition)) {
    throw oracleError("ORC_BAD_LOG", `${subject}: message ${sequence} is no upload of a log`);
  }
  return {
    logIndex: sequence - 1,
    uploadId: Uint8Array.fromHex(id),
    receiveMs,
    previousHead: Uint8Array.fromHex(head),
    partition,
  };
}

export function readUpload(message: HeaderSource): LoggedUpload {
  const place = readPlace(message);
  return { ...place, deviceKey: deviceKeyOf(message.data), bytes: message.data };
}

export function tipAfter(place: LogPlace): LogTip {
  return { length: place.logIndex + 1, head: nextLogHead(place.previousHead, place) };
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
}
