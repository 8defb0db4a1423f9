/** Which upload of a device stands in the log under an earlier number: found by going back its chain from the head. */
import { type ChainHead, parseUploadHeader } from "@earshot/poc/protocol";
import type { ReportLog } from "../ports/report-log.ts";

/** Steps back that one question may cost. A device forks within a few uploads or after a restored backup, which is told the head. */
const MAX_STEPS_BACK = 64;

/** The id logged under `sequence`, or undefined where it is further back than is looked, or in another ingest's log. */
export async function loggedIdBefore(
  log: Pick<ReportLog, "find" | "get">,
  head: ChainHead,
  sequence: number,
): Promise<Uint8Array | undefined> {
  if (sequence < 1 || sequence > head.sequence || head.sequence - sequence > MAX_STEPS_BACK) return undefined;
  let { id } = head;
  for (let at = head.sequence; at > sequence; at--) {
    const place = await log.find(id);
    const logged = place === undefined ? undefined : await log.get(place.logIndex);
    if (logged === undefined) return undefined;
    const parsed = parseUploadHeader(logged.bytes);
    if (parsed.status === "refused") return undefined;
    id = parsed.header.previousId.slice();
  }
  return id;
}
