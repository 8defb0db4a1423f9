/** One partition's worker over a log that has more than it can take. */
import { expect, test } from "vitest";
import { LIVE_KIND } from "../../src/pipeline/live-report.ts";
import { type PartitionOptions, PartitionWorker } from "../../src/pipeline/partition-worker.ts";
import type { ReportLogReader, ShuffledPage } from "../../src/ports/report-log.ts";
import { acquireLease } from "../../src/store/leases.ts";
import { openStore } from "../../src/store/open-store.ts";
import { until } from "../service/until.ts";
import { EPOCH, EPOCH_START_MS, parameters } from "../small-epoch.ts";
import { TemporaryFolders } from "../temporary-folder.ts";

const folders = new TemporaryFolders("partition-worker");
const PAGE_REPORTS = 1000;

/** A reception as the shuffle writes it (live-report.ts). */
function shuffled(number: number) {
  const bytes = new Uint8Array(76 + 45);
  const view = new DataView(bytes.buffer);
  bytes[0] = LIVE_KIND.witness;
  view.setBigUint64(3, BigInt(EPOCH_START_MS), true);
  view.setUint32(11, number);
  return { payload: new Uint8Array(24), bytes, source: "test", position: number };
}

test("reports of an epoch whose first block is not known are left in the log, not in memory, and taken when the epoch is over", async () => {
  const store = await openStore(`sqlite:${folders.next()}/oracle.sqlite`);
  const lease = (await acquireLease(store, "partition/0", "test", 60_000))!;
  const stop = new AbortController();
  let pages = 0;
  let lastClosed = EPOCH - 1;
  const log = {
    async *readUploads() {},
    async shuffle() {},
    async trimShuffled() {},
    async *readShuffled(): AsyncGenerator<ShuffledPage> {
      while (!stop.signal.aborted) {
        pages++;
        yield {
          reports: Array.from({ length: PAGE_REPORTS }, (_, index) => shuffled(pages * PAGE_REPORTS + index)),
          checkpoint: String(pages),
        } as unknown as ShuffledPage;
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  } as unknown as ReportLogReader;
  const epochs = {
    refresh: async () => {},
    epoch: async () => undefined,
    get lastClosed() {
      return lastClosed;
    },
  } as unknown as PartitionOptions["epochs"];
  let ticks = 0;
  const options: PartitionOptions = {
    store,
    logs: [{ name: "log", log }],
    epochs,
    time: parameters.time,
    wallMs: () => EPOCH_START_MS,
    steadyMs: () => ++ticks,
    tickMs: 5,
  };
  const running = new PartitionWorker(options, 0, lease).run(stop.signal);
  await until(
    async () => ticks > 100 || undefined,
    20_000,
    () => `${ticks} ticks`,
  );
  const pagesWhileUnknown = pages;
  expect(pagesWhileUnknown * PAGE_REPORTS).toBeLessThanOrEqual(50_000);
  lastClosed = EPOCH;
  await until(
    async () => pages > pagesWhileUnknown || undefined,
    20_000,
    () => `${pages} pages`,
  );
  stop.abort();
  await running;
  await store.close();
});
