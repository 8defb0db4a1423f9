/** The local page: what the doctor found, gateways, servers and proofs, as one HTML text without scripts. */
import { findings } from "../doctor/checks.ts";
import { ago, type Finding } from "../doctor/finding.ts";
import type { AgentStatus } from "../status.ts";

const STYLE = `
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1d2733;background:#fff}
h1{margin:0}h2{margin:2rem 0 .5rem;font-size:1.1rem}code{font-size:.9em;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.35rem .75rem .35rem 0;border-bottom:1px solid #dde3ea}
.ok{color:#1a7f4b}.warn{color:#9a6700}.fail{color:#b3261e;font-weight:600}.quiet{color:#5b6b7c}
@media(prefers-color-scheme:dark){body{color:#dfe6ee;background:#141a21}td,th{border-color:#2b3642}.ok{color:#5fd39a}.warn{color:#e3b341}.fail{color:#ff8a80}.quiet{color:#8fa1b3}}
`;

/** The whole page for one status. */
export function renderPage(status: AgentStatus): string {
  const { primary, version, startedMs, nowMs } = status;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="10"><title>${escapeHtml(primary.name)}</title><style>${STYLE}</style></head><body>
<h1>${escapeHtml(primary.name)}</h1>
<p class="quiet">Key <code>${escapeHtml(primary.key)}</code><br>Gateway id <code>${escapeHtml(primary.gatewayId)}</code><br>
hotspot-agent ${escapeHtml(version)}, started ${ago(startedMs, nowMs)}</p>
<h2>Health</h2>${table(["", "", "what to do"], findings(status).map(findingRow))}
<h2>Packet forwarders</h2>${gatewayTable(status)}
<h2>Network servers</h2>${serverTable(status)}
<h2>Proof of coverage</h2>${proofTable(status)}
<p class="quiet"><a href="/metrics">metrics</a> · <a href="/status.json">status.json</a></p>
</body></html>
`;
}

function findingRow({ check, verdict, cause, remedy }: Finding): readonly string[] {
  return [`<span class="${verdict}">${escapeHtml(check)}</span>`, escapeHtml(cause), escapeHtml(remedy ?? "")];
}

function gatewayTable({ gateways, nowMs }: AgentStatus): string {
  if (gateways.length === 0) return "<p>None heard.</p>";
  const rows = gateways.map(({ gatewayEui, name, gatewayId, lastSeenMs, lastPacketMs, packets }) => [
    `<code>${escapeHtml(gatewayEui)}</code>`,
    escapeHtml(name),
    `<code>${escapeHtml(gatewayId)}</code>`,
    ago(lastSeenMs, nowMs),
    `${packets}, last ${ago(lastPacketMs, nowMs)}`,
  ]);
  return table(["EUI", "hotspot", "gateway id", "heard", "packets"], rows);
}

function serverTable({ servers, nowMs }: AgentStatus): string {
  if (servers.length === 0) return "<p>None configured.</p>";
  const rows = servers.map(({ name, group, url, isHealthy, delivered, backlog, lastDeliveredMs }) => [
    `<span class="${isHealthy ? "ok" : "fail"}">${escapeHtml(name)}</span>`,
    escapeHtml(group),
    `<code>${escapeHtml(url)}</code>`,
    `${delivered}, last ${ago(lastDeliveredMs, nowMs)}`,
    String(backlog),
  ]);
  return table(["server", "group", "address", "delivered", "waiting"], rows);
}

function proofTable({ proof, nowMs }: AgentStatus): string {
  if (proof === null) return "<p>No oracle configured.</p>";
  const never = proof.unchallenged.map(({ name, reason }) => `none for ${name}: ${reason}`).join("; ");
  const next = never || (proof.nextBeaconMs === null ? "not drawn yet" : new Date(proof.nextBeaconMs).toISOString());
  return table(
    ["", ""],
    [
      ["Beacons sent", `${proof.beacons}, last ${ago(proof.lastBeaconMs, nowMs)}`],
      ["Next beacon", escapeHtml(next)],
      ["Beacons of others heard", String(proof.witnesses)],
      ["Reports that wait", String(proof.pendingReports)],
      ["Last upload", ago(proof.lastUploadMs, nowMs)],
    ],
  );
}

/** Cells are HTML already. */
function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = header.some((cell) => cell !== "")
    ? `<tr>${header.map((cell) => `<th>${cell}</th>`).join("")}</tr>`
    : "";
  return `<table>${head}${rows.map((row) => `<tr>${row.map((cell) => `<td>${cell}</td>`).join("")}</tr>`).join("")}</table>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
