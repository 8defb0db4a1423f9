/** Figures with their limits, as a table in Markdown. */

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: "ms" | "kB" | "×";
  /** At most; none where the figure is only told. */
  readonly limit?: number;
}

export interface StageResult {
  /** What it ran on and with, one sentence. */
  readonly where: string;
  readonly figures: readonly Figure[];
}

export function isMissed({ value, limit }: Figure): boolean {
  return limit !== undefined && value > limit;
}

export function figureTable({ where, figures }: StageResult): string {
  const lines = figures.map((figure) => {
    const { name, value, unit, limit } = figure;
    const most = limit === undefined ? "" : `≤ ${limit} ${unit}${isMissed(figure) ? ", **missed**" : ""}`;
    return `| ${name} | ${value.toFixed(1)} ${unit} | ${most} |`;
  });
  return `${[where, "", "| | measured | limit |", "|---|---|---|", ...lines].join("\n")}\n`;
}

/** The value that 99 of 100 do not exceed. */
export function p99(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.99))]!;
}
