/** From a price to burnt data credits. */
import type { PublicKey } from "@solana/web3.js";
import { ATOMS } from "../../../src/sdk/network-plan.ts";
import { deviceProof } from "../../../src/sdk/onboard.ts";
import { createAssociatedAccount, TOKEN_2022_PROGRAM_ID } from "../../../src/sdk/token-instructions.ts";
import * as calls from "../../harness/calls.ts";
import { ed25519Device, routerMessage } from "../../harness/device.ts";
import type { Arg } from "../../harness/idl.ts";
import { PYTH_FEED, priceUpdateAccount } from "../../harness/price-update.ts";
import type { TestNetwork } from "../../harness/test-network.ts";
import { HASH, isFirst, none, of, run, type Step, step } from "./step.ts";

const route = (network: TestNetwork) => ed25519Device(network.number);
const router = (network: TestNetwork) => calls.routerOf(network.at.dcConfig, route(network).key);
const pythPrice = (network: TestNetwork) => network.wallet(80);

const priceSource = (source: Arg) => (network: TestNetwork) => [{ ...network.plan.dataCredits, priceSource: source }];

export const DATA_CREDITS: readonly Step[] = [
  step(
    "dataCredits",
    "openEpoch",
    (network) => [network.epoch],
    (network) => ({
      epochRecord: calls.epochRecordOf(network.at.dcConfig, network.epoch),
      payer: of(network, "payer"),
    }),
  ),
  step(
    "dataCredits",
    "setFeed",
    (network) => [network.plan.feed],
    (network) => ({ admin: network.admin }),
  ),
  ...[0, 1].map((index) =>
    step(
      "dataCredits",
      "submitPrice",
      () => [50_000_000n],
      (network) => ({
        epochRecord: calls.epochRecordOf(network.at.dcConfig, network.epoch),
        oracle: network.priceOracles[index] as PublicKey,
      }),
    ),
  ),
  step(
    "dataCredits",
    "mintDataCredits",
    () => [{ exactDataCredits: { dataCredits: 20_000_000n, mostTokens: 1_000n * ATOMS } }],
    (network) => ({
      epochRecord: calls.epochRecordOf(network.at.dcConfig, network.epoch),
      price: calls.priceFeedOf(network.at.dcConfig),
      payer: of(network, "customer"),
      tokenAccount: calls.tokenAccount(network.at, of(network, "customer")),
      recipient: calls.dcAccount(network.at, of(network, "customer")),
    }),
    {
      before: (chain, network) =>
        run(
          chain,
          createAssociatedAccount(
            of(network, "payer"),
            of(network, "customer"),
            network.at.dcMint,
            TOKEN_2022_PROGRAM_ID,
          ),
        ),
    },
  ),
  step(
    "dataCredits",
    "registerRouter",
    (network) => [{ key: route(network).key, oui: 7 }],
    (network) => ({
      router: router(network),
      escrow: calls.escrowOf(router(network)),
      authority: of(network, "customer"),
      payer: of(network, "payer"),
    }),
    {
      first: (network) => {
        const message = routerMessage(network.at, of(network, "customer"), 7);
        return [deviceProof(route(network).key, message, route(network).sign(message))];
      },
    },
  ),
  step(
    "dataCredits",
    "fundRouter",
    () => [1_000_000n],
    (network) => ({
      router: router(network),
      escrow: calls.escrowOf(router(network)),
      from: calls.dcAccount(network.at, of(network, "customer")),
      payer: of(network, "customer"),
    }),
  ),
  step(
    "dataCredits",
    "burnRouter",
    (network) => [{ amount: 10_000n, epoch: network.epoch, nonce: 1n, reportHash: HASH }],
    (network) => ({
      router: router(network),
      escrow: calls.escrowOf(router(network)),
      burnAuthority: network.burnAuthority,
    }),
  ),
  step(
    "dataCredits",
    "burnFee",
    () => [1_000n, { assert: {} }],
    (network) => ({
      from: calls.dcAccount(network.at, of(network, "customer")),
      payer: of(network, "customer"),
    }),
  ),
  step("dataCredits", "setParameters", priceSource({ pyth: { feedId: PYTH_FEED } }), (network) => ({
    admin: network.admin,
  })),
  step(
    "dataCredits",
    "recordPrice",
    none,
    (network) => ({
      epochRecord: calls.epochRecordOf(network.at.dcConfig, network.epoch),
      price: pythPrice(network),
    }),
    {
      before: (chain, network) => {
        // Newer than the median of this second.
        if (isFirst(network)) chain.now += 1n;
        const update = { price: 51_000_000n, confidence: 1_000n, exponent: -8, publishedAt: chain.now };
        chain.set(pythPrice(network), priceUpdateAccount(update));
      },
    },
  ),
  step("dataCredits", "setParameters", priceSource({ feed: {} }), (network) => ({ admin: network.admin })),
  step("dataCredits", "pause", none, (network) => ({ guardian: network.guardian })),
  step("dataCredits", "unpause", none, (network) => ({ admin: network.admin })),
  step(
    "dataCredits",
    "proposeAdmin",
    (network) => [of(network, "nextAdmin")],
    (network) => ({ admin: network.admin }),
  ),
  step("dataCredits", "acceptAdmin", none, (network) => ({ newAdmin: of(network, "nextAdmin") })),
];
