import v8 from "node:v8";
import { expect, test, vi } from "vitest";
import { Telemetry } from "../../src/service/telemetry.ts";

const linesOf = async (telemetry: Telemetry, name: string) =>
  (await telemetry.scrape()).text.split("\n").filter((line) => line.startsWith(name));

test("a value that is not known is not scraped as zero: an alarm on it would go off at every start", async () => {
  const telemetry = new Telemetry();
  let value: number | undefined;
  telemetry.gauge("oracle_epoch_final", "The last epoch that is final on chain.", () => value);
  expect(await linesOf(telemetry, "oracle_epoch_final")).toEqual([]);
  value = 7;
  expect(await linesOf(telemetry, "oracle_epoch_final")).toEqual(["oracle_epoch_final 7"]);
  value = undefined;
  expect(await linesOf(telemetry, "oracle_epoch_final")).toEqual([]);
  expect(await linesOf(telemetry, "oracle_entropy_minute")).toEqual([]);
  telemetry.entropyKnown(29_000_000);
  expect(await linesOf(telemetry, "oracle_entropy_minute")).toEqual(["oracle_entropy_minute 29000000"]);
});

test("a scrape walks no heap: it would hold up every upload, as often as anybody asks", async () => {
  const telemetry = new Telemetry();
  const walks = vi.spyOn(v8, "getHeapSpaceStatistics");
  const { text } = await telemetry.scrape();
  expect(text).toContain("process_resident_memory_bytes ");
  expect(text).not.toContain("nodejs_heap_space_size");
  expect(walks).not.toHaveBeenCalled();
});
