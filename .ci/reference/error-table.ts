/** docs/reference/errors.md from the packages' catalogues, the verdict reasons and the oracle's HTTP errors. */

import { liveErrors } from "../../fixtures/live/src/errors.ts";
import { fixtureErrors } from "../../fixtures/src/errors.ts";
import { geoErrors } from "../../geo/src/errors.ts";
import { agentErrors } from "../../hotspot-agent/src/errors.ts";
import { oracleErrors } from "../../oracle/src/errors.ts";
import { pocErrors } from "../../poc/src/errors.ts";
import { API_ERRORS } from "../../poc/src/protocol/oracle-api.ts";
import { clientErrors } from "../../programs/client/src/errors.ts";
import { GENERATED_NOTE } from "./generated-note.ts";

const catalogues = [
  ["geo", geoErrors],
  ["poc", pocErrors],
  ["oracle", oracleErrors],
  ["fixtures", fixtureErrors],
  ["fixtures/live", liveErrors],
  ["hotspot-agent", agentErrors],
  ["programs/client", clientErrors],
] as const;

export function errorTable(): string {
  const lines = [
    "# Error codes",
    "",
    GENERATED_NOTE,
    "",
    "A broken contract throws a code; a bad report never does, it gets a verdict (verdicts.md). Codes are never reused.",
    "",
  ];
  for (const [name, catalogue] of catalogues) {
    lines.push(`## ${name}`, "", "| code | meaning |", "|---|---|");
    for (const [code, meaning] of Object.entries(catalogue)) lines.push(`| \`${code}\` | ${meaning} |`);
    lines.push("");
  }
  lines.push("## HTTP of the oracle", "", "| code | status | worth a retry |", "|---|---|---|");
  for (const [code, rule] of Object.entries(API_ERRORS)) {
    lines.push(`| \`${code}\` | ${rule.status} | ${rule.retryable ? "yes" : "no"} |`);
  }
  return `${lines.join("\n")}\n`;
}
