/**
 * Counters, gauges and histograms in memory, and their text form for a Prometheus scrape.
 *
 * A registry belongs to one agent and is handed to its actors. Label values of one metric are few (reasons, servers); what comes and
 * goes for years, such as customers' routes, is to be forgotten when it goes.
 */

export type Labels = Readonly<Record<string, string>>;

/** One series of a counter, for what is counted on every packet's way. */
export interface CounterSeries {
  add(amount?: number): void;
}

export interface Counter {
  add(labels?: Labels, amount?: number): void;
  /** The series of some labels; it is there from now on, with 0. */
  series(labels: Labels): CounterSeries;
  value(labels?: Labels): number;
  /** Sums by the values of one label; series without it are left out. */
  totals(label: string): Readonly<Record<string, number>>;
  /** The sum of all series. */
  total(): number;
}

export interface Gauge {
  set(value: number, labels?: Labels): void;
  value(labels?: Labels): number;
}

export interface Histogram {
  observe(value: number, labels?: Labels): void;
}

interface Family {
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  lines(name: string): string[];
  forget(label: string, value: string, successor: string): void;
}

/** One series of a family: its labels and its value. */
interface Series {
  readonly labels: Labels;
  value: number;
}

/** One series of a histogram. */
interface Distribution {
  readonly labels: Labels;
  readonly buckets: number[];
  sum: number;
  count: number;
}

const none: Labels = {};

/** The labels as they are printed, in order of their names. Most have one or none, and counting is on every packet's way. */
function labelText(labels: Labels): string {
  if (labels === none) return "";
  const names = Object.keys(labels);
  if (names.length === 0) return "";
  if (names.length === 1) return pairText(names[0], labels);
  return names
    .sort()
    .map((name) => pairText(name, labels))
    .join(",");
}

function pairText(name: string, labels: Labels): string {
  const value = labels[name];
  if (!/[\\"\n]/.test(value)) return `${name}="${value}"`;
  return `${name}="${value.replace(/[\\"\n]/g, (c) => (c === "\n" ? "\\n" : `\\${c}`))}"`;
}

function seriesOf(all: Map<string, Series>, labels: Labels): Series {
  const key = labelText(labels);
  let series = all.get(key);
  if (series === undefined) {
    series = { labels, value: 0 };
    all.set(key, series);
  }
  return series;
}

/** Takes out the series in which a label has a value; `keep` gets each, with the labels under which it may go on. */
function forgetIn<One extends { readonly labels: Labels }>(
  all: Map<string, One>,
  [label, value, successor]: readonly [string, string, string],
  keep: (labels: Labels, gone: One) => void,
): void {
  for (const [key, one] of [...all]) {
    if (one.labels[label] !== value) continue;
    all.delete(key);
    keep({ ...one.labels, [label]: successor }, one);
  }
}

function braced(...parts: string[]): string {
  const inside = parts.filter((part) => part !== "").join(",");
  return inside === "" ? "" : `{${inside}}`;
}

/** All metrics of one agent. Asking for a name again gives the same metric. */
export class Telemetry {
  readonly #families = new Map<string, Family & { readonly handle: unknown }>();

  #family<Handle>(name: string, make: () => Family & { readonly handle: Handle }): Handle {
    const known = this.#families.get(name);
    if (known !== undefined) return known.handle as Handle;
    const made = make();
    this.#families.set(name, made);
    return made.handle;
  }

  /** A count that only grows; name it `…_total`. */
  counter(name: string, help: string): Counter {
    return this.#family(name, () => {
      const all = new Map<string, Series>();
      const handle: Counter = {
        add(labels = none, amount = 1) {
          seriesOf(all, labels).value += amount;
        },
        series(labels) {
          const series = seriesOf(all, labels);
          return {
            add(amount = 1) {
              series.value += amount;
            },
          };
        },
        value: (labels = none) => all.get(labelText(labels))?.value ?? 0,
        totals(label) {
          const sums: Record<string, number> = {};
          for (const { labels, value } of all.values()) {
            const name = labels[label];
            if (name !== undefined) sums[name] = (sums[name] ?? 0) + value;
          }
          return sums;
        },
        total: () => [...all.values()].reduce((sum, { value }) => sum + value, 0),
      };
      return {
        help,
        type: "counter",
        handle,
        lines: (full) => seriesLines(full, all),
        forget: (...gone) => forgetIn(all, gone, (labels, { value }) => handle.add(labels, value)),
      };
    });
  }

  /** A value that goes up and down. */
  gauge(name: string, help: string): Gauge {
    return this.#family(name, () => {
      const all = new Map<string, Series>();
      const handle: Gauge = {
        set(value, labels = none) {
          seriesOf(all, labels).value = value;
        },
        value: (labels = none) => all.get(labelText(labels))?.value ?? 0,
      };
      return {
        help,
        type: "gauge",
        handle,
        lines: (full) => seriesLines(full, all),
        forget: (...gone) => forgetIn(all, gone, () => {}),
      };
    });
  }

  /** How values are distributed; `bounds` are the upper edges, ascending, the last bucket is open. */
  histogram(name: string, help: string, bounds: readonly number[]): Histogram {
    return this.#family(name, () => {
      const series = new Map<string, Distribution>();
      const distributionOf = (labels: Labels) => {
        const key = labelText(labels);
        let one = series.get(key);
        if (one === undefined) {
          one = { labels, buckets: bounds.map(() => 0), sum: 0, count: 0 };
          series.set(key, one);
        }
        return one;
      };
      const handle: Histogram = {
        observe(value, labels = none) {
          const one = distributionOf(labels);
          one.sum += value;
          one.count++;
          for (let at = 0; at < bounds.length; at++) {
            if (value > bounds[at]) continue;
            one.buckets[at]++;
            break;
          }
        },
      };
      const lines = (full: string) =>
        [...series].flatMap(([labels, { buckets, sum, count }]) => {
          let below = 0;
          const rows = bounds.map((bound, at) => {
            below += buckets[at];
            return `${full}_bucket${braced(labels, `le="${bound}"`)} ${below}`;
          });
          rows.push(`${full}_bucket${braced(labels, 'le="+Inf"')} ${count}`);
          rows.push(`${full}_sum${braced(labels)} ${sum}`, `${full}_count${braced(labels)} ${count}`);
          return rows;
        });
      const forget: Family["forget"] = (...gone) =>
        forgetIn(series, gone, (labels, { buckets, sum, count }) => {
          const kept = distributionOf(labels);
          for (const [at, inBucket] of buckets.entries()) kept.buckets[at] += inBucket;
          kept.sum += sum;
          kept.count += count;
        });
      return { help, type: "histogram", handle, lines, forget };
    });
  }

  /**
   * Forgets every series in which `label` is `value`, of what will not come again under this name. Counts and distributions go on in the
   * series where it is `successor`; gauges end.
   */
  forget(label: string, value: string, successor: string): void {
    for (const family of this.#families.values()) family.forget(label, value, successor);
  }

  /** The whole registry as Prometheus text, families in order of name. */
  render(): string {
    const names = [...this.#families.keys()].sort();
    const blocks = names.map((name) => {
      const family = this.#families.get(name)!;
      return [`# HELP ${name} ${family.help}`, `# TYPE ${name} ${family.type}`, ...family.lines(name)].join("\n");
    });
    return `${blocks.join("\n")}\n`;
  }
}

function seriesLines(name: string, all: ReadonlyMap<string, Series>): string[] {
  return [...all].map(([labels, { value }]) => `${name}${braced(labels)} ${value}`);
}
