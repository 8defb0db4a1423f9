import { expect, test } from "vitest";
import { AppendQueue } from "../../src/log/append-queue.ts";
import type { Appended } from "../../src/ports/report-log.ts";
import { rawUpload, START_MS } from "../ports/raw-uploads.ts";

test("an upload that is answered twice, as after a failure in the middle of a commit, leaves once", async () => {
  const upload = rawUpload(1, 1, START_MS);
  const place = {
    uploadId: upload.uploadId,
    logIndex: 0,
    receiveMs: upload.receiveMs,
    previousHead: new Uint8Array(32),
  };
  const secondCommit = Promise.withResolvers<void>();
  let commits = 0;
  let again: Promise<Appended> | undefined;
  const queue: AppendQueue = new AppendQueue({
    gatherMs: 0,
    commit: async ([waiting]) => {
      if (commits++ > 0) {
        await secondCommit.promise;
        waiting!.acknowledge(place, true);
        return;
      }
      waiting!.acknowledge(place, false);
      // Its sender comes again at once, and only then does the commit look up what it had done.
      again = queue.append(upload);
      waiting!.acknowledge(place, true);
    },
  });
  expect(await queue.append(upload)).toMatchObject({ logIndex: 0, isDuplicate: false });
  expect(queue.health().inFlight).toBe(1);
  secondCommit.resolve();
  expect(await again).toMatchObject({ logIndex: 0, isDuplicate: true });
  expect(queue.health().inFlight).toBe(0);
  await queue.close();
});
