import { expect, test } from "vitest";
import { RepeatedLines } from "../../src/cli/repeated-lines.ts";
import type { WorkerEvent } from "../../src/pipeline/run-worker.ts";

/** Those of the events that are told, a second apart. */
function told(events: readonly WorkerEvent[], intervalMs = 60_000): readonly WorkerEvent[] {
  const lines = new RepeatedLines(intervalMs);
  return events.filter((event, at) => lines.isNews(event, JSON.stringify(event), at * 1000));
}

const waits = (epoch: number, why: "log_incomplete" | "price_unknown"): WorkerEvent => ({ kind: "waits", epoch, why });
const failed = (work: string): WorkerEvent => ({ kind: "failed", work, error: "away" });

test("a worker that waits says so once, and again when it waits for something else", () => {
  const [first, other] = [waits(1, "log_incomplete"), waits(1, "price_unknown")];
  expect(told([first, first, first, other, other, first])).toEqual([first, other, first]);
});

test("work that fails is told by its name, between what is waited for", () => {
  const [wait, one, two] = [waits(1, "log_incomplete"), failed("mirror a"), failed("mirror b")];
  expect(told([one, wait, two, one, wait, two])).toEqual([one, wait, two]);
});

test("what lasts is told once in a while, and what is done each time", () => {
  const wait = waits(1, "log_incomplete");
  expect(told(Array(10).fill(wait), 3000)).toHaveLength(4);
  const closed: WorkerEvent = { kind: "closed_epoch", epoch: 1 };
  expect(told([closed, closed])).toEqual([closed, closed]);
});
