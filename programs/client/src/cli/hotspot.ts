/** `hotspot onboard|info`: bringing a device into the network, and what the network knows of it. */
import { readFileSync } from "node:fs";
import type { PublicKey } from "@solana/web3.js";
import { buildCommand } from "@stricli/core";
import { ClientError } from "../errors.ts";
import { keypairFromSeed } from "../localnet/keypair.ts";
import { hotspotOf } from "../sdk/addresses.ts";
import { type HotspotKind, onboardHotspot, onboardMessage } from "../sdk/onboard.ts";
import type { CliContext } from "./context.ts";
import { integerParser, textParser } from "./parse.ts";
import { addressOf, type ChainFlags, chainFlags, type SpendFlags, spend, spendFlags, withSession } from "./session.ts";
import { fieldLines, plain } from "./show.ts";

interface OnboardFlags extends SpendFlags {
  readonly device: string;
  readonly owner?: string;
  readonly gainDdbi: number;
  readonly elevationM: number;
}

export const hotspotOnboardCommand = buildCommand<OnboardFlags, [], CliContext>({
  docs: {
    brief: "Onboard a light hotspot by its device key",
    fullDescription: "The device signs that it belongs to OWNER. The payer's data credits pay the fee of the network.",
  },
  parameters: {
    flags: {
      ...spendFlags,
      device: { kind: "parsed", parse: textParser, brief: "Ed25519 keypair file of the device" },
      owner: {
        kind: "parsed",
        parse: textParser,
        brief: "Wallet that owns it; the payer's without it",
        optional: true,
      },
      gainDdbi: { kind: "parsed", parse: integerParser(0, 300), brief: "Antenna gain, 0.1 dBi", default: "12" },
      elevationM: { kind: "parsed", parse: integerParser(0, 9000), brief: "Height above ground, m", default: "0" },
    },
  },
  async func(flags) {
    await withSession(this, flags, async (session) => {
      const { programs, network } = session;
      const payer = session.payer().publicKey;
      const owner: PublicKey = flags.owner === undefined ? payer : addressOf(flags.owner, "--owner");
      const device = readDevice(flags.device);
      const kind: HotspotKind = "light";
      const onboarding = { owner, maker: null, kind, nonce: BigInt(Date.now()) };
      const instructions = await onboardHotspot(programs, network, {
        ...onboarding,
        payer,
        issuer: null,
        deviceKey: device.key,
        signature: device.sign(onboardMessage(network, onboarding)),
        gainDdbi: flags.gainDdbi,
        elevationM: flags.elevationM,
      });
      const keyHex = Buffer.from(device.key).toString("hex");
      return spend(session, flags, instructions, `onboarded hotspot ${keyHex} of ${owner.toBase58()}`);
    });
  },
});

export const hotspotInfoCommand = buildCommand<ChainFlags, [string], CliContext>({
  docs: { brief: "Show what the registry holds of a hotspot" },
  parameters: {
    flags: chainFlags,
    positional: {
      kind: "tuple",
      parameters: [
        { parse: textParser, brief: "Device key in hex (33 bytes), or address of its account", placeholder: "KEY" },
      ],
    },
  },
  async func(flags, key) {
    await withSession(this, flags, async ({ programs, network }) => {
      const isKey = /^[0-9a-f]{66}$/i.test(key);
      const address = isKey ? hotspotOf(network.network, Buffer.from(key, "hex")) : addressOf(key, "KEY");
      const stored = await programs.account("registry", "hotspot", address);
      if (stored === null) throw new ClientError("PRG_NOT_FOUND", `no hotspot ${key} in this network`);
      const json = plain({ address, ...stored });
      return { json, text: fieldLines(json) };
    });
  },
});

function readDevice(path: string): { readonly key: Uint8Array; sign(message: Uint8Array): Uint8Array } {
  try {
    const bytes = Uint8Array.from(JSON.parse(readFileSync(path, "utf8")) as number[]);
    if (bytes.length !== 64) throw new RangeError(`${bytes.length} bytes, not 64`);
    const { publicKey, sign } = keypairFromSeed(bytes.slice(0, 32));
    return { key: Uint8Array.from([0xed, ...publicKey]), sign };
  } catch (error) {
    throw new ClientError("PRG_BAD_OPTION", `${path} is no keypair file`, { cause: error });
  }
}
