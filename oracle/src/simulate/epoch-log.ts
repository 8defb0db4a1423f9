/** Which uploads the log of an epoch holds: those received from its start to the end of its grace that have something of it. */
import type { LogRecord } from "../log/segment-reader.ts";
import type { LoggedUpload } from "./uploader.ts";

/** Everything an epoch's log holds, in order of arrival; of one millisecond in order of the senders. */
export function logRecords(
  played: readonly (readonly LoggedUpload[])[],
  carried: readonly (readonly LoggedUpload[])[],
  startMs: number,
  openMs: number,
): LogRecord[] {
  const all = played.flatMap((own, sender) => [...(carried[sender] ?? []), ...own]);
  return all
    .filter(({ receiveOffsetMs }) => receiveOffsetMs < openMs)
    .sort((a, b) => a.receiveOffsetMs - b.receiveOffsetMs)
    .map(({ receiveOffsetMs, bytes }) => ({ receiveMs: startMs + receiveOffsetMs, bytes }));
}

/** Uploads received after the end: from the first one of a sender on that holds something of the next epoch. */
export function carriedOver(played: readonly (readonly LoggedUpload[])[], epochMs: number): LoggedUpload[][] {
  return played.map((own) => {
    const after = own.filter(({ receiveOffsetMs }) => receiveOffsetMs >= epochMs);
    const first = after.findIndex(({ hasPackets }) => hasPackets);
    if (first === -1) return [];
    return after.slice(first).map((upload) => ({ ...upload, receiveOffsetMs: upload.receiveOffsetMs - epochMs }));
  });
}
