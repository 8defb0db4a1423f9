/** Contested packets by route: what hotspots of several owners say they delivered and the payer did not confirm. */
import type { Contests } from "../api-types.ts";
import { count } from "../format.ts";
import { useHas } from "../parts-of-api.ts";
import { useAnswer } from "../use-answer.ts";
import { Shown } from "./states.tsx";
import { TableHead } from "./table-head.tsx";
import { Wide } from "./wide.tsx";

const NONE_JUDGED = "No epoch with packets is judged yet on this oracle: bills may come until the epoch after.";

/** Bills may meet their receipts one epoch later, so the latest epoch judged is the one before. */
export function ContestedRoutes({ epochs }: { readonly epochs: readonly number[] }) {
  const judged = epochs.at(-2);
  const has = useHas("contests");
  const answer = useAnswer<Contests>(judged === undefined || has !== true ? null : `/v1/contests/${judged}`);
  return (
    <>
      <h2>Contested packets</h2>
      {has === false || judged === undefined ? (
        <p class="note empty">{NONE_JUDGED}</p>
      ) : (
        <Shown
          answer={answer}
          what="contested packets"
          empty={({ routes }) => (routes.length === 0 ? NONE_JUDGED : null)}
        >
          {({ epoch, limitUnits, routes }) => (
            <Wide label="Contested packets">
              <table>
                <caption>
                  Epoch {epoch}; above {(limitUnits / 100).toFixed(1)} % a route is suspended until it pays or refutes
                </caption>
                <TableHead
                  columns={[
                    "Route",
                    { number: "Receipts" },
                    { number: "Paid" },
                    { number: "Unanswered" },
                    { number: "Contested" },
                    { number: "Refuted" },
                    { number: "Ratio" },
                  ]}
                />
                <tbody>
                  {routes.map((route) => (
                    <tr key={route.routeId}>
                      <th scope="row">{route.routeId}</th>
                      <td class="number">{count(route.receipts)}</td>
                      <td class="number">{count(route.paid)}</td>
                      <td class="number">{count(route.unanswered)}</td>
                      <td class="number">{count(route.contested)}</td>
                      <td class="number">{count(route.refuted)}</td>
                      <td class="number">
                        {(route.contestedUnits / 100).toFixed(2)} %
                        {route.contestedUnits > limitUnits && <span class="tag bad">over the limit</span>}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Wide>
          )}
        </Shown>
      )}
    </>
  );
}
