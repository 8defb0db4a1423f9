/** Which uploads the log of an epoch holds: all that were received from its start to the end of its grace time, and no others. */
import type { LogRecord } from "../log/segment-reader.ts";
import type { LoggedUpload } from "./uploader.ts";

/** Uploads of each sender; the senders are the same in every epoch. */
export type UploadsBySender = readonly (readonly LoggedUpload[])[];

/** What the log of an epoch is made of; times of `carried` and `played` count from its start, those of `next` from its end. */
export interface LogSources {
  /** Played in epochs before, received in this one or later. */
  readonly carried: UploadsBySender;
  readonly played: UploadsBySender;
  readonly next: UploadsBySender;
}

/** The records of an epoch that begins at `startMs`, in order of arrival; of one millisecond in order of the senders. */
export function logRecords(sources: LogSources, startMs: number, epochMs: number, graceMs: number): LogRecord[] {
  const all = sources.played.flatMap((own, sender) => [
    ...(sources.carried[sender] ?? []),
    ...own,
    ...moved(sources.next[sender] ?? [], epochMs),
  ]);
  return all
    .filter(({ receiveOffsetMs }) => receiveOffsetMs < epochMs + graceMs)
    .sort((a, b) => a.receiveOffsetMs - b.receiveOffsetMs)
    .map(({ receiveOffsetMs, bytes }) => ({ receiveMs: startMs + receiveOffsetMs, bytes }));
}

/** What was received after the end of the epoch, times from there on. */
export function carriedOver({ carried, played }: Omit<LogSources, "next">, epochMs: number): UploadsBySender {
  return played.map((own, sender) => {
    const late = [...(carried[sender] ?? []), ...own].filter(({ receiveOffsetMs }) => receiveOffsetMs >= epochMs);
    return moved(late, -epochMs);
  });
}

function moved(uploads: readonly LoggedUpload[], byMs: number): LoggedUpload[] {
  return uploads.map((upload) => ({ ...upload, receiveOffsetMs: upload.receiveOffsetMs + byMs }));
}
