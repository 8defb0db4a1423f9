/** Methods that read token accounts and mints of SPL Token and Token-2022. */
import type { Commitment, LocalChain } from "../local-chain.ts";
import {
  isTokenProgram,
  readMint,
  readTokenAccount,
  TOKEN_2022_PROGRAM,
  TOKEN_PROGRAM,
  type TokenAccount,
  uiTokenAmount,
} from "../token-account.ts";
import { decimalsAt } from "./account-methods.ts";
import { accountView, viewOptionsOf } from "./account-view.ts";
import type { Method, MethodTable } from "./method.ts";
import { addressOf, inContext, type JsonObject, readAt } from "./params.ts";
import { invalidParams } from "./rpc-error.ts";

/** Accounts in one getTokenLargestAccounts. */
const LARGEST = 20;

export const tokenMethods: MethodTable = {
  getTokenAccountsByOwner: accountsBy((account, owner) => account.owner === owner),
  getTokenAccountsByDelegate: accountsBy((account, delegate) => account.delegate === delegate),

  getTokenAccountBalance({ chain }, params) {
    const address = params.address(0);
    const { commitment, slot } = readAt(chain, params.config(1));
    const account = readTokenAccount(chain.account(address, commitment));
    const decimals = account === null ? null : decimalsAt(chain, commitment)(account.mint);
    if (account === null || decimals === null) throw invalidParams("Invalid param: could not find account");
    return inContext(slot, uiTokenAmount(account.amount, decimals));
  },

  getTokenSupply({ chain }, params) {
    const address = params.address(0);
    const { commitment, slot } = readAt(chain, params.config(1));
    const mint = readMint(chain.account(address, commitment));
    if (mint === null) throw invalidParams("Invalid param: could not find mint");
    return inContext(slot, uiTokenAmount(mint.supply, mint.decimals));
  },

  getTokenLargestAccounts({ chain }, params) {
    const mint = params.address(0);
    const { commitment, slot } = readAt(chain, params.config(1));
    const decimals = decimalsAt(chain, commitment)(mint);
    if (decimals === null) throw invalidParams("Invalid param: could not find mint");
    const largest = tokenAccounts(chain, commitment, [TOKEN_PROGRAM, TOKEN_2022_PROGRAM])
      .filter(({ account }) => account.mint === mint)
      .sort((left, right) => (left.account.amount > right.account.amount ? -1 : 1))
      .slice(0, LARGEST);
    return inContext(
      slot,
      largest.map(({ address, account }) => ({ address, ...uiTokenAmount(account.amount, decimals) })),
    );
  },
};

function accountsBy(belongs: (account: TokenAccount, wallet: string) => boolean): Method {
  return ({ chain }, params) => {
    const wallet = params.address(0);
    const config = params.config(2);
    const { commitment, slot } = readAt(chain, config);
    const { mint, programs } = selectionOf(chain, commitment, params.config(1));
    const options = viewOptionsOf(config);
    const found = tokenAccounts(chain, commitment, programs)
      .filter(({ account }) => belongs(account, wallet) && (mint === null || account.mint === mint))
      .sort((left, right) => (left.address < right.address ? -1 : 1));
    return inContext(
      slot,
      found.map(({ address, image }) => ({
        pubkey: address,
        account: accountView(image, options, decimalsAt(chain, commitment)),
      })),
    );
  };
}

function selectionOf(
  chain: LocalChain,
  commitment: Commitment,
  filter: JsonObject,
): { readonly mint: string | null; readonly programs: readonly string[] } {
  if (filter.mint !== undefined) {
    const mint = addressOf(filter.mint);
    const image = chain.account(mint, commitment);
    if (image === null || readMint(image) === null) throw invalidParams("Invalid param: could not find mint");
    return { mint, programs: [image.owner] };
  }
  const program = addressOf(filter.programId);
  if (!isTokenProgram(program)) throw invalidParams("Invalid param: unrecognized Token program id");
  return { mint: null, programs: [program] };
}

function tokenAccounts(chain: LocalChain, commitment: Commitment, programs: readonly string[]) {
  return programs.flatMap((program) =>
    [...chain.programAccounts(program, commitment)].flatMap(([address, image]) => {
      const account = readTokenAccount(image);
      return account === null ? [] : [{ address, image, account }];
    }),
  );
}
