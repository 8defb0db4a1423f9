import { expect, test } from "vitest";
import { holderName } from "../../src/pipeline/hold-lease.ts";
import { acquireLease } from "../../src/store/leases.ts";
import { TemporaryFolders } from "../temporary-folder.ts";
import { SmallPipeline } from "./small-pipeline.ts";

const folders = new TemporaryFolders("hold-lease");

test("two workers of one host name and process id, as in containers, do not hold a lease together", async () => {
  const pipeline = await SmallPipeline.open(folders.next());
  const [one, other] = [holderName("worker"), holderName("worker")];
  expect(await acquireLease(pipeline.store, "partition/0", one, 60_000)).toBeDefined();
  expect(await acquireLease(pipeline.store, "partition/0", other, 60_000)).toBeUndefined();
  await pipeline.close();
});
