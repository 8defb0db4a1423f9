import { scoreEpoch } from "@earshot/poc";
import { describe, expect, test } from "vitest";
import type { FolderInput } from "../../src/epoch-folder/folder.ts";
import { epochSpan } from "../../src/pipeline/epoch-times.ts";
import { type ToldVerdict, verdictsOfEpoch } from "../../src/pipeline/live-table.ts";
import { EPOCH, parameters, smallEntropy, smallEpoch } from "../small-epoch.ts";
import { TemporaryFolders } from "../temporary-folder.ts";
import { appendAll, openLog, putFacts, reportPlaces, SmallPipeline } from "./small-pipeline.ts";

const folders = new TemporaryFolders("live");
const today = smallEpoch();
const { startMs, closesMs } = epochSpan(EPOCH, parameters.time);

/** What scoring the epoch says of each report: upload id and index → reason, measured, limit, paid. */
function scored(input: FolderInput): Map<string, unknown[]> {
  const { verdicts } = scoreEpoch(input);
  const places = reportPlaces(input, today.records);
  return new Map(
    Array.from(verdicts.log_index, (logIndex, row) => [
      places.get(logIndex)!,
      [verdicts.kind[row], verdicts.reason[row], verdicts.measured[row], verdicts.limit[row], verdicts.selected[row]],
    ]),
  );
}

function told(verdicts: readonly ToldVerdict[]): Map<string, unknown[]> {
  return new Map(
    verdicts.map(({ uploadId, indexInUpload, kind, reason, measured, limit, selected }) => [
      `${Buffer.from(uploadId).toString("hex")}:${indexInUpload}`,
      [kind, reason, measured, limit, selected],
    ]),
  );
}

describe("verdicts that are told while the epoch lasts", () => {
  test("are those of scoring, for every report, whatever order they came in", () => toldAsScored(EPOCH));

  test("are so while earlier epochs still wait to be closed", () => toldAsScored(EPOCH - 5));
});

/** Plays the day through a live worker of a pipeline that begins with `firstEpoch`, of which only the day's epoch and the one before are known. */
async function toldAsScored(firstEpoch: number): Promise<void> {
  const pipeline = await SmallPipeline.open(folders.next());
  const log = await openLog(pipeline.folder);
  const header = { ...today.input.header, epoch: EPOCH - 1 };
  if (firstEpoch < EPOCH) await putFacts(pipeline.facts, { ...today.input, header, entropy: smallEntropy(EPOCH - 1) });
  await putFacts(pipeline.facts, today.input);
  pipeline.wallMs = startMs;
  const live = pipeline.run("a", [log], ["live"], firstEpoch);
  await appendAll(log, today.records.toReversed());
  await live.shuffled();
  pipeline.wallMs = closesMs + 5000;
  const expected = scored(today.input);
  await expect
    .poll(async () => (await verdictsOfEpoch(pipeline.store, EPOCH)).length, { timeout: 60_000 })
    .toBe(expected.size);
  expect(told(await verdictsOfEpoch(pipeline.store, EPOCH))).toEqual(expected);
  await live.stop();
  await log.close();
  await pipeline.close();
}
