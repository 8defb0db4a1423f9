/**
 * Which epoch judges a report that was received in a grace time, when the logs of two epochs hold its upload.
 *
 * The epoch whose grace time it is judges beacons that name one of its challenges and witness reports of what those put on the air,
 * and writes down which they are (`judged-out`); the next epoch judges all others. So every report has one verdict in one epoch,
 * whoever is registered in which of the two.
 */
import { allocateColumns, type EpochLog, judgedOutTable } from "@earshot/poc";
import type { AcceptedUpload } from "./accept-uploads.ts";

const ID_BYTES = 32;

/** A report by its place: rank of its upload among the accepted ones, index in it. */
export interface ReportPlace {
  readonly uploadRank: number;
  readonly indexInUpload: number;
}

/** Reports of the log that the epoch before has judged. */
export class JudgedReports {
  /** By rank of an accepted upload: indices of the reports. */
  readonly #indices = new Map<number, Set<number>>();

  /** `graceMs`: no later upload can be of the grace time of the epoch before. */
  constructor(judgedIn: EpochLog["judgedIn"], accepted: readonly AcceptedUpload[], graceMs: number) {
    const byId = new Map<string, Set<number>>();
    judgedIn.index_in_upload.forEach((index, row) => {
      const id = idText(judgedIn.upload_id, row * ID_BYTES);
      const indices = byId.get(id);
      if (indices === undefined) byId.set(id, new Set([index]));
      else indices.add(index);
    });
    if (byId.size === 0) return;
    for (const [rank, { upload, receiveOffsetMs }] of accepted.entries()) {
      if (receiveOffsetMs >= graceMs) break;
      const indices = byId.get(idText(upload.id, 0));
      if (indices !== undefined) this.#indices.set(rank, indices);
    }
  }

  has(uploadRank: number, indexInUpload: number): boolean {
    return this.#indices.get(uploadRank)?.has(indexInUpload) ?? false;
  }

  get isEmpty(): boolean {
    return this.#indices.size === 0;
  }
}

/** judged-out.arrow. */
export function judgedColumns(
  places: readonly ReportPlace[],
  accepted: readonly AcceptedUpload[],
): EpochLog["judgedOut"] {
  const idOf = ({ uploadRank }: ReportPlace) => accepted[uploadRank].upload.id;
  const sorted = [...places].sort((a, b) => Buffer.compare(idOf(a), idOf(b)) || a.indexInUpload - b.indexInUpload);
  const columns = allocateColumns(judgedOutTable, sorted.length);
  sorted.forEach((place, row) => {
    columns.upload_id.set(idOf(place), row * ID_BYTES);
    columns.index_in_upload[row] = place.indexInUpload;
  });
  return columns;
}

function idText(bytes: Uint8Array, offset: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + offset, ID_BYTES).toString("latin1");
}
