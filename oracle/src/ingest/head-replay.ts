/** The heads of all chains from the report log: what a start of the service makes of what earlier ones acknowledged. */
import { parseUploadHeader } from "@earshot/poc/protocol";
import type { ReportLog } from "../ports/report-log.ts";
import { type ChainHeads, deviceName } from "./chain-heads.ts";

/** Moves heads on over every upload after `after`. Uploads of a log of ours are each other's successors. */
export async function followLog(log: ReportLog, heads: ChainHeads, after = -1): Promise<void> {
  for await (const uploads of log.readUploads(undefined, after, { follow: false })) {
    for (const { deviceKey, uploadId, receiveMs, bytes } of uploads) {
      const parsed = parseUploadHeader(bytes);
      if (parsed.status === "refused") continue;
      heads.advance(
        heads.device(deviceName(deviceKey)),
        { sequence: parsed.header.sequence, id: uploadId.slice() },
        receiveMs,
      );
    }
  }
}
