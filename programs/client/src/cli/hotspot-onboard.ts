/** `hotspot onboard`: bringing a device into the network. */
import type { PublicKey } from "@solana/web3.js";
import { buildCommand } from "@stricli/core";
import { ClientError } from "../errors.ts";
import { makerOf } from "../sdk/addresses.ts";
import { type Onboarding, onboardHotspot, onboardMessage } from "../sdk/onboard.ts";
import type { CliContext } from "./context.ts";
import { addressOf, readKeypair, readTaggedSigner, type TaggedSigner, taggedKeyOf } from "./keys.ts";
import { integerParser, textParser, wholeParser } from "./parse.ts";
import { type CommandAnswer, type Session, type SpendFlags, spend, spendFlags, withSession } from "./session.ts";

interface OnboardFlags extends SpendFlags {
  readonly device?: string;
  readonly deviceKey?: string;
  readonly signature?: string;
  readonly nonce?: bigint;
  readonly owner?: string;
  readonly maker?: string;
  readonly issuer?: string;
  readonly gainDdbi: number;
  readonly elevationM: number;
}

const optionalText = (brief: string) => ({ kind: "parsed", parse: textParser, brief, optional: true }) as const;

export const hotspotOnboardCommand = buildCommand<OnboardFlags, [], CliContext>({
  docs: {
    brief: "Onboard a hotspot by its device key",
    fullDescription:
      "The device signs that it belongs to OWNER. Its key file may be a Solana keypair or the hotspot.key of a hotspot-agent. Where the key " +
      "cannot leave the device, give --device-key and --nonce: the message to sign is printed; come back with --signature. The payer's data " +
      "credits pay the fee. With --maker and --issuer it is a full hotspot, which takes part in proof of coverage; without, a light one.",
  },
  parameters: {
    flags: {
      ...spendFlags,
      device: optionalText("Key file of the device"),
      deviceKey: optionalText("Key of a device that signs elsewhere"),
      signature: optionalText("Its signature, 128 hex digits"),
      nonce: { kind: "parsed", parse: wholeParser, brief: "Number in the signed message", optional: true },
      owner: optionalText("Wallet that owns it; the payer's without it"),
      maker: optionalText("Name of the maker, for a full hotspot"),
      issuer: optionalText("Keypair file of the maker's issuer"),
      gainDdbi: { kind: "parsed", parse: integerParser(-100, 300), brief: "Antenna gain, 0.1 dBi", default: "12" },
      elevationM: {
        kind: "parsed",
        parse: integerParser(-1000, 9000),
        brief: "Height above ground, m",
        default: "0",
      },
    },
  },
  async func(flags) {
    await withSession(this, flags, async (session) => {
      const payer = session.payer().publicKey;
      const owner: PublicKey = flags.owner === undefined ? payer : addressOf(flags.owner, "--owner");
      const issuer = flags.issuer === undefined ? null : readKeypair(flags.issuer);
      if ((flags.maker === undefined) !== (issuer === null))
        throw new ClientError("PRG_BAD_OPTION", "--maker and --issuer go together");
      const maker = flags.maker === undefined ? null : await makerNamed(session, flags.maker);
      // Any number will do; it makes two messages of one device differ.
      const nonce = flags.nonce ?? BigInt(Date.now());
      const onboarding: Onboarding = { owner, maker, kind: maker === null ? "light" : "full", nonce };
      const message = onboardMessage(session.network, onboarding);
      const signed = signatureOf(flags, message);
      if (signed === null) return toSign(message, nonce);
      const instructions = await onboardHotspot(session.programs, session.network, {
        ...onboarding,
        payer,
        issuer: issuer?.publicKey ?? null,
        ...signed,
        gainDdbi: flags.gainDdbi,
        elevationM: flags.elevationM,
      });
      const keyHex = Buffer.from(signed.deviceKey).toString("hex");
      return spend(
        session,
        flags,
        [instructions],
        `onboarded hotspot ${keyHex} of ${owner.toBase58()}`,
        issuer === null ? [] : [issuer],
      );
    });
  },
});

/** The account of a maker that is registered. Throws PRG_NOT_FOUND. */
async function makerNamed({ programs, network }: Session, name: string): Promise<PublicKey> {
  const address = makerOf(network.network, name);
  if ((await programs.account("registry", "maker", address)) === null)
    throw new ClientError("PRG_NOT_FOUND", `no maker named "${name}" in this network`);
  return address;
}

/** The device's key and signature; null where it has yet to sign. Throws PRG_BAD_OPTION. */
function signatureOf(
  { device, deviceKey, signature, nonce }: OnboardFlags,
  message: Uint8Array,
): { readonly deviceKey: Uint8Array; readonly signature: Uint8Array } | null {
  if ((device === undefined) === (deviceKey === undefined))
    throw new ClientError("PRG_BAD_OPTION", "give the device as --device FILE, or as --device-key KEY");
  if (device !== undefined) {
    const signer: TaggedSigner = readTaggedSigner(device, "--device");
    return { deviceKey: signer.publicKey, signature: signer.sign(message) };
  }
  const key = taggedKeyOf(deviceKey!);
  if (key === null) throw new ClientError("PRG_BAD_OPTION", `--device-key is no device key: ${deviceKey}`);
  if (signature === undefined) return null;
  if (nonce === undefined) throw new ClientError("PRG_BAD_OPTION", "--signature needs the --nonce that was signed");
  if (!/^[0-9a-f]{128}$/i.test(signature)) throw new ClientError("PRG_BAD_OPTION", "--signature has 128 hex digits");
  return { deviceKey: key, signature: new Uint8Array(Buffer.from(signature, "hex")) };
}

function toSign(message: Uint8Array, nonce: bigint): CommandAnswer {
  const hex = Buffer.from(message).toString("hex");
  return {
    json: { messageToSign: hex, nonce: nonce.toString() },
    text: `the device signs these bytes; then call again with --nonce ${nonce} --signature HEX\n${hex}\n`,
  };
}
