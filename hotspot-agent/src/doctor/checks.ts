/**
 * What is wrong with a hotspot: for each of radio, forwarder, disk, brokers, clock, oracle and registration a verdict, its cause
 * and what the owner can do. Pure: the status is an argument.
 */
import type { AgentStatus, ServerStatus } from "../status.ts";
import { ago, type Finding, fail, ok, warn } from "./finding.ts";
import { proofFindings } from "./proof-checks.ts";

/** A forwarder sends PULL_DATA every 5 to 10 s; three missed ones are a silence. */
const SILENT_FORWARDER_MS = 30_000;
/** Without any packet for this long, in a place with devices or hotspots, the antenna is the first suspect. */
const SILENT_RADIO_MS = 6 * 3_600_000;
/** The network tolerates reports this early; a clock further off is said. */
const CLOCK_ERROR_MS = 2000;
/** Share of its bound at which the spool is worth a warning. */
const FULL_SPOOL = 0.8;

/** All findings, in the order in which a packet travels. */
export function findings(status: AgentStatus): readonly Finding[] {
  return [
    ...forwarderFindings(status),
    ...(status.gateways.length === 0 ? [] : [radioFinding(status)]),
    diskFinding(status),
    ...serverFindings(status),
    clockFinding(status),
    ...proofFindings(status),
  ];
}

function forwarderFindings({
  gateways,
  listen,
  nowMs,
  startedMs,
  malformed,
  servers,
}: AgentStatus): readonly Finding[] {
  if (gateways.length === 0) {
    const remedy = `In the packet forwarder's global_conf.json set server_address and serv_port_up/serv_port_down to ${listen}, and restart it.`;
    if (malformed === 0 && nowMs - startedMs < SILENT_FORWARDER_MS) {
      const cause = `No packet forwarder was heard yet; the agent was started ${ago(startedMs, nowMs)}.`;
      return [warn("forwarder", cause, `Ask again in half a minute. If it is silent then: ${remedy}`)];
    }
    const cause =
      malformed > 0
        ? `No forwarder was understood; ${malformed} datagrams were not.`
        : "No packet forwarder was heard.";
    return [fail("forwarder", cause, remedy)];
  }
  return gateways.map(({ gatewayEui, name, lastSeenMs, address }) => {
    const check = `forwarder ${gatewayEui}`;
    const silentMs = nowMs - (lastSeenMs ?? 0);
    if (lastSeenMs === null || silentMs > SILENT_FORWARDER_MS) {
      return fail(
        check,
        `It was last heard ${ago(lastSeenMs, nowMs)}.`,
        "Look at the packet forwarder's log and its radio board; restart it.",
      );
    }
    if (address === null && servers.length > 0) {
      return fail(
        check,
        "It sends packets but never PULL_DATA, so nothing can be transmitted.",
        "Set serv_port_down in global_conf.json to the same port as serv_port_up.",
      );
    }
    return ok(check, `${name} was heard ${ago(lastSeenMs, nowMs)}.`);
  });
}

function radioFinding({ gateways, nowMs, startedMs }: AgentStatus): Finding {
  const last = gateways.reduce<number | null>((latest, { lastPacketMs }) => later(latest, lastPacketMs), null);
  if (nowMs - (last ?? startedMs) < SILENT_RADIO_MS) {
    return last === null
      ? ok("radio", "No packet yet since the start.")
      : ok("radio", `The last packet came ${ago(last, nowMs)}.`);
  }
  return warn(
    "radio",
    `The last packet came ${ago(last, nowMs)}.`,
    "Check antenna and connector, the forwarder's channel plan, and forwarder.crc if only damaged packets arrive.",
  );
}

function diskFinding({ spool }: AgentStatus): Finding {
  if (spool.mode === "memory") {
    return fail(
      "disk",
      "The disk takes no packets; they wait in memory and a restart loses them.",
      "Free space, or replace the SD card.",
    );
  }
  const lost = Object.values(spool.dropped).reduce((sum, count) => sum + count, 0);
  if (spool.bytes > FULL_SPOOL * spool.maxBytes) {
    return warn(
      "disk",
      `The spool holds ${share(spool.bytes, spool.maxBytes)} of what it may.`,
      "Bring a server back, or raise spool.max_size.",
    );
  }
  return lost === 0
    ? ok("disk", "Every packet was appended.")
    : warn(
        "disk",
        `${lost} packets were dropped since the start: ${reasons(spool.dropped)}.`,
        "See agent_packets_dropped_total on the local page, /metrics.",
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
  if (/_file cannot be read/.test(text)) {
    return 'Name it with its whole path, and let the agent read it: "sudo install -o root -g earshot -m 640 FILE /etc/earshot/".';
  }
  if (/not auth|refused: (5|135)|bad user|password/.test(text))
    return "Check username and password_file, and the broker's ACL.";
  if (/certificate|self.signed|tls|ssl/.test(text))
    return "Check ca_file, cert_file and key_file, and that the name in url is the certificate's.";
  if (/enotfound|eai_again|getaddrinfo/.test(text))
    return `The name in ${url} is not found: check url and the network's DNS.`;
  if (/econnrefused/.test(text)) return `Nothing listens at ${url}: check url, and that the broker runs.`;
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

function later(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.max(a, b);
}

function share(part: number, whole: number): string {
  return `${Math.round((100 * part) / whole)} %`;
}

function reasons(dropped: Readonly<Record<string, number>>): string {
  return Object.entries(dropped)
    .filter(([, count]) => count > 0)
    .map(([reason, count]) => `${count} ${reason}`)
    .join(", ");
}
