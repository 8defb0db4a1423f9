import { expect, test } from "vitest";
import { metricsIn } from "../reference/metric-table.ts";
import { checkMetrics, oracleDashboard } from "../reference/oracle-dashboard.ts";

const known = new Set(metricsIn("oracle/src").map(({ name }) => name));

test("the dashboard asks for metrics that the oracle has, of the instances that were chosen", () => {
  const { panels } = JSON.parse(oracleDashboard()) as { panels: { targets?: { expr: string }[] }[] };
  const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
  expect(expressions.length).toBeGreaterThan(20);
  for (const expr of expressions) expect(expr).toContain('{instance=~"$instance"}');
});

test("a metric that nobody has is refused, in whatever it stands", () => {
  expect(() => checkMetrics("rate(oracle_uploads_total[5m])", known)).not.toThrow();
  expect(() => checkMetrics("rate(oracle_upload_totals[5m])", known)).toThrow(
    "there is no metric oracle_upload_totals",
  );
  expect(() => checkMetrics("sum by (le) (oracle_nothing_bucket)", known)).toThrow("oracle_nothing");
  expect(() => checkMetrics("1 + 1", known)).toThrow("names no metric");
});
