/** Series over epochs as a line chart, and the same figures as a table for who cannot see it. The door to uPlot. */

import { useEffect, useRef } from "preact/hooks";
import UPlot from "uplot";
import { Wide } from "../parts/wide.tsx";
import "uplot/dist/uPlot.min.css";
import { count, shortCount } from "../format.ts";
import { useTheme } from "../theme.ts";

export interface Series {
  readonly label: string;
  readonly values: readonly (number | null)[];
}

const HEIGHT_PX = 190;
const COLOURS = {
  light: { lines: ["#1b5e85", "#b3560a", "#1b6b45", "#8a2f6b"], grid: "#e3e5e3", axis: "#52626d" },
  dark: { lines: ["#7cc0e8", "#f2a65e", "#7fd6a6", "#e79acb"], grid: "#2a3a44", axis: "#a7b7c1" },
} as const;
const DASHES: readonly number[][] = [[], [6, 4], [2, 3], [8, 3, 2, 3]];

export function Chart({
  title,
  unit,
  epochs,
  series,
  format = shortCount,
}: {
  readonly title: string;
  /** Of the vertical axis, for the caption. */
  readonly unit: string;
  readonly epochs: readonly number[];
  readonly series: readonly Series[];
  readonly format?: (value: number) => string;
}) {
  const place = useRef<HTMLDivElement>(null);
  const theme = useTheme();
  const shape = JSON.stringify([epochs, series]);
  // Drawn anew when the figures or the theme change: the chart is small.
  useEffect(() => {
    const container = place.current;
    if (container === null || epochs.length === 0) return;
    const { lines, grid, axis } = COLOURS[theme];
    const scale = { stroke: axis, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 } };
    const plot = new UPlot(
      {
        width: Math.max(240, container.clientWidth),
        height: HEIGHT_PX,
        cursor: { drag: { x: false, y: false } },
        scales: { x: { time: false } },
        axes: [
          { ...scale, values: (_, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? String(tick) : "")) },
          { ...scale, size: 64, values: (_, ticks) => tickTexts(ticks, format) },
        ],
        series: [
          // Without a pointer over the chart the legend has the latest figures.
          { label: "epoch", value: (_, epoch) => String(epoch ?? epochs.at(-1)) },
          ...series.map(({ label, values }, at) => ({
            label,
            stroke: lines[at % lines.length]!,
            dash: DASHES[at % DASHES.length]!,
            width: 2,
            points: { show: epochs.length < 40, size: 6 },
            value: (_: UPlot, value: number | null, _at: number, index: number | null) => {
              const shown = index === null ? values.at(-1) : value;
              return shown === null || shown === undefined ? "–" : format(shown);
            },
          })),
        ],
      },
      [epochs as number[], ...series.map(({ values }) => values as (number | null)[])],
      container,
    );
    const follow = new ResizeObserver(() =>
      plot.setSize({ width: Math.max(240, container.clientWidth), height: HEIGHT_PX }),
    );
    follow.observe(container);
    return () => {
      follow.disconnect();
      plot.destroy();
    };
  }, [shape, theme]);
  return (
    <figure class="chart">
      <h3>
        {title} <span class="quiet">{unit}</span>
      </h3>
      <div ref={place} role="img" aria-label={`${title}, ${unit}, by epoch; the table below has the figures`} />
      <details>
        <summary>Figures</summary>
        <Wide label={`Figures of ${title}`}>
          <table>
            <thead>
              <tr>
                <th scope="col">Epoch</th>
                {series.map(({ label }) => (
                  <th scope="col" class="number" key={label}>
                    {label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {epochs.map((epoch, at) => (
                <tr key={epoch}>
                  <th scope="row">{epoch}</th>
                  {series.map(({ label, values }) => (
                    <td class="number" key={label}>
                      {values[at] === null || values[at] === undefined ? "–" : format(values[at]!)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </Wide>
      </details>
    </figure>
  );
}

/** As short as they are still told from each other. */
function tickTexts(ticks: readonly number[], format: (value: number) => string): string[] {
  const texts = ticks.map(format);
  return new Set(texts).size === texts.length ? texts : ticks.map((tick) => count(tick));
}
