/** What everything costs: within the limits that were promised, and what docs/reference/compute-units.md says. */
import { beforeAll, describe, expect, test } from "vitest";
import { committed, LIMITS, medianOf, rows, TOLERANCE } from "./table.ts";

let measured: Awaited<ReturnType<typeof rows>>;

beforeAll(async () => {
  measured = await rows();
});

describe("the median of 20 is within what was promised", () => {
  test.each(Object.entries(LIMITS))("%s: at most %i", (act, limit) => {
    const values = measured.acts.get(act);
    expect(values?.length).toBeGreaterThanOrEqual(20);
    expect(medianOf(values ?? [])).toBeLessThanOrEqual(limit);
  });
});

test("the page says what the programs cost", () => {
  const page = committed();
  const now = [
    ...[...measured.acts].map(([act, values]) => ({ act, units: medianOf(values) })),
    ...measured.instructions,
  ];
  expect([...page.keys()].toSorted()).toEqual(now.map(({ act }) => act).toSorted());
  for (const { act, units } of now) {
    const said = page.get(act) as number;
    expect(Math.abs(units - said) / said, `${act}: ${units}, the page says ${said}`).toBeLessThanOrEqual(TOLERANCE);
  }
});

test("issuing an epoch stays far below what a transaction may use, so that late epochs can always be caught up with", () => {
  expect(Math.max(...(measured.acts.get("issue_epoch") ?? []))).toBeLessThan(200_000);
});
