/** The heads of all chains when the service starts: from their file as far as it goes, and from the log after that. */
import { parseUploadHeader } from "@earshot/poc/protocol";
import type { LogTip, ReportLog } from "../ports/report-log.ts";
import { type ChainHeads, deviceName } from "./chain-heads.ts";
import { readHeadsFile } from "./heads-file.ts";
import type { NotedTip } from "./told-tip.ts";

/** Tips of the log before the start are noted as often as they are while it runs, ms. */
const NOTE_MS = 1000;

/**
 * Fills `heads`, and gives the tips of the log as they may be told: first the one of `nowMs`, before the first upload that is younger than
 * `withholdMs`, then those of the uploads since, which a restart makes nobody wait for longer. Rejects as the log does.
 */
export async function restoreHeads(
  log: Pick<ReportLog, "tip" | "get" | "readUploads">,
  heads: ChainHeads,
  path: string,
  { nowMs, withholdMs }: { readonly nowMs: number; readonly withholdMs: number },
): Promise<readonly NotedTip[]> {
  const tip = await log.tip();
  const stored = readHeadsFile(path);
  let from = 0;
  if (stored !== undefined && (await headAt(log, tip, stored.tip.length)) === stored.tip.head.toHex()) {
    from = stored.tip.length;
    for (const { name, head } of stored.heads) heads.device(name).learn(head);
  }
  const noted: NotedTip[] = [];
  const note = (at: LogTip, tellAfterMs: number) => noted.push({ tip: at, tellAfterMs });
  let noteFromMs = Number.NEGATIVE_INFINITY;
  let lastMs = Number.NEGATIVE_INFINITY;
  for await (const uploads of log.readUploads(undefined, from - 1, { follow: false })) {
    for (const { deviceKey, uploadId, receiveMs, bytes, logIndex, previousHead } of uploads) {
      if (receiveMs + withholdMs > nowMs && receiveMs >= noteFromMs) {
        note({ length: logIndex, head: previousHead.slice() }, lastMs + withholdMs);
        noteFromMs = receiveMs + NOTE_MS;
      }
      lastMs = Math.max(lastMs, receiveMs);
      const parsed = parseUploadHeader(bytes);
      if (parsed.status === "refused") continue;
      const { sequence } = parsed.header;
      const device = heads.device(deviceName(deviceKey));
      // The file may be a little ahead of the length it names.
      if (sequence > device.head.sequence) heads.advance(device, { sequence, id: uploadId.slice() }, receiveMs);
    }
  }
  note(tip, lastMs + withholdMs);
  return noted;
}

/** The head of the log at a length, hex; undefined past its end. */
async function headAt(log: Pick<ReportLog, "get">, tip: LogTip, length: number): Promise<string | undefined> {
  if (length === tip.length) return tip.head.toHex();
  return length > tip.length ? undefined : (await log.get(length))?.previousHead.toHex();
}
