/** `bun run bench private`: what hotspots pay in shares for keeping their place private, in towns of the US list. */
import { replaceSection } from "../../poc/bench/spoof/page.ts";
import { measureCheats } from "./private-cheats.ts";
import { measureTown, type Town } from "./private-town.ts";

const USAGE = `usage: bun run bench private [--write]

  --write  write the table to docs/reference/spoofing.md
`;

const HEADER = [
  "around (hotspots that earn)",
  "private",
  "they keep, of all their shares",
  "median hotspot",
  "tenth percentile",
  "lose all",
  "receptions too near",
  "too far",
  "too loud",
  "density scale left",
  "shares of the open ones",
  "more suspect",
];
const CHEATS_HEADER = [
  "5 % attack, New York",
  "in the open the detectors leave them",
  "with private places",
  "shares without detectors, private of open",
];

/** From a crowd to the open country. */
const TOWNS: readonly Town[] = [
  { name: "New York, 15 km", near: { latDeg: 40.73, lngDeg: -73.98 }, radiusKm: 15 },
  { name: "San Francisco, 15 km", near: { latDeg: 37.77, lngDeg: -122.42 }, radiusKm: 15 },
  { name: "Chicago, 40 km", near: { latDeg: 41.88, lngDeg: -87.63 }, radiusKm: 40 },
  { name: "Austin, 60 km", near: { latDeg: 30.27, lngDeg: -97.74 }, radiusKm: 60 },
];

/** Runs the bench; gives the exit code. */
export async function runPrivate(args: readonly string[]): Promise<number> {
  const unknown = args.find((arg) => arg !== "--write");
  if (unknown !== undefined) {
    process.stderr.write(`${unknown}: unknown option\n${USAGE}`);
    return 2;
  }
  const rows: string[][] = [];
  for (const town of TOWNS) {
    for (const row of await measureTown(town)) {
      process.stderr.write(`${row.join(" | ")}\n`);
      rows.push(row);
    }
  }
  const tell = (line: string) => process.stderr.write(`${line}\n`);
  const text = `${tableOf(HEADER, rows)}\n${tableOf(CHEATS_HEADER, await measureCheats(tell))}`;
  process.stdout.write(text);
  if (args.includes("--write")) replaceSection("bun run bench private", text);
  return 0;
}

function tableOf(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return `${[line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n")}\n`;
}
