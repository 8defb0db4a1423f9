/** Keys for programs that read the organisation's figures. */
import { useState } from "preact/hooks";
import { clock } from "../../format.ts";
import { TableHead } from "../table-head.tsx";
import { Wide } from "../wide.tsx";
import { ShownOnce } from "./shown-once.tsx";
import type { Change, Organisation } from "./use-organisation.ts";

const DEFAULT_DAYS = 90;
const MOST_DAYS = 366;

export function ApiKeys({
  organisation: { apiKeys, role, limits },
  change,
  isBusy,
}: {
  readonly organisation: Organisation;
  readonly change: Change;
  readonly isBusy: boolean;
}) {
  const [name, setName] = useState("");
  const [days, setDays] = useState(DEFAULT_DAYS);
  const [made, setMade] = useState<{ readonly name: string; readonly key: string }>();
  const mayChange = role !== "viewer";
  return (
    <section aria-labelledby="api-keys">
      <h3 id="api-keys">API keys</h3>
      <p class="quiet">
        A program that sends <code>Authorization: Bearer KEY</code> reads usage, invoices and this page's figures, and
        changes nothing.
      </p>
      {made !== undefined && (
        <ShownOnce what={`API key ${made.name}.`} secret={made.key} onKept={() => setMade(undefined)} />
      )}
      {apiKeys.length > 0 && (
        <Wide label="API keys">
          <table>
            <TableHead columns={["Name", "Id", "Good until", ...(mayChange ? ["Change"] : [])]} />
            <tbody>
              {apiKeys.map(({ id, name, expiresMs }) => (
                <tr key={id}>
                  <th scope="row">{name}</th>
                  <td class="code">{id}</td>
                  <td>{clock(expiresMs)}</td>
                  {mayChange && (
                    <td>
                      <button
                        type="button"
                        class="second"
                        disabled={isBusy}
                        onClick={() => void change("DELETE", `/api-keys/${id}`)}
                      >
                        Revoke <span class="visually-hidden">key {name}</span>
                      </button>
                    </td>
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        </Wide>
      )}
      {mayChange && apiKeys.length < limits.apiKeys && (
        <details>
          <summary>Make an API key</summary>
          <form
            onSubmit={async (event) => {
              event.preventDefault();
              const answer = await change<{ readonly key: string }>("POST", "/api-keys", { name, days });
              if (answer === undefined) return;
              setMade({ name, key: answer.key });
              setName("");
            }}
          >
            <label class="field">
              What it is for
              <input required maxLength={64} value={name} onInput={(event) => setName(event.currentTarget.value)} />
            </label>
            <label class="field">
              Days it is good
              <input
                type="number"
                required
                min={1}
                max={MOST_DAYS}
                value={days}
                onInput={(event) => setDays(event.currentTarget.valueAsNumber)}
              />
            </label>
            <button type="submit" disabled={isBusy}>
              Make the key
            </button>
          </form>
        </details>
      )}
    </section>
  );
}
