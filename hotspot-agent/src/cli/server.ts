/** `hotspot-agent server`: runs the agent until it is told to stop. */
import { buildCommand } from "@stricli/core";
import { runAgent } from "../agent.ts";
import { systemClock } from "../clock.ts";
import { createLog } from "../log.ts";
import { serviceManager } from "../service-manager.ts";
import { answer, type CliContext, type CommonFlags, commonAliases, commonFlags, loadConfig } from "./context.ts";
import { becomeOwner } from "./state-owner.ts";

export const serverCommand = buildCommand<CommonFlags, [], CliContext>({
  docs: {
    brief: "Run the agent until SIGTERM or Ctrl-C",
    fullDescription: "Logs to stderr. A wrong configuration ends it with exit code 2 before any socket opens.",
  },
  parameters: { flags: commonFlags, aliases: commonAliases },
  async func(flags) {
    await answer(this, flags, async () => {
      const { config } = loadConfig(this, flags);
      becomeOwner(config.hotspot.stateDir);
      const clock = systemClock();
      const log = createLog({
        ...config.log,
        clock,
        write: (line) => this.process.stderr.write(line),
        // journald stamps lines itself, and says that it reads by setting JOURNAL_STREAM.
        hasTime: this.environment.JOURNAL_STREAM === undefined,
      });
      const manager = serviceManager(this.environment, process.pid);
      await runAgent({ config, clock, log, manager, stopped: stopSignal() });
      return { json: { stopped: true }, text: "" };
    });
  },
});

/** Resolves at SIGTERM or SIGINT; a second one ends the process at once. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => resolve());
  });
}
