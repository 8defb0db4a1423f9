/** Prices, conversions, route accounts and burns: what customers, price oracles and the metering oracle do, and what others try. */
import fc from "fast-check";
import { ATOMS } from "../../src/sdk/network-plan.ts";
import { TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID } from "../../src/sdk/token-instructions.ts";
import * as acts from "../harness/acts.ts";
import * as calls from "../harness/calls.ts";
import { below, kind, one, U64_MAX, wallet } from "./command-kind.ts";
import type { ConversionModel } from "./data-credits-model.ts";
import { ROUTERS } from "./world.ts";

export const openEpoch = kind("openEpoch", 4, fc.constantFrom(-1n, 0n, 0n, 0n, 1n, 2n), (model, offset) => {
  const { at, payer } = model.world.stage;
  const epoch = model.epoch + offset;
  return one(model.dataCredits.openEpoch(epoch, model.epoch), acts.openEpoch(at, payer, epoch));
});

export const submitPrice = kind(
  "submitPrice",
  8,
  fc.record({
    oracle: below(4),
    price: fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(50_000_000n, 50_500_000n, 51_000_000n, 49_000_000n, 58_000_000n) },
      { weight: 1, arbitrary: fc.constantFrom(0n, 1n, 10n ** 15n, 10n ** 15n + 1n, U64_MAX) },
    ),
    offset: fc.constantFrom(0n, 0n, 0n, 0n, -1n, 1n),
  }),
  (model, { oracle, price, offset }) => {
    const { stage, stranger } = model.world;
    const epoch = model.epoch + offset;
    const expected = model.dataCredits.submitPrice(oracle, price, epoch, model.epoch, model.now);
    return one(expected, acts.submitPrice(stage.at, stage.network.priceOracles[oracle] ?? stranger, epoch, price));
  },
);

const conversion: fc.Arbitrary<ConversionModel> = fc.oneof(
  fc.record({
    exactTokens: fc.record({
      tokens: fc.constantFrom(0n, 1n, 1_999n, 33n * ATOMS + 7n, 400n * ATOMS, 2_000_000n * ATOMS, U64_MAX),
      leastDataCredits: fc.constantFrom(0n, 0n, 0n, 10_000_000n, U64_MAX),
    }),
  }),
  fc.record({
    exactDataCredits: fc.record({
      dataCredits: fc.constantFrom(0n, 1n, 99_999n, 5_000_000n, 60_000_000n, 60_000_001n, U64_MAX),
      mostTokens: fc.constantFrom(U64_MAX, U64_MAX, U64_MAX, 100n * ATOMS, 0n),
    }),
  }),
);

export const mintDataCredits = kind(
  "mintDataCredits",
  8,
  fc.record({ wallet, conversion, offset: fc.constantFrom(0n, 0n, 0n, 0n, -1n) }),
  (model, { wallet, conversion, offset }) => {
    const { stage, wallets } = model.world;
    const epoch = model.epoch + offset;
    const expected = model.dataCredits.mint(wallet, conversion, epoch, model.epoch, model.now);
    return one(expected, acts.mintDataCredits(stage.at, wallets[wallet]!, epoch, conversion));
  },
);

export const registerRouter = kind("registerRouter", 2, below(ROUTERS), (model, router) => {
  const { stage, wallets, routes } = model.world;
  const expected = model.dataCredits.registerRouter(router);
  return one(expected, ...acts.registerRouter(stage.at, wallets[router]!, routes[router]!));
});

const amount = fc.constantFrom(0n, 1n, 777n, 100_000n, 3_000_000n, U64_MAX);

export const fundRouter = kind(
  "fundRouter",
  4,
  fc.record({ wallet, router: below(ROUTERS), amount }),
  (model, parameters) => {
    const { stage, wallets, routes } = model.world;
    const { wallet, router, amount } = parameters;
    const expected = model.dataCredits.fund(wallet, router, amount);
    return one(expected, acts.fundRouter(stage.at, wallets[wallet]!, routes[router]!.key, amount));
  },
);

export const burnRouter = kind(
  "burnRouter",
  5,
  fc.record({
    router: below(ROUTERS),
    amount,
    offset: fc.constantFrom(0n, 0n, 0n, -1n, 1n),
    ahead: fc.constantFrom(1n, 1n, 1n, 1n, 0n, 2n),
    isAuthority: fc.constantFrom(true, true, true, true, false),
  }),
  (model, { router, amount, offset, ahead, isAuthority }) => {
    const { stage, routes, stranger } = model.world;
    const nonce = (model.dataCredits.routers.get(router)?.nonce ?? 0n) + ahead;
    const burn = { amount, epoch: model.epoch + offset, nonce };
    const expected = model.dataCredits.burn(router, burn, isAuthority, model.epoch);
    const by = isAuthority ? stage.network.burnAuthority : stranger;
    return one(expected, acts.burnRouter(stage.at, by, routes[router]!.key, burn));
  },
);

/** Somebody burns what is theirs, past the programs: it counts for nothing. */
export const burnOwn = kind(
  "burnOwn",
  1,
  fc.record({ wallet, isToken: fc.boolean() }),
  (model, { wallet, isToken }) => {
    const { stage, wallets } = model.world;
    const owner = wallets[wallet]!;
    const held = isToken ? model.money.tokens : model.money.dataCredits;
    const burnt = held[wallet]! < 5n ? held[wallet]! : 5n;
    held[wallet]! -= burnt;
    if (isToken) model.money.tokenSupply -= burnt;
    else model.money.dcSupply -= burnt;
    model.burntOutside[isToken ? "tokens" : "dataCredits"] += burnt;
    const { tokenMint, dcMint } = stage.at;
    return one(
      null,
      isToken
        ? calls.burnTokens(calls.tokenAccount(stage.at, owner), tokenMint, owner, burnt, TOKEN_PROGRAM_ID)
        : calls.burnTokens(calls.dcAccount(stage.at, owner), dcMint, owner, burnt, TOKEN_2022_PROGRAM_ID),
    );
  },
);

/** A day of trade: the record is opened and two oracles agree on a price near the last one. */
export const trade = kind("trade", 6, fc.constantFrom(-1n, 0n, 1n), function* (model, drift) {
  const { at, payer, network } = model.world.stage;
  const { epoch } = model;
  yield one(model.dataCredits.openEpoch(epoch, epoch), acts.openEpoch(at, payer, epoch));
  const last = model.dataCredits.priceE8;
  const price = last === 0n ? 50_000_000n : last + (drift * last) / 100n;
  for (const oracle of [0, 1]) {
    const expected = model.dataCredits.submitPrice(oracle, price, epoch, epoch, model.now);
    yield one(expected, acts.submitPrice(at, network.priceOracles[oracle]!, epoch, price));
  }
});
