/** What is left in a route's account, and a warning below a limit that the customer sets; the browser remembers the limit. */
import { useState } from "preact/hooks";
import { count } from "../format.ts";
import { useHas } from "../parts-of-api.ts";
import { useAnswer } from "../use-answer.ts";
import { Figure } from "./figure.tsx";
import { Shown } from "./states.tsx";

interface RouterAccount {
  /** False for a key that no wallet has opened an account for. */
  readonly isOpen: boolean;
  readonly balanceCredits: string;
  readonly fundedCredits: string;
  readonly burntCredits: string;
}

const DEFAULT_LIMIT = 10_000;

export function Balance({ title, routeKey }: { readonly title: string; readonly routeKey: string }) {
  const has = useHas("chain");
  const answer = useAnswer<RouterAccount>(has === true ? `/v1/chain/routers/${routeKey}` : null);
  const name = `earshot-low-balance-${routeKey}`;
  const [limit, setLimit] = useState(() => storedLimit(name));
  if (has !== true) return null;
  return (
    <section aria-label={`Balance of route ${title}`}>
      <h3>Balance of route {title}</h3>
      <Shown answer={answer} what="the balance">
        {({ isOpen, balanceCredits, fundedCredits, burntCredits }) => (
          <>
            {!isOpen && (
              <p class="note failed" role="alert">
                No account is open for this route's key, so nothing pays its packets: <code>earshot dc register</code>{" "}
                opens it.
              </p>
            )}
            {isOpen && BigInt(balanceCredits) < BigInt(limit) && (
              <p class="note failed" role="alert">
                Only {count(BigInt(balanceCredits))} data credits are left, below your limit of {count(limit)}: top up,
                or agents will stop carrying the route's packets once it is empty.
              </p>
            )}
            <dl class="figures">
              <Figure name="left">{count(BigInt(balanceCredits))}</Figure>
              <Figure name="funded in all">{count(BigInt(fundedCredits))}</Figure>
              <Figure name="burnt in all">{count(BigInt(burntCredits))}</Figure>
            </dl>
          </>
        )}
      </Shown>
      <label class="field">
        Warn below, data credits
        <input
          type="number"
          min={0}
          value={limit}
          onInput={(event) => {
            const value = Math.max(0, Math.floor(event.currentTarget.valueAsNumber || 0));
            setLimit(value);
            storeLimit(name, value);
          }}
        />
      </label>
    </section>
  );
}

function storedLimit(name: string): number {
  try {
    const stored = Number(localStorage.getItem(name) ?? DEFAULT_LIMIT);
    return Number.isSafeInteger(stored) ? stored : DEFAULT_LIMIT;
  } catch {
    return DEFAULT_LIMIT;
  }
}

function storeLimit(name: string, limit: number): void {
  try {
    localStorage.setItem(name, String(limit));
  } catch {
    // Without storage the limit lasts as long as the page.
  }
}
