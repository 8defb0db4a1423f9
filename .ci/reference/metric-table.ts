/**
 * docs/reference/metrics.md from the sources: every metric is named with its help where it is made, as literals, so that reading the
 * text finds each one without starting a program.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { GENERATED_NOTE } from "./generated-note.ts";

interface Metric {
  readonly name: string;
  readonly type: string;
  readonly help: string;
}

const root = join(import.meta.dirname, "../..");
const TEXT = `"((?:[^"\\\\]|\\\\.)*)"`;
/** `telemetry.gauge("name", "help"…` */
const CALL = new RegExp(`\\b(counter|gauge|histogram)\\(\\s*"([a-z_]+)",\\s*${TEXT}`, "g");
/** `new Counter({ name: "…", help: "…"` */
const CONSTRUCTION = new RegExp(`new (Counter|Gauge|Histogram)\\(\\{\\s*name: "([a-z_]+)",\\s*help:\\s*${TEXT}`, "g");

const PROGRAMS = [
  ["hotspot-agent", "hotspot-agent/src", "`GET /metrics` of the local page, loopback only."],
  [
    "oracle",
    "oracle/src",
    "`GET /metrics` of the API; besides these the usual ones of a process (`process_…`, `nodejs_…`).",
  ],
] as const;

export function metricTable(): string {
  const lines = ["# Metrics", "", GENERATED_NOTE, "", "In Prometheus' text format.", ""];
  for (const [program, folder, where] of PROGRAMS) {
    lines.push(`## ${program}`, "", where, "", "| metric | type | meaning |", "|---|---|---|");
    for (const { name, type, help } of metricsIn(folder)) lines.push(`| \`${name}\` | ${type} | ${help} |`);
    lines.push("");
  }
  return `${lines.join("\n").trimEnd()}\n`;
}

/** The metrics named under a folder, by name; one that two files name is told once. */
export function metricsIn(folder: string): readonly Metric[] {
  const found = new Map<string, Metric>();
  for (const file of new Bun.Glob("**/*.ts").scanSync({ cwd: join(root, folder) })) {
    const text = readFileSync(join(root, folder, file), "utf8");
    for (const [, type, name, help] of [...text.matchAll(CALL), ...text.matchAll(CONSTRUCTION)]) {
      found.set(name!, { name: name!, type: type!.toLowerCase(), help: JSON.parse(`"${help}"`) as string });
    }
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
