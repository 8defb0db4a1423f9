/** A maker, and the life of a hotspot until it is sold. */
import type { PublicKey } from "@solana/web3.js";
import { deviceProof, onboardMessage } from "../../../src/sdk/onboard.ts";
import { createAssociatedAccount, TOKEN_2022_PROGRAM_ID } from "../../../src/sdk/token-instructions.ts";
import * as calls from "../../harness/calls.ts";
import { ed25519Device } from "../../harness/device.ts";
import type { TestNetwork } from "../../harness/test-network.ts";
import { HASH, none, of, type Role, run, type Step, step } from "./step.ts";

const device = (network: TestNetwork) => ed25519Device(1_000 + network.number);
const hotspot = (network: TestNetwork) => calls.hotspotOf(network.at.network, device(network).key);
const maker = (network: TestNetwork) => calls.makerOf(network.at.network, "Acme");
/** An H3 cell of resolution 8. */
const CELL = 0x08828308281fffffn;

const onboarding = (network: TestNetwork) =>
  ({ owner: of(network, "owner"), maker: maker(network), kind: "full", nonce: 3n }) as const;
const holding = (name: Role) => (network: TestNetwork) => ({
  hotspot: hotspot(network),
  owner: of(network, name),
  nftAccount: calls.hotspotAccount(hotspot(network), of(network, name)),
});

export const REGISTRY: readonly Step[] = [
  step(
    "registry",
    "updateNetwork",
    (network) => [network.plan.settings],
    (network) => ({ admin: network.admin }),
  ),
  step(
    "registry",
    "setParameters",
    (network) => [HASH, network.epoch + 1_000n],
    (network) => ({ admin: network.admin }),
  ),
  step(
    "registry",
    "registerMaker",
    (network) => [{ name: "Acme", issuer: of(network, "issuer") }],
    (network) => ({
      maker: maker(network),
      stakeVault: calls.makerStakeOf(maker(network)),
      admin: of(network, "maker"),
      payer: of(network, "payer"),
    }),
  ),
  step(
    "registry",
    "approveMaker",
    none,
    (network) => ({
      maker: maker(network),
      stakeVault: calls.makerStakeOf(maker(network)),
      admin: network.admin,
    }),
    {
      before: (chain, network) => {
        const from = of(network, "customer");
        const stake = calls.makerStakeOf(maker(network));
        run(chain, calls.transferTokens(calls.tokenAccount(network.at, from), stake, from, 5_000n));
      },
    },
  ),
  step(
    "registry",
    "updateMaker",
    (network) => [of(network, "issuer"), of(network, "nextMaker")],
    (network) => ({ maker: maker(network), admin: of(network, "maker") }),
  ),
  step("registry", "acceptMakerAdmin", none, (network) => ({
    maker: maker(network),
    newAdmin: of(network, "nextMaker"),
  })),
  step(
    "registry",
    "onboard",
    (network) => [
      {
        deviceKey: device(network).key,
        kind: { full: {} },
        nonce: 3n,
        antenna: { gainDdbi: 12, elevationM: 5 },
      },
    ],
    (network) => ({
      hotspot: hotspot(network),
      nftMint: calls.hotspotMintOf(hotspot(network)),
      nftAccount: calls.hotspotAccount(hotspot(network), of(network, "owner")),
      owner: of(network, "owner"),
      maker: maker(network),
      issuer: of(network, "issuer"),
      payer: of(network, "customer"),
      feeAccount: calls.dcAccount(network.at, of(network, "customer")),
    }),
    {
      first: (network) => {
        const message = onboardMessage(network.at, onboarding(network));
        return [deviceProof(device(network).key, message, device(network).sign(message))];
      },
    },
  ),
  step(
    "registry",
    "assertLocation",
    () => [{ cellPublic: CELL, commitment: HASH, opening: null, region: 5, nonce: 1 }],
    (network) => ({
      ...holding("owner")(network),
      payer: of(network, "customer"),
      feeAccount: calls.dcAccount(network.at, of(network, "customer")),
    }),
  ),
  step("registry", "setAntenna", () => [{ gainDdbi: 20, elevationM: 30 }], holding("owner")),
  step(
    "registry",
    "setBeneficiary",
    (network) => [
      {
        shares: [
          { wallet: of(network, "owner"), bps: 4_000 },
          { wallet: of(network, "buyer"), bps: 6_000 },
        ],
      },
    ],
    holding("owner"),
  ),
  step(
    "registry",
    "setSuspended",
    () => [true],
    (network) => ({ hotspot: hotspot(network), authority: network.denylistAuthority }),
  ),
  step(
    "registry",
    "syncOwner",
    none,
    (network) => ({
      hotspot: hotspot(network),
      nftAccount: calls.hotspotAccount(hotspot(network), of(network, "buyer")),
    }),
    {
      before: (chain, network) => {
        const [from, to] = [of(network, "owner"), of(network, "buyer")];
        const mint = calls.hotspotMintOf(hotspot(network));
        const accountOf = (holder: PublicKey) => calls.hotspotAccount(hotspot(network), holder);
        run(
          chain,
          createAssociatedAccount(of(network, "payer"), to, mint, TOKEN_2022_PROGRAM_ID),
          calls.transferChecked(accountOf(from), mint, accountOf(to), from, 1n, 0),
        );
      },
    },
  ),
  step("registry", "revokeMaker", none, (network) => ({ maker: maker(network), admin: of(network, "nextMaker") })),
  step("registry", "withdrawStake", none, (network) => ({
    maker: maker(network),
    stakeVault: calls.makerStakeOf(maker(network)),
    to: calls.tokenAccount(network.at, of(network, "customer")),
    admin: of(network, "nextMaker"),
  })),
  step(
    "registry",
    "proposeAdmin",
    (network) => [of(network, "nextAdmin")],
    (network) => ({ admin: network.admin }),
  ),
  step("registry", "acceptAdmin", none, (network) => ({ newAdmin: of(network, "nextAdmin") })),
];
