/** `hotspot-agent config print` and `config check`: the configuration in force as a commented file, and whether it is right. */
import { buildCommand, buildRouteMap } from "@stricli/core";
import { printConfig } from "../config/print-config.ts";
import {
  answer,
  type CliContext,
  type CommonFlags,
  commonAliases,
  commonFlags,
  configPath,
  loadConfig,
} from "./context.ts";

const printCommand = buildCommand<CommonFlags, [], CliContext>({
  docs: {
    brief: "Print the configuration in force, every key with its meaning",
    fullDescription: "File, environment (AGENT__SECTION__KEY) and --set put together. Defaults are comments.",
  },
  parameters: { flags: commonFlags, aliases: commonAliases },
  async func(flags) {
    await answer(this, flags, () => {
      const { written } = loadConfig(this, flags);
      return { json: written, text: printConfig(written) };
    });
  },
});

const checkCommand = buildCommand<CommonFlags, [], CliContext>({
  docs: { brief: "Say what is wrong with the configuration: key, line, nearest name; exit code 2" },
  parameters: { flags: commonFlags, aliases: commonAliases },
  async func(flags) {
    await answer(this, flags, () => {
      const { config } = loadConfig(this, flags);
      const { path } = configPath(this, flags);
      const servers = config.servers.length;
      const text = `${path}: right; ${servers} network server${servers === 1 ? "" : "s"}, ${config.oracle.urls.length} oracles\n`;
      return { json: { config: path, servers, oracles: config.oracle.urls.length }, text };
    });
  },
});

export const configRoutes = buildRouteMap({
  routes: { print: printCommand, check: checkCommand },
  docs: { brief: "Print or check the configuration" },
});
