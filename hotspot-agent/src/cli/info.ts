/** `hotspot-agent info`: who this hotspot is. From the running agent where one runs, else from the key file. */
import { buildCommand } from "@stricli/core";
import { animalName } from "../animal-name.ts";
import type { AgentConfig } from "../config/agent-config.ts";
import { openKeyring } from "../keyring.ts";
import { fetchStatus } from "../local-page/client.ts";
import { keyFolder } from "../state-folders.ts";
import { answer, type CliContext, type CommonFlags, commonAliases, commonFlags, loadConfig } from "./context.ts";
import { becomeOwner } from "./state-owner.ts";

interface Identity {
  readonly gatewayEui: string | null;
  readonly key: string;
  readonly name: string;
  readonly gatewayId: string;
}

export const infoCommand = buildCommand<CommonFlags, [], CliContext>({
  docs: {
    brief: "Say who this hotspot is: name, key, gateway id",
    fullDescription:
      "Makes the key where there is none yet. Each further gateway behind one agent is a hotspot of its own.",
  },
  parameters: { flags: commonFlags, aliases: commonAliases },
  async func(flags) {
    await answer(this, flags, async () => {
      const { config } = loadConfig(this, flags);
      const hotspots = await identities(config);
      const [{ key, name, gatewayId }] = hotspots as [Identity];
      const text = hotspots.map(
        (one) =>
          `${one.name}\n  key         ${one.key}\n  gateway id  ${one.gatewayId}\n  forwarder   ${one.gatewayEui ?? "none heard yet"}\n`,
      );
      return { json: { key, name, gatewayId, hotspots }, text: text.join("") };
    });
  },
});

async function identities({ page, hotspot }: AgentConfig): Promise<readonly Identity[]> {
  const status = page.enabled ? await fetchStatus(page.listen) : undefined;
  if (status !== undefined && status.gateways.length > 0) {
    return status.gateways.map(({ gatewayEui, key, name, gatewayId }) => ({ gatewayEui, key, name, gatewayId }));
  }
  if (status !== undefined) return [{ gatewayEui: null, ...status.primary }];
  becomeOwner(hotspot.stateDir);
  const { primary, primaryEui } = openKeyring(keyFolder(hotspot.stateDir));
  const { keyText, gatewayId } = primary;
  return [{ gatewayEui: primaryEui, key: keyText, name: animalName(keyText), gatewayId }];
}
