/** `oracle work`: a worker of an oracle whose `oracle serve` runs here or on another machine, until it is told to stop. */
import { buildCommand } from "@stricli/core";
import { durationMs } from "../config/values.ts";
import type { WorkerEvent, WorkerRole } from "../pipeline/run-worker.ts";
import { answer, type CliContext } from "./context.ts";
import { RepeatedLines } from "./repeated-lines.ts";
import { aliases, type ConfigFlags, configFlags, loadConfig, stopSignal } from "./serve.ts";

interface WorkFlags extends ConfigFlags {
  readonly role: readonly WorkerRole[];
  readonly supervised: boolean;
}

export const workCommand = buildCommand<WorkFlags, [], CliContext>({
  docs: {
    brief: "Tell verdicts and close epochs for an `oracle serve`, here or on another machine",
    fullDescription:
      "Reads the configuration that `oracle serve` has: the same store, artefacts, report log and ingest key. `oracle serve` starts such workers by " +
      "itself (workers.count). Prints what it does as NDJSON. As many may run as one likes; what is closed does not depend on it.",
  },
  parameters: {
    flags: {
      ...configFlags,
      role: {
        kind: "enum",
        values: ["live", "batch"],
        brief: "live tells verdicts, batch verifies and closes epochs; both without it",
        variadic: true,
        default: ["live", "batch"],
      },
      supervised: { kind: "boolean", brief: "End when standard input does", default: false },
    },
    aliases,
  },
  async func(flags) {
    await answer(this, flags, async () => {
      const config = loadConfig(flags);
      const [{ runWork }, { SYSTEM_CLOCK }, { createLog }] = await Promise.all([
        import("../pipeline/work.ts"),
        import("../service/clock.ts"),
        import("../service/log.ts"),
      ]);
      const log = createLog({
        level: config.log.level,
        repeatIntervalMs: durationMs(config.log.repeat_interval),
        steadyMs: () => SYSTEM_CLOCK.steadyMs(),
        write: (line) => this.process.stderr.write(line),
      }).for("worker");
      const stop = flags.supervised ? AbortSignal.any([stopSignal(), inputEnds()]) : stopSignal();
      const repeated = new RepeatedLines(durationMs(config.log.repeat_interval));
      const tell = (event: WorkerEvent) => {
        const line = `${JSON.stringify(lineOf(event))}\n`;
        // `oracle serve` reads what its workers say, and says itself what lasts.
        if (flags.supervised || repeated.isNews(event, line, SYSTEM_CLOCK.steadyMs())) this.process.stdout.write(line);
      };
      await runWork({ config, roles: flags.role, clock: SYSTEM_CLOCK, log, stop, onEvent: tell });
      return { json: { kind: "stopped" }, text: "" };
    });
  },
});

function lineOf(event: WorkerEvent) {
  if (event.kind !== "failed") return event;
  const { kind, work, error } = event;
  return { kind, work, error: error instanceof Error ? error.message : String(error) };
}

/** Aborted when nobody holds the other end of standard input any more. */
function inputEnds(): AbortSignal {
  const ended = new AbortController();
  const read = async () => {
    for await (const _ of Bun.stdin.stream());
    ended.abort();
  };
  void read();
  return ended.signal;
}
