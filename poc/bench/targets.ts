/** What the core must reach (issue 3, "It must reach"), held against what was measured. */
import type { Figure, Place } from "./results.ts";

export interface Target {
  readonly name: string;
  readonly target: string;
  readonly measured: string;
  readonly isMet: boolean;
}

const GIB = 2 ** 30;
const ENGINE = "earshot-ts";

type Find = (variant: string | RegExp, place: Partial<Place>) => Figure | undefined;

/** Every target that the figures allow to judge; those whose peer was not built or whose rows were not run are left out. */
export function judgeTargets(figures: readonly Figure[]): Target[] {
  const find: Find = (variant, place) =>
    figures
      .filter((figure) => (typeof variant === "string" ? figure.variant === variant : variant.test(figure.variant)))
      .filter((figure) => Object.entries(place).every(([key, value]) => figure[key as keyof Place] === value))
      .sort((a, b) => a.ns - b.ns)[0];
  const presets = [...new Set(figures.filter(({ stage }) => stage === "validate").map(({ preset }) => preset))];
  const rows = [...new Set(figures.filter(({ stage }) => stage === "validate").map((figure) => figure.rows))];
  const places = presets.flatMap((preset) => rows.map((count) => ({ preset, rows: count })));
  return [
    ...places.flatMap((place) => validationTargets(find, place)),
    ...presets.flatMap((preset) => epochTargets(find, preset, rows)),
    ...densityTargets(find),
    ...uploadTargets(find),
  ];
}

function validationTargets(find: Find, place: { preset: string; rows: number }): Target[] {
  const at = (ids: string) => ({ ...place, ids, stage: "validate" });
  const label = `validation, ${place.preset}, ${millions(place.rows)} rows`;
  const own = { cell: find(ENGINE, at("cell")), arrival: find(ENGINE, at("arrival")) };
  return [
    times(`${label}: × Rust h3o lean`, 30, find("rust-lean", at("cell")), own.cell),
    times(`${label}: × Rust h3o cached`, 4, find("rust-cached", at("cell")), own.cell),
    share(`${label}: of C, ids in arrival order`, 75, find(/^c-/, at("arrival")), own.arrival),
    share(`${label}: of C, ids in cell order`, 65, find(/^c-/, at("cell")), own.cell),
  ].flat();
}

function epochTargets(find: Find, preset: string, rows: readonly number[]): Target[] {
  const most = Math.max(...rows);
  const epoch = find(ENGINE, { preset, rows: most, ids: "cell", stage: "epoch" });
  const cached = find("rust-cached", { preset, rows: most, ids: "cell", stage: "validate" });
  const small = find(ENGINE, { preset, rows: Math.min(...rows), ids: "cell", stage: "epoch" });
  const memory = find(ENGINE, { preset, rows: most, ids: "cell", stage: "memory" });
  const label = `whole epoch, ${preset}, ${millions(most)} rows`;
  const targets: Target[] = [];
  if (epoch !== undefined && cached !== undefined) {
    targets.push({
      name: `${label}: cost against validation alone by Rust h3o cached`,
      target: "≤ 1.00×",
      measured: `${(epoch.ns / cached.ns).toFixed(2)}×`,
      isMet: epoch.ns <= cached.ns,
    });
  }
  if (epoch !== undefined && small !== undefined && rows.length > 1) {
    targets.push({
      name: `${label}: cost per row against ${millions(Math.min(...rows))} rows`,
      target: "≤ 1.70×",
      measured: `${(epoch.ns / small.ns).toFixed(2)}×`,
      isMet: epoch.ns <= 1.7 * small.ns,
    });
  }
  if (memory?.peakBytes !== undefined) {
    targets.push({
      name: `${label}: peak resident memory`,
      target: "≤ 1.00 GiB",
      measured: `${(memory.peakBytes / GIB).toFixed(2)} GiB`,
      isMet: memory.peakBytes <= GIB,
    });
  }
  return targets;
}

function densityTargets(find: Find): Target[] {
  return [
    [50_000, 12],
    [1_000_000, 35],
  ].flatMap(([rows, least]) =>
    times(
      `density, ${rows.toLocaleString("en")} hotspots: × Rust hash maps and decimals`,
      least,
      find("rust-decimal", { rows, stage: "density" }),
      find(ENGINE, { rows, stage: "density" }),
    ),
  );
}

function uploadTargets(find: Find): Target[] {
  const both = find(ENGINE, { stage: "verify+decode" });
  if (both === undefined) return [];
  const rate = 1e9 / both.ns;
  return [
    {
      name: "uploads of 100 reports: verified and decoded a second, one core",
      target: "≥ 1,000,000",
      measured: Math.round(rate).toLocaleString("en"),
      isMet: rate >= 1_000_000,
    },
  ];
}

function times(name: string, least: number, peer: Figure | undefined, own: Figure | undefined): Target[] {
  if (peer === undefined || own === undefined) return [];
  const ratio = peer.ns / own.ns;
  return [{ name, target: `≥ ${least}×`, measured: `${ratio.toFixed(1)}×`, isMet: ratio >= least }];
}

function share(name: string, percent: number, peer: Figure | undefined, own: Figure | undefined): Target[] {
  if (peer === undefined || own === undefined) return [];
  const reached = (100 * peer.ns) / own.ns;
  return [{ name, target: `≥ ${percent} %`, measured: `${reached.toFixed(0)} %`, isMet: reached >= percent }];
}

/** 1000000 → "1M", 200000 → "0.2M". */
export function millions(rows: number): string {
  return `${rows / 1_000_000}M`;
}
