/** `oracle serve`: runs the oracle until it is told to stop; and `oracle config`, its configuration. */
import { join } from "node:path";
import { buildCommand, buildRouteMap } from "@stricli/core";
import { printConfig } from "../config/print-config.ts";
import { DEFAULT_CONFIG_PATH, readConfig, readConfigFile } from "../config/read-config.ts";
import type { WrittenConfig } from "../config/schema.ts";
import { durationMs } from "../config/values.ts";
import { answer, type CliContext, type JsonFlag, jsonFlag } from "./context.ts";
import { textParser } from "./parse.ts";

export interface ConfigFlags extends JsonFlag {
  readonly config?: string;
  readonly set?: readonly string[];
}

export const configFlags = {
  config: {
    kind: "parsed",
    parse: textParser,
    brief: `Configuration file; without it ${DEFAULT_CONFIG_PATH}`,
    placeholder: "FILE",
    optional: true,
  },
  set: {
    kind: "parsed",
    parse: textParser,
    brief: "Overrule one key, such as http.listen=127.0.0.1:8081",
    placeholder: "KEY=VALUE",
    variadic: true,
    optional: true,
  },
  json: jsonFlag,
} as const;
export const aliases = { c: "config", s: "set" } as const;

/** This program, for the workers it starts. */
const MAIN = join(import.meta.dirname, "..", "main.ts");

export const serveCommand = buildCommand<ConfigFlags, [], CliContext>({
  docs: {
    brief: "Run the oracle until SIGTERM or Ctrl-C",
    fullDescription:
      "Serves challenges and takes uploads; logs NDJSON to stderr. Without a configuration it uses embedded defaults and the chain of " +
      "`bun run localnet`. Environment ORACLE__TABLE__KEY and --set overrule the file. A wrong configuration ends it with exit code 2.",
  },
  parameters: { flags: configFlags, aliases },
  async func(flags) {
    await answer(this, flags, async () => {
      const config = loadConfig(flags);
      // Fastify, web3.js and the rest load only here: the other commands start faster without them.
      const [{ runService }, { SYSTEM_CLOCK }, { createLog }] = await Promise.all([
        import("../service/run.ts"),
        import("../service/clock.ts"),
        import("../service/log.ts"),
      ]);
      const log = createLog({
        level: config.log.level,
        repeatIntervalMs: durationMs(config.log.repeat_interval),
        steadyMs: () => SYSTEM_CLOCK.steadyMs(),
        write: (line) => this.process.stderr.write(line),
      });
      await runService({
        config,
        clock: SYSTEM_CLOCK,
        log,
        stop: stopSignal(),
        workerCommand: [process.execPath, MAIN, "work", "--supervised", ...configArguments(flags)],
        onListening: ({ url, key }) => {
          this.process.stdout.write(
            flags.json ? `${JSON.stringify({ url, key })}\n` : `oracle ${key}\nanswers at ${url}\n`,
          );
        },
      });
      return { json: { stopped: true }, text: "" };
    });
  },
});

const printCommand = buildCommand<ConfigFlags, [], CliContext>({
  docs: { brief: "Print the configuration in force, every key with its meaning; defaults are comments" },
  parameters: { flags: configFlags, aliases },
  async func(flags) {
    await answer(this, flags, async () => {
      const config = loadConfig(flags);
      return { json: config, text: printConfig(config) };
    });
  },
});

const checkCommand = buildCommand<ConfigFlags, [], CliContext>({
  docs: { brief: "Say what is wrong with the configuration: key, source, nearest name; exit code 2" },
  parameters: { flags: configFlags, aliases },
  async func(flags) {
    await answer(this, flags, async () => {
      loadConfig(flags);
      return { json: { ok: true }, text: "the configuration is right\n" };
    });
  },
});

export const configRoutes = buildRouteMap({
  routes: { print: printCommand, check: checkCommand },
  docs: { brief: "Print or check the configuration of the oracle" },
});

/** The flags that say the same configuration once more. */
function configArguments({ config, set = [] }: ConfigFlags): string[] {
  const file = config === undefined ? [] : ["--config", config];
  return [...file, ...set.flatMap((one) => ["--set", one])];
}

export function loadConfig(flags: ConfigFlags): WrittenConfig {
  const named = flags.config ?? process.env.ORACLE_CONFIG;
  const file = readConfigFile(named ?? DEFAULT_CONFIG_PATH, named !== undefined);
  return readConfig({ file, environment: process.env, flags: flags.set ?? [] });
}

/** Aborted at SIGTERM or SIGINT; a second one ends the process at once. */
export function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => stop.abort());
  return stop.signal;
}
