/** Asks the agent that runs on this machine how it is, for commands that a person runs beside it. */
import type { AgentStatus } from "../status.ts";

/** Loopback answers at once or not at all. */
const PATIENCE_MS = 2000;

/** The running agent's status, or undefined when none answers at its local page. */
export async function fetchStatus({
  host,
  port,
}: {
  readonly host: string;
  readonly port: number;
}): Promise<AgentStatus | undefined> {
  const name = host.includes(":") ? `[${host}]` : host;
  try {
    const response = await fetch(`http://${name}:${port}/status.json`, { signal: AbortSignal.timeout(PATIENCE_MS) });
    const body: unknown = response.ok ? await response.json() : undefined;
    return isStatus(body) ? body : undefined;
  } catch {
    return undefined;
  }
}

/** Something else may listen at that port: the answer must at least look like ours. */
function isStatus(body: unknown): body is AgentStatus {
  return typeof body === "object" && body !== null && "primary" in body && "gateways" in body && "servers" in body;
}
