/**
 * A process that writes a log until it is killed, and says on standard output what was acknowledged, after it was.
 * Arguments: folder, first device number.
 */
import { EmbeddedReportLog } from "../../../src/log/embedded/embedded-report-log.ts";
import { IDENTITY } from "../../ports/log-identity.ts";
import { hex, rawUpload, START_MS } from "../../ports/raw-uploads.ts";

const [folder, first] = process.argv.slice(2);
const log = await EmbeddedReportLog.open({ ...IDENTITY, folder: folder as string, segmentBytes: 20_000 });
process.stdout.write(`open ${(await log.tip()).length}\n`);

async function device(number: number): Promise<void> {
  for (let sequence = 1; ; sequence++) {
    const upload = rawUpload(number, sequence, START_MS + sequence * 20_000, 1 + (sequence % 30));
    const { logIndex, receiveMs, previousHead } = await log.append(upload);
    process.stdout.write(`ack ${hex(upload.uploadId)} ${logIndex} ${receiveMs} ${hex(previousHead)}\n`);
    await log.shuffle([
      {
        source: `d${number}`,
        position: sequence,
        reports: [{ payload: upload.uploadId.subarray(0, 24), bytes: upload.uploadId }],
      },
    ]);
    process.stdout.write(`shuffled d${number} ${sequence}\n`);
    if (sequence % 10 === 0) await log.sealSegments(START_MS + sequence * 20_000);
  }
}

await Promise.all(Array.from({ length: 6 }, (_, at) => device(Number(first) + at)));
