/** Methods that read accounts. */
import type { Commitment, LocalChain } from "../local-chain.ts";
import { readMint } from "../token-account.ts";
import { accountView, filtersOf, viewOptionsOf } from "./account-view.ts";
import type { MethodTable } from "./method.ts";
import { addressOf, flagOf, inContext, readAt } from "./params.ts";
import { invalidParams } from "./rpc-error.ts";

/** Addresses in one getMultipleAccounts. */
const MAX_ACCOUNTS = 100;
/** Solana's limit on an account's data: 10 MiB. */
const MAX_ACCOUNT_BYTES = 10 * 1024 * 1024;

export const accountMethods: MethodTable = {
  getAccountInfo({ chain }, params) {
    const address = params.address(0);
    const config = params.config(1);
    const { commitment, slot } = readAt(chain, config);
    const image = chain.account(address, commitment);
    const options = viewOptionsOf(config);
    return inContext(slot, image === null ? null : accountView(image, options, decimalsAt(chain, commitment)));
  },

  getMultipleAccounts({ chain }, params) {
    const addresses = params.list(0, MAX_ACCOUNTS).map(addressOf);
    const config = params.config(1);
    const { commitment, slot } = readAt(chain, config);
    const options = viewOptionsOf(config);
    const images = addresses.map((address) => chain.account(address, commitment));
    return inContext(
      slot,
      images.map((image) => (image === null ? null : accountView(image, options, decimalsAt(chain, commitment)))),
    );
  },

  getProgramAccounts({ chain }, params) {
    const program = params.address(0);
    const config = params.config(1);
    const { commitment, slot } = readAt(chain, config);
    const options = viewOptionsOf(config);
    const filters = filtersOf(config.filters);
    const value = [...chain.programAccounts(program, commitment)]
      .filter(([, image]) => filters.every((passes) => passes(image)))
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([pubkey, image]) => ({ pubkey, account: accountView(image, options, decimalsAt(chain, commitment)) }));
    return flagOf(config.withContext, "withContext") ? inContext(slot, value) : value;
  },

  getBalance({ chain }, params) {
    const address = params.address(0);
    const { commitment, slot } = readAt(chain, params.config(1));
    return inContext(slot, chain.account(address, commitment)?.lamports ?? 0);
  },

  getMinimumBalanceForRentExemption({ chain }, params) {
    const bytes = params.whole(0);
    if (bytes > MAX_ACCOUNT_BYTES) throw invalidParams(`Invalid params: more than ${MAX_ACCOUNT_BYTES} bytes.`);
    return chain.rentExemption(bytes);
  },
};

/** Reads the decimals of a mint at a commitment. */
export function decimalsAt(chain: LocalChain, commitment: Commitment): (mint: string) => number | null {
  return (mint) => readMint(chain.account(mint, commitment))?.decimals ?? null;
}
