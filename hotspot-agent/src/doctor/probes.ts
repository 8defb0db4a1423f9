/**
 * What can be tried without a running agent: the state folder, the forwarder's port, whether brokers and oracles can be reached.
 * Each probe is one finding with its cause and remedy. Opens connections, sends nothing through them but an HTTP GET to oracles.
 */
import { accessSync, constants, existsSync, statfsSync } from "node:fs";
import { connect } from "node:net";
import { dirname } from "node:path";
import type { AgentConfig } from "../config/agent-config.ts";
import type { Endpoint } from "../config/values.ts";
import type { Finding } from "./finding.ts";
import { reachRemedy } from "./reach-remedy.ts";

const PATIENCE_MS = 5000;
/** Ports that mqtt:// and mqtts:// stand for without a number. */
const MQTT_PORTS: Readonly<Record<string, number>> = { "mqtt:": 1883, "mqtts:": 8883 };

/** Every probe, at the same time; in a fixed order. A server that does not answer within `patienceMs` cannot be reached. */
export async function probe(config: AgentConfig, patienceMs: number = PATIENCE_MS): Promise<readonly Finding[]> {
  return Promise.all([
    probeFolder(config.hotspot.stateDir),
    probePort(config.forwarder.listen),
    ...config.gatewayMqtt.map(({ url }) => probeBroker(`gateway_mqtt ${url}`, url, patienceMs)),
    ...config.servers.map(({ name, url }) => probeBroker(`server ${name}`, url, patienceMs)),
    ...config.oracle.urls.map((url) => probeOracle(url, patienceMs)),
  ]);
}

function probeFolder(folder: string): Finding {
  const check = "disk";
  try {
    const place = existsSync(folder) ? folder : dirname(folder);
    accessSync(place, constants.W_OK);
    const { bavail, bsize } = statfsSync(place);
    const freeMib = Math.floor((Number(bavail) * Number(bsize)) / 1024 ** 2);
    if (freeMib < 100) {
      return {
        check,
        verdict: "warn",
        cause: `${place} has ${freeMib} MiB left.`,
        remedy: "Free space: an outage needs it.",
      };
    }
    return { check, verdict: "ok", cause: `${place} can be written; ${freeMib} MiB are free.`, remedy: null };
  } catch (error) {
    const cause = `${folder} cannot be written: ${(error as NodeJS.ErrnoException).code ?? error}.`;
    return { check, verdict: "fail", cause, remedy: "Run as the user earshot or as root, or set hotspot.state_dir." };
  }
}

/** Opens the forwarder's port for a moment: taken means that something else listens there. */
async function probePort({ host, port }: Endpoint): Promise<Finding> {
  const check = "forwarder port";
  try {
    const socket = await Bun.udpSocket({ hostname: host, port });
    socket.close();
    return { check, verdict: "ok", cause: `UDP ${host}:${port} is free for the agent.`, remedy: null };
  } catch (error) {
    const cause = `UDP ${host}:${port} cannot be opened: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}.`;
    return {
      check,
      verdict: "fail",
      cause,
      remedy: 'See what listens with "ss -ulpn", and stop it or change forwarder.listen.',
    };
  }
}

async function probeBroker(check: string, url: string, patienceMs: number): Promise<Finding> {
  const { hostname, port, protocol } = new URL(url);
  const problem = await connectProblem(
    hostname.replace(/^\[(.*)\]$/, "$1"),
    port === "" ? MQTT_PORTS[protocol]! : Number(port),
    patienceMs,
  );
  if (problem === undefined) return { check, verdict: "ok", cause: `${url} takes connections.`, remedy: null };
  return { check, verdict: "fail", cause: `${url} cannot be reached: ${problem}.`, remedy: reachRemedy(problem) };
}

function connectProblem(host: string, port: number, patienceMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const finish = (problem: string | undefined) => {
      socket.destroy();
      resolve(problem);
    };
    socket.setTimeout(patienceMs, () => finish(noAnswer(patienceMs)));
    socket.once("connect", () => finish(undefined));
    socket.once("error", (error: NodeJS.ErrnoException) => finish(error.code ?? error.message));
  });
}

async function probeOracle(url: string, patienceMs: number): Promise<Finding> {
  const check = `oracle ${url}`;
  try {
    const { status } = await fetch(`${url}/v1/parameters`, { signal: AbortSignal.timeout(patienceMs) });
    if (status === 200) return { check, verdict: "ok", cause: "It answers.", remedy: null };
    return {
      check,
      verdict: "fail",
      cause: `It answers with status ${status}.`,
      remedy: "Check oracle.urls: is this an oracle?",
    };
  } catch (error) {
    const { name, code, message } = error as NodeJS.ErrnoException;
    // A timeout has a code too, which is a number.
    const problem = name === "TimeoutError" ? noAnswer(patienceMs) : (code ?? message);
    return { check, verdict: "fail", cause: `It cannot be reached: ${problem}.`, remedy: reachRemedy(problem) };
  }
}

function noAnswer(patienceMs: number): string {
  return `no answer in ${patienceMs / 1000} s`;
}
