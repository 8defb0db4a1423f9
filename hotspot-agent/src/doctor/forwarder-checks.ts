/** What is wrong between the radio and the agent: forwarders by UDP, brokers that bring gateways, packets. Pure: the status is an argument. */
import type { AgentStatus, InputStatus } from "../status.ts";
import { brokerRemedy } from "./broker-remedy.ts";
import { ago, type Finding, fail, ok, warn } from "./finding.ts";

/** A forwarder sends PULL_DATA every 5 to 10 s; three missed ones are a silence. */
const SILENT_FORWARDER_MS = 30_000;
/** Without any packet for this long, in a place with devices or hotspots, the antenna is the first suspect. */
const SILENT_RADIO_MS = 6 * 3_600_000;

/** Findings about them, in the order in which a packet travels. */
export function forwarderFindings(status: AgentStatus): readonly Finding[] {
  const { gateways, inputs } = status;
  return [
    ...inputs.map((input) => inputFinding(input)),
    ...(gateways.length === 0 ? [silence(status)] : gateways.map((gateway) => gatewayFinding(gateway, status))),
    ...(gateways.length === 0 ? [] : [radioFinding(status)]),
  ];
}

function inputFinding({ url, isConnected, problem }: InputStatus): Finding {
  const check = `gateway_mqtt ${url}`;
  if (isConnected) return ok(check, "Connected.");
  const cause = problem === null ? "It was not connected yet." : `Not connected: ${problem}.`;
  return fail(check, cause, brokerRemedy(problem ?? "", url) ?? `Check that ${url} can be reached from here.`);
}

function silence({ listen, nowMs, startedMs, malformed, inputs }: AgentStatus): Finding {
  const byUdp = `In the packet forwarder's global_conf.json set server_address and serv_port_up/serv_port_down to ${listen}, and restart it.`;
  const remedy =
    inputs.length === 0
      ? byUdp
      : `Have the gateway publish at the broker of gateway_mqtt, under its topic_prefix. If it speaks UDP: ${byUdp}`;
  if (malformed === 0 && nowMs - startedMs < SILENT_FORWARDER_MS) {
    const cause = `No packet forwarder was heard yet; the agent was started ${ago(startedMs, nowMs)}.`;
    return warn("forwarder", cause, `Ask again in half a minute. If it is silent then: ${remedy}`);
  }
  const cause =
    malformed > 0 ? `No forwarder was understood; ${malformed} datagrams were not.` : "No packet forwarder was heard.";
  return fail("forwarder", cause, remedy);
}

function gatewayFinding(
  { gatewayEui, name, lastSeenMs, address }: AgentStatus["gateways"][number],
  { nowMs, servers }: AgentStatus,
): Finding {
  const check = `forwarder ${gatewayEui}`;
  if (lastSeenMs === null || nowMs - lastSeenMs > SILENT_FORWARDER_MS) {
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

function later(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.max(a, b);
}
