/**
 * The committed table of what refuses each mutation: expected.txt. An instruction, then a line for each slot and error with the
 * mutations it answers. After a change of the programs: `bun programs/client/test/mutation/expected.ts`, and read the difference.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runMutations, type Trial } from "./run-mutations.ts";

const path = join(import.meta.dirname, "expected.txt");

export const readExpected = () => readFileSync(path, "utf8");

/** The table of trials. An instruction that was tried in several states is a row for each different answer. */
export function tableOf(trials: readonly Trial[]): string {
  const rows = new Map<string, Map<string, Set<string>>>();
  for (const { title, slot, kind, error } of trials.filter((trial) => trial.kind !== "mixture")) {
    const row = rows.get(title) ?? new Map<string, Set<string>>();
    rows.set(title, row);
    const cell = `  ${slot} → ${error ?? "succeeds"}:`;
    const kinds = row.get(cell) ?? new Set<string>();
    row.set(cell, kinds);
    kinds.add(kind.replace("duplicate ", "="));
  }
  const lines = [...rows].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return lines
    .flatMap(([title, row]) => [title, ...[...row].map(([cell, kinds]) => `${cell} ${[...kinds].join(", ")}`), ""])
    .join("\n");
}

if (import.meta.main) writeFileSync(path, tableOf(await runMutations()));
