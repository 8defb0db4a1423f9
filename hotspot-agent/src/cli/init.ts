/**
 * `hotspot-agent init`: writes the configuration of a new hotspot and makes its key. Asks where a person is there, and takes
 * everything by flags where none is. Never writes over a file unless told to.
 */
import { chmodSync, existsSync, mkdirSync, realpathSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { buildCommand } from "@stricli/core";
import { animalName } from "../animal-name.ts";
import { flagOverride } from "../config/layers.ts";
import { printConfig } from "../config/print-config.ts";
import { type ReadConfig, readConfig } from "../config/read-config.ts";
import { agentError } from "../errors.ts";
import { openKeyring } from "../keyring.ts";
import { keyFolder } from "../state-folders.ts";
import {
  answer,
  type CliContext,
  type CommonFlags,
  commonAliases,
  commonFlags,
  configPath,
  textParser,
} from "./context.ts";
import { InitSettings } from "./init-settings.ts";
import { giveToOwner } from "./state-owner.ts";

interface InitFlags extends CommonFlags {
  readonly region?: string;
  readonly server?: string;
  readonly topicPrefix?: string;
  readonly username?: string;
  readonly passwordFile?: string;
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly stateDir?: string;
  readonly yes: boolean;
  readonly force: boolean;
}

const optionalText = (brief: string, placeholder: string) =>
  ({ kind: "parsed", parse: textParser, brief, placeholder, optional: true }) as const;

export const initCommand = buildCommand<InitFlags, [], CliContext>({
  docs: {
    brief: "Set up this hotspot: write the configuration, make the key, say its name",
    fullDescription: "Asks for what no flag says. With --yes, or without a terminal, it asks nothing.",
  },
  parameters: {
    flags: {
      ...commonFlags,
      region: optionalText("Region of the radio, such as EU868", "REGION"),
      server: optionalText("ChirpStack's MQTT broker, such as mqtts://ns.example.org:8883", "URL"),
      topicPrefix: optionalText("Topic prefix at that broker; without it the region in lower case", "PREFIX"),
      username: optionalText("User name at that broker", "NAME"),
      passwordFile: optionalText("File with the password", "FILE"),
      caFile: optionalText("Certificate of the broker's authority, PEM", "FILE"),
      certFile: optionalText("Client certificate, PEM", "FILE"),
      keyFile: optionalText("Key of the client certificate, PEM", "FILE"),
      stateDir: optionalText("Folder for key and spool", "DIR"),
      yes: { kind: "boolean", brief: "Ask nothing", default: false, withNegated: false },
      force: { kind: "boolean", brief: "Write over an existing configuration", default: false, withNegated: false },
    },
    aliases: { ...commonAliases, y: "yes" },
  },
  async func(flags) {
    await answer(this, flags, () => {
      const { path } = configPath(this, flags);
      if (existsSync(path) && !flags.force) {
        throw agentError("AGT_BAD_OPTION", `${path} exists already; edit it, or write over it with --force`);
      }
      const made = configurationOf(this, flags);
      const { stateDir } = made.config.hotspot;
      // The key first: with a configuration and no key this would not be run again.
      const { primary } = openKeyring(keyFolder(stateDir));
      giveToOwner(stateDir, keyFolder(stateDir));
      writeConfiguration(path, printConfig(made.written));
      const name = animalName(primary.keyText);
      return {
        json: { config: path, key: primary.keyText, name, gatewayId: primary.gatewayId },
        text: initText(path, name, primary, made),
      };
    });
  },
});

/** Flags and answers as a checked configuration. */
function configurationOf(context: CliContext, flags: InitFlags): ReadConfig {
  const ask = flags.yes ? undefined : context.ask;
  const settings = new InitSettings(ask, (line) => context.process.stderr.write(`${line}\n`));
  // The service runs in another folder than the person who types a relative path.
  const whole = (path: string | undefined) => (path ? resolve(path) : undefined);
  const region = settings.take(
    "hotspot.region",
    flags.region,
    "Region of the radio, such as EU868 or US915 (empty: no beacons)",
  );
  settings.set("hotspot.state_dir", whole(flags.stateDir));
  const server = settings.take(
    "server.0.url",
    flags.server,
    "ChirpStack's MQTT broker, such as mqtts://ns.example.org:8883 (empty: none yet)",
  );
  if (server !== "") {
    settings.set("server.0.name", "main");
    const usual = region.toLowerCase();
    const question = `Topic prefix at the broker (empty: ${JSON.stringify(usual)})`;
    settings.take("server.0.topic_prefix", flags.topicPrefix, question, usual);
    const username = settings.take("server.0.username", flags.username, "User name at the broker (empty: none)");
    const passwordFile = flags.passwordFile ?? (username === "" ? undefined : ask?.("File with the password")?.trim());
    settings.set("server.0.password_file", whole(passwordFile));
    settings.set("server.0.ca_file", whole(flags.caFile));
    settings.set("server.0.cert_file", whole(flags.certFile));
    settings.set("server.0.key_file", whole(flags.keyFile));
  }
  const wrong = (flags.set ?? []).find((one) => flagOverride(one) === undefined);
  if (wrong !== undefined) throw agentError("AGT_BAD_OPTION", `--set ${wrong}: expected KEY=VALUE`);
  return readConfig({ file: undefined, environment: {}, flags: [...settings.lines, ...(flags.set ?? [])] });
}

/** Whole or not at all: one that is there stays until the other is on the disk. */
function writeConfiguration(path: string, text: string): void {
  // What a link names is written over, not the link.
  const target = existsSync(path) ? realpathSync(path) : path;
  const draft = `${target}.new`;
  try {
    mkdirSync(dirname(target), { recursive: true, mode: 0o755 });
    writeFileSync(draft, text, { mode: 0o644, flush: true });
    chmodSync(draft, 0o644);
    renameSync(draft, target);
  } catch (cause) {
    rmSync(draft, { force: true });
    throw agentError("AGT_BAD_OPTION", `${path}: cannot be written; run as root or name another with -c`, { cause });
  }
}

function initText(
  path: string,
  name: string,
  primary: { keyText: string; gatewayId: string },
  { config }: ReadConfig,
): string {
  const { host, port } = config.forwarder.listen;
  return `This hotspot is ${name}.
  key            ${primary.keyText}
  gateway id     ${primary.gatewayId}
  configuration  ${path}

Keep a copy of ${keyFolder(config.hotspot.stateDir)}: whoever has the key is the hotspot.
Next:
  1. In ChirpStack add a gateway with the id ${primary.gatewayId}.
  2. In the packet forwarder's global_conf.json set server_address to ${host},
     serv_port_up and serv_port_down to ${port}, and restart it.
  3. systemctl restart hotspot-agent, or: hotspot-agent server -c ${path}
  4. hotspot-agent doctor -c ${path}
`;
}
