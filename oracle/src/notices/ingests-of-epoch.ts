/** Which ingests' appeals count in an epoch: those whose logs it was made from, whoever the peers are by now. */
import type { BillingArchive } from "../billing/contest-epoch.ts";
import { oracleError } from "../errors.ts";
import { SEGMENT_LIST } from "../pipeline/epoch-archive.ts";
import { listedIngests, type SignedSegmentList } from "../pipeline/segment-list.ts";

/** Keys of 33 bytes, from a closed epoch's own list of segments, as an audit takes them. Throws ORC_MISSING_FILE and what the archive throws. */
export async function ingestsOfEpoch(
  archive: Pick<BillingArchive, "file">,
  epoch: number,
): Promise<readonly Uint8Array[]> {
  const bytes = await archive.file(epoch, SEGMENT_LIST);
  if (bytes === undefined) throw oracleError("ORC_MISSING_FILE", `epoch ${epoch}: ${SEGMENT_LIST}: not archived`);
  return listedIngests((JSON.parse(new TextDecoder().decode(bytes)) as SignedSegmentList).list);
}
