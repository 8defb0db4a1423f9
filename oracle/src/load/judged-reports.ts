/**
 * Which epoch judges a report that was received in a grace time, when the logs of two epochs hold its upload.
 *
 * The epoch whose grace time it is judges beacons that name one of its challenges and witness reports of what those put on the air,
 * and writes down which they are (`judged-out`); the next epoch judges all others. So every report has one verdict in one epoch,
 * whoever is registered in which of the two.
 */
import { allocateColumns, type EpochLog, judgedOutTable } from "@earshot/poc";
import type { UploadSet } from "./upload-set.ts";

const ID_BYTES = 32;

/** A report by its place: number of its upload, index in it. */
export interface ReportPlace {
  readonly upload: number;
  readonly indexInUpload: number;
}

/** Reports of the log that the epoch before has judged. */
export class JudgedReports {
  /** By number of an accepted upload: indices of the reports. */
  readonly #indices = new Map<number, Set<number>>();

  /** `accepted` in canonical order; `graceMs`: no later upload can be of the grace time of the epoch before. */
  constructor(judgedIn: EpochLog["judgedIn"], uploads: UploadSet, accepted: Uint32Array, graceMs: number) {
    const byId = new Map<string, Set<number>>();
    judgedIn.index_in_upload.forEach((index, row) => {
      const id = idText(judgedIn.upload_id, row * ID_BYTES);
      const indices = byId.get(id);
      if (indices === undefined) byId.set(id, new Set([index]));
      else indices.add(index);
    });
    if (byId.size === 0) return;
    for (const upload of accepted) {
      if (uploads.receiveOffsetMs(upload) >= graceMs) break;
      const indices = byId.get(idText(uploads.id(upload), 0));
      if (indices !== undefined) this.#indices.set(upload, indices);
    }
  }

  /** Indices of an upload's judged reports, or undefined where there are none. */
  of(upload: number): ReadonlySet<number> | undefined {
    return this.#indices.get(upload);
  }
}

/** judged-out.arrow. */
export function judgedColumns(places: readonly ReportPlace[], uploads: UploadSet): EpochLog["judgedOut"] {
  const idOf = ({ upload }: ReportPlace) => uploads.id(upload);
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
