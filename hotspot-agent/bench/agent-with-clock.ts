/**
 * The agent with a clock that signals move, for the bench and for tests of long outages: SIGUSR2 lets time pass (a minute, or
 * AGENT_TEST_STEP_MS), SIGUSR1 sets the system clock wrong by an hour. Otherwise, and for every other command, as main.ts.
 */
import { runAgent } from "../src/agent.ts";
import { type Clock, systemClock } from "../src/clock.ts";
import { readConfig, readConfigFile } from "../src/config/read-config.ts";
import { createLog } from "../src/log.ts";
import { serviceManager } from "../src/service-manager.ts";

const STEP_MS = Number(process.env.AGENT_TEST_STEP_MS ?? 60_000);
const WRONG_MS = 3_600_000;

if (process.argv.includes("server")) await serve(process.argv.at(-1)!);
else await import("../src/main.ts");

async function serve(path: string): Promise<void> {
  const { config } = readConfig({ file: readConfigFile(path, true), environment: {}, flags: [] });
  const real = systemClock();
  let aheadMs = 0;
  let wrongMs = 0;
  process.on("SIGUSR2", () => {
    aheadMs += STEP_MS;
  });
  process.on("SIGUSR1", () => {
    wrongMs += WRONG_MS;
  });
  const clock: Clock = {
    ...real,
    nowMs: () => real.nowMs() + aheadMs,
    wallMs: () => real.wallMs() + aheadMs + wrongMs,
  };
  const log = createLog({ ...config.log, clock, write: (line) => process.stderr.write(line), hasTime: true });
  const stopped = new Promise<void>((resolve) => process.once("SIGTERM", () => resolve()));
  await runAgent({ config, clock, log, manager: serviceManager({}, process.pid), stopped });
}
