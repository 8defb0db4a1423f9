/**
 * What is wrong with a hotspot: for each of radio, forwarder, disk, brokers, clock, oracle and registration a verdict, its cause
 * and what the owner can do. Pure: the status is an argument.
 */
import type { AgentStatus, ServerStatus } from "../status.ts";
import { brokerRemedy } from "./broker-remedy.ts";
import { ago, type Finding, fail, ok, warn } from "./finding.ts";
import { forwarderFindings } from "./forwarder-checks.ts";
import { proofFindings } from "./proof-checks.ts";

/** The network tolerates reports this early; a clock further off is said. */
const CLOCK_ERROR_MS = 2000;
/** Share of its bound at which the spool is worth a warning. */
const FULL_SPOOL = 0.8;
/** Packets that some server was to have and does not get. Others are none of its, or too late by the owner's own settings. */
const LOSSES: readonly string[] = ["too_old", "spool_full", "lost_in_memory", "unreadable", "refused"];

/** All findings, in the order in which a packet travels. */
export function findings(status: AgentStatus): readonly Finding[] {
  return [
    ...forwarderFindings(status),
    diskFinding(status),
    ...serverFindings(status),
    clockFinding(status),
    ...proofFindings(status),
  ];
}

function diskFinding({ spool }: AgentStatus): Finding {
  if (spool.mode === "memory") {
    return fail(
      "disk",
      "The disk takes no packets; they wait in memory and a restart loses them.",
      "Free space, or replace the SD card.",
    );
  }
  const losses = LOSSES.map((reason) => [reason, spool.dropped[reason] ?? 0] as const).filter(([, count]) => count > 0);
  if (spool.bytes > FULL_SPOOL * spool.maxBytes) {
    return warn(
      "disk",
      `The spool holds ${share(spool.bytes, spool.maxBytes)} of what it may.`,
      "Bring a server back, or raise spool.max_size.",
    );
  }
  if (losses.length === 0) return ok("disk", "Every packet was appended.");
  const lost = losses.reduce((sum, [, count]) => sum + count, 0);
  const reasons = losses.map(([reason, count]) => `${count} ${reason}`).join(", ");
  return warn(
    "disk",
    `${lost} packets were lost since the start: ${reasons}.`,
    "Bring servers back sooner or raise spool.max_age and spool.max_size; unreadable ones speak for a new SD card.",
  );
}

function serverFindings({ servers, gateways, nowMs }: AgentStatus): readonly Finding[] {
  if (servers.length === 0) {
    return [
      warn(
        "server",
        "No network server is configured: packets are kept and go nowhere.",
        'Add a [[server]] to the configuration, or run "hotspot-agent init".',
      ),
    ];
  }
  return servers.map((server) => {
    const check = `server ${server.name}`;
    if (gateways.length === 0) {
      return warn(check, "It is connected to when a forwarder is heard.", "See the forwarder above.");
    }
    const waiting = server.backlog > 0 ? ` ${server.backlog} packets wait.` : "";
    const { isHealthy, lastDeliveredMs, problem, routeId } = server;
    if (isHealthy) {
      const delivery =
        lastDeliveredMs === null ? "nothing was delivered yet" : `last delivery ${ago(lastDeliveredMs, nowMs)}`;
      return ok(check, `Connected; ${delivery}.${waiting}`);
    }
    const cause = `${problem ?? "It is not connected."}${waiting}`;
    return routeId === null
      ? fail(check, cause, serverRemedy(server))
      : warn(check, cause, "It is a customer's broker, and theirs to mend; you need not do anything.");
  });
}

function serverRemedy({ problem, isConnected, url }: ServerStatus): string {
  const text = (problem ?? "").toLowerCase();
  if (text.includes("listening") || text.includes("subscriber")) {
    return "The broker runs but ChirpStack does not: start it, and check that its region's topic prefix is topic_prefix here.";
  }
  const remedy = brokerRemedy(text, url);
  if (remedy !== null) return remedy;
  return isConnected
    ? "Look at the broker's log: it takes packets too slowly or not at all."
    : `Check that ${url} can be reached from here.`;
}

function clockFinding({ clock }: AgentStatus): Finding {
  if (clock.errorMs === null) return ok("clock", "No oracle has told the time yet; the system clock is believed.");
  const error = `The system clock is ${(Math.abs(clock.errorMs) / 1000).toFixed(1)} s ${clock.errorMs > 0 ? "ahead" : "behind"}`;
  if (Math.abs(clock.errorMs) <= CLOCK_ERROR_MS) return ok("clock", `${error}.`);
  return warn(
    "clock",
    `${error}; proofs use the oracle's time.`,
    'Run "timedatectl set-ntp true", and allow UDP port 123 out.',
  );
}

function share(part: number, whole: number): string {
  return `${Math.round((100 * part) / whole)} %`;
}
