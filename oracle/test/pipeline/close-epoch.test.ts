import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { auditRun } from "../../src/audit/audit-run.ts";
import { EpochArchive } from "../../src/pipeline/epoch-archive.ts";
import { epochSpan } from "../../src/pipeline/epoch-times.ts";
import { scoreFolder } from "../../src/score/score-folder.ts";
import { EPOCH, parameters, smallEpoch } from "../small-epoch.ts";
import { TemporaryFolders } from "../temporary-folder.ts";
import { appendAll, openLog, putFacts, SmallPipeline } from "./small-pipeline.ts";

const folders = new TemporaryFolders("close-epoch");
const today = smallEpoch();
const tomorrow = smallEpoch({ after: today });
const closed = folders.next();
const [first, second] = [join(closed, `epoch-${EPOCH}`), join(closed, `epoch-${EPOCH + 1}`)];

beforeAll(async () => {
  const pipeline = await SmallPipeline.open(folders.next());
  const log = await openLog(pipeline.folder);
  await putFacts(pipeline.facts, today.input);
  await putFacts(pipeline.facts, tomorrow.input);
  await appendAll(log, [...today.records, ...tomorrow.records.filter((record) => !today.records.includes(record))]);
  await log.sealSegments(epochSpan(EPOCH + 2, parameters.time).closesMs);
  const worker = pipeline.worker("a", [log]);
  pipeline.wallMs = epochSpan(EPOCH + 1, parameters.time).closesMs + 10_000;
  await worker.run(EPOCH + 1);
  await new EpochArchive(pipeline.artefacts).fetch(EPOCH, first);
  await new EpochArchive(pipeline.artefacts).fetch(EPOCH + 1, second);
  await log.close();
  await pipeline.close();
});

describe("an epoch the pipeline closed", () => {
  test("has the manifest that oracle score writes from the same folder", async () => {
    for (const folder of [first, second]) {
      const manifest = readFileSync(join(folder, "manifest.json"));
      await scoreFolder(folder);
      expect(readFileSync(join(folder, "manifest.json"))).toEqual(manifest);
    }
  });

  test("passes an audit together with the one before it", async () => {
    const { findings, epochs } = await auditRun([first, second]);
    expect(findings).toEqual([]);
    expect(epochs.map(({ uploads }) => uploads)).toEqual([111, tomorrow.records.length]);
  });
});
