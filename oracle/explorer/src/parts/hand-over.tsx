/** Who is paid, and who owns: the commands that change either, with what is wrong said before they run. */
import { useState } from "preact/hooks";
import type { Hotspot } from "../api-types.ts";
import { isWalletText } from "../wallet/base58.ts";
import { Command } from "./command.tsx";

const MOST_WALLETS = 6;
const WHOLE_E4 = 10_000;

interface Share {
  readonly wallet: string;
  /** As typed. */
  readonly percent: string;
}

export function Beneficiary({ hotspot }: { readonly hotspot: Hotspot }) {
  const [shares, setShares] = useState<readonly Share[]>(() => sharesOf(hotspot));
  const change = (at: number, part: Partial<Share>) =>
    setShares(shares.map((share, index) => (index === at ? { ...share, ...part } : share)));
  const fault = shareFault(shares);
  const words = shares.map(({ wallet, percent }) =>
    shares.length === 1 ? wallet : `${wallet}:${Math.round(Number(percent) * 100)}`,
  );
  return (
    <details>
      <summary>Set who is paid</summary>
      <p>One wallet, or up to six that share. It holds from the next epoch on.</p>
      {shares.map((share, at) => (
        <div class="row" key={at}>
          <label class="field">
            Wallet {at + 1}
            <input
              size={46}
              value={share.wallet}
              spellcheck={false}
              onInput={(event) => change(at, { wallet: event.currentTarget.value.trim() })}
            />
          </label>
          {shares.length > 1 && (
            <>
              <label class="field">
                Percent
                <input
                  size={6}
                  inputMode="decimal"
                  value={share.percent}
                  onInput={(event) => change(at, { percent: event.currentTarget.value })}
                />
              </label>
              <button
                type="button"
                class="second field"
                onClick={() => setShares(shares.filter((_, index) => index !== at))}
              >
                Remove <span class="visually-hidden">wallet {at + 1}</span>
              </button>
            </>
          )}
        </div>
      ))}
      {shares.length < MOST_WALLETS && (
        <button type="button" class="second" onClick={() => setShares([...shares, { wallet: "", percent: "0" }])}>
          Add a wallet
        </button>
      )}
      {fault === undefined ? (
        <Command words={["hotspot", "beneficiary", hotspot.key, ...words]} />
      ) : (
        <p class="note" role="status">
          {fault}
        </p>
      )}
    </details>
  );
}

function sharesOf({ beneficiary, split }: Hotspot): Share[] {
  if (beneficiary !== null) return [{ wallet: beneficiary, percent: "100" }];
  return split.map(({ wallet, shareE4 }) => ({ wallet, percent: String(shareE4 / 100) }));
}

function shareFault(shares: readonly Share[]): string | undefined {
  const wrong = shares.findIndex(({ wallet }) => !isWalletText(wallet));
  if (wrong >= 0) return `Wallet ${wrong + 1} is no wallet yet: expected the base58 text of 32 bytes.`;
  if (shares.length === 1) return undefined;
  if (new Set(shares.map(({ wallet }) => wallet)).size < shares.length) return "A wallet stands twice.";
  const units = shares.map(({ percent }) => Number(percent) * 100);
  if (units.some((unit) => !(unit > 0) || Math.abs(unit - Math.round(unit)) > 1e-6))
    return "Each share is above 0 and has at most two digits after the point.";
  const sum = units.reduce((total, unit) => total + Math.round(unit), 0);
  return sum === WHOLE_E4 ? undefined : `The shares sum to ${sum / 100} % and not to 100 %.`;
}

export function Transfer({ hotspot }: { readonly hotspot: Hotspot }) {
  const [wallet, setWallet] = useState("");
  const fault =
    wallet === ""
      ? "Write the new owner's wallet."
      : isWalletText(wallet)
        ? undefined
        : "That is no wallet: expected the base58 text of 32 bytes.";
  return (
    <details>
      <summary>Transfer the hotspot</summary>
      <p>
        Rewards of the epochs up to this one stay with whom they were for; from the next one on they are the new
        owner's, whoever was paid before. It cannot be taken back.
      </p>
      <label class="field">
        New owner's wallet
        <input
          size={46}
          value={wallet}
          spellcheck={false}
          onInput={(event) => setWallet(event.currentTarget.value.trim())}
        />
      </label>
      {fault === undefined ? (
        <Command words={["hotspot", "transfer", hotspot.key, wallet]} />
      ) : (
        <p class="note" role="status">
          {fault}
        </p>
      )}
    </details>
  );
}
