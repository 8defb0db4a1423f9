/** docs/reference/verdicts.md from the reasons and the order of checks of each preset. */
import { earshot } from "../../poc/src/parameters/presets/earshot.ts";
import { helium } from "../../poc/src/parameters/presets/helium.ts";
import { REASONS } from "../../poc/src/verify/reason.ts";
import { GENERATED_NOTE } from "./generated-note.ts";

export function verdictTable(): string {
  const lines = [
    "# Verdicts",
    "",
    GENERATED_NOTE,
    "",
    "Every beacon and witness report gets exactly one: a reason, what was measured, and what it was held against.",
    "",
    "| number | reason | meaning | figures: measured, limit |",
    "|---|---|---|---|",
    ...REASONS.map(({ number, name, meaning, figures }) => `| ${number} | \`${name}\` | ${meaning} | ${figures} |`),
    "",
    "## Order of checks",
    "",
    "The first check that fails names the reason. Reciprocity (`gateway_no_valid_witnesses`, `gateway_no_valid_beacons`) is judged after the list.",
    "",
    "| preset | beacon | witness |",
    "|---|---|---|",
  ];
  for (const preset of [earshot, helium]) {
    lines.push(`| \`${preset.name}\` | ${preset.beaconChecks.join(", ")} | ${preset.witnessChecks.join(", ")} |`);
  }
  return `${lines.join("\n")}\n`;
}
