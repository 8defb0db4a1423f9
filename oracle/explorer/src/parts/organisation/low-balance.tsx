/** Where a low balance is told when nobody looks at this page. */
import { useState } from "preact/hooks";
import { clock, count } from "../../format.ts";
import { TableHead } from "../table-head.tsx";
import { Wide } from "../wide.tsx";
import { ShownOnce } from "./shown-once.tsx";
import type { Change, Organisation } from "./use-organisation.ts";

const DEFAULT_BELOW = 10_000;

export function LowBalance({
  organisation: { webhook, role },
  change,
  isBusy,
}: {
  readonly organisation: Organisation;
  readonly change: Change;
  readonly isBusy: boolean;
}) {
  const [url, setUrl] = useState(webhook?.url ?? "");
  const [below, setBelow] = useState(Number(webhook?.belowDataCredits ?? DEFAULT_BELOW));
  const [secret, setSecret] = useState<string>();
  return (
    <section aria-labelledby="low-balance">
      <h3 id="low-balance">Low balance</h3>
      {webhook === null ? (
        <p class="note empty">A low balance is told nowhere but on this page while it is open.</p>
      ) : (
        <p>
          Told to <span class="code">{webhook.url}</span> when the accounts of the wallet hold fewer than{" "}
          {count(BigInt(webhook.belowDataCredits))} data credits together.
        </p>
      )}
      {secret !== undefined && (
        <ShownOnce
          what="Secret of the webhook: messages are signed with it (earshot-signature)."
          secret={secret}
          onKept={() => setSecret(undefined)}
        />
      )}
      {webhook !== null && webhook.alerts.length > 0 && (
        <Wide label="Warnings">
          <table>
            <TableHead columns={["When", { number: "Data credits left" }, "Message", "Last problem"]} />
            <tbody>
              {webhook.alerts.map(({ id, foundMs, balanceDataCredits, state, problem }) => (
                <tr key={id}>
                  <th scope="row">{clock(foundMs)}</th>
                  <td class="number">{count(BigInt(balanceDataCredits))}</td>
                  <td>{state}</td>
                  <td>{problem}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Wide>
      )}
      {role !== "viewer" && (
        <details>
          <summary>{webhook === null ? "Set a webhook" : "Change the webhook"}</summary>
          <form
            onSubmit={async (event) => {
              event.preventDefault();
              const body = { url, belowDataCredits: String(below) };
              const answer = await change<{ readonly secret: string }>("PUT", "/webhook", body);
              if (answer !== undefined) setSecret(answer.secret);
            }}
          >
            <label class="field">
              Address
              <input
                type="url"
                required
                placeholder="https://"
                value={url}
                onInput={(event) => setUrl(event.currentTarget.value)}
              />
            </label>
            <label class="field">
              Tell below, data credits
              <input
                type="number"
                required
                min={0}
                value={below}
                onInput={(event) => setBelow(event.currentTarget.valueAsNumber)}
              />
            </label>
            <p class="row">
              <button type="submit" disabled={isBusy}>
                Set the webhook
              </button>
              {webhook !== null && (
                <button
                  type="button"
                  class="second"
                  disabled={isBusy}
                  onClick={() => void change("DELETE", "/webhook")}
                >
                  Take it away
                </button>
              )}
            </p>
          </form>
        </details>
      )}
    </section>
  );
}
