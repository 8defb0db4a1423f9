/** `hotspot-agent config print` and `config check`: the configuration in force as a commented file, and whether it is right. */
import { existsSync } from "node:fs";
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
      const oracles = config.oracle.urls.length;
      const isThere = existsSync(path);
      const count = (number: number, what: string) => `${number} ${what}${number === 1 ? "" : "s"}`;
      const found = isThere ? `${path}: right` : `${path}: there is no such file, so the defaults hold`;
      const text = `${found}; ${count(servers, "network server")}, ${count(oracles, "oracle")}\n`;
      return { json: { config: isThere ? path : null, servers, oracles }, text };
    });
  },
});

export const configRoutes = buildRouteMap({
  routes: { print: printCommand, check: checkCommand },
  docs: { brief: "Print or check the configuration" },
});
