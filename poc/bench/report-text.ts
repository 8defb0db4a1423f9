/** The bench's result as text: one table in Markdown, readable in a terminal and in docs/reference/performance.md. */
import { type Agreement, agreements, type Figure } from "./results.ts";
import { judgeTargets, millions, type Target } from "./targets.ts";

export interface CoreReport {
  readonly machine: string;
  readonly rounds: number;
  readonly notes: readonly string[];
  readonly figures: readonly Figure[];
  readonly agreements: readonly Agreement[];
  readonly targets: readonly Target[];
}

/** Puts the parts together. */
export function buildReport(
  machine: string,
  rounds: number,
  notes: readonly string[],
  figures: readonly Figure[],
): CoreReport {
  return { machine, rounds, notes, figures, agreements: agreements(figures), targets: judgeTargets(figures) };
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column].length)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, at) => cell.padEnd(widths[at])).join(" | ")} |`;
  return [line(header), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

function placeOf({ preset, rows, ids }: Figure): string {
  if (preset === "-") return rows > 0 ? rows.toLocaleString("en") : "-";
  return `${preset}, ${millions(rows)}, ids in ${ids} order`;
}

/** Ratio to the engine's figure of the same place and stage; a whole-epoch or memory line has none. */
function ratioOf(figure: Figure, figures: readonly Figure[]): string {
  const own = figures.find(
    (other) =>
      other.variant === "earshot-ts" &&
      other.preset === figure.preset &&
      other.rows === figure.rows &&
      other.ids === figure.ids &&
      other.stage === figure.stage,
  );
  if (own === undefined || own === figure) return "";
  return `${(figure.ns / own.ns).toFixed(2)}×`;
}

/** Markdown of a report, without a title. */
export function reportText(report: CoreReport): string {
  const order = new Map<string, number>();
  for (const { stage } of report.figures) if (!order.has(stage)) order.set(stage, order.size);
  const rows = report.figures.toSorted(
    (a, b) => order.get(a.stage)! - order.get(b.stage)! || a.preset.localeCompare(b.preset) || a.rows - b.rows,
  );
  const memory = report.figures.filter(({ peakBytes }) => peakBytes !== undefined);
  return [
    report.machine,
    ...report.notes,
    "",
    table(
      ["stage", "epoch", "variant", "CPU ns per item", "spread", "× earshot-ts"],
      rows.map((figure) => [
        figure.stage,
        placeOf(figure),
        figure.variant,
        figure.ns.toFixed(1),
        `${figure.spread[0].toFixed(1)}–${figure.spread[1].toFixed(1)}`,
        ratioOf(figure, rows),
      ]),
    ),
    "",
    ...memory.map(
      (figure) =>
        `Peak resident memory of ${figure.stage === "score" ? "scoreEpoch with all output tables" : "the whole epoch"}, ` +
        `${figure.preset}, ${millions(figure.rows)} rows: ${(figure.peakBytes! / 2 ** 20).toFixed(0)} MiB.`,
    ),
    "",
    ...report.agreements.map(({ place, variants, digest, dissent }) =>
      dissent.length === 0
        ? `Identical (${place}): ${variants.join(", ")} · hash ${JSON.parse(digest).hash}`
        : `DIFFERENT (${place}): ${dissent.join(", ")} against ${variants[0]}`,
    ),
    "",
    table(
      ["it must reach", "target", "measured", "met"],
      report.targets.map(({ name, target, measured, isMet }) => [name, target, measured, isMet ? "yes" : "no"]),
    ),
    "",
  ].join("\n");
}
