/** How packets got through, by route; and how much of an epoch a hotspot was there. */
import type { DeliveryPage, UptimeAnswer } from "../api-types.ts";
import { clock, count, percent } from "../format.ts";
import { useAnswer } from "../use-answer.ts";
import { Figure } from "./figure.tsx";
import { Shown } from "./states.tsx";
import { TableHead } from "./table-head.tsx";
import { Wide } from "./wide.tsx";

const MOST_ROUTES = 100;

/** Of one hotspot, or of all. */
export function Deliveries({ hotspotKey }: { readonly hotspotKey?: string }) {
  const path = hotspotKey === undefined ? "/v1/deliveries" : `/v1/hotspots/${hotspotKey}/deliveries`;
  const answer = useAnswer<DeliveryPage>(`${path}?limit=${MOST_ROUTES}`);
  return (
    <Shown
      answer={answer}
      what="the deliveries"
      empty={({ deliveries }) => (deliveries.length === 0 ? "No packet was carried in the epoch." : null)}
    >
      {({ epoch, until, isSettled, deliveries }) => (
        <>
          <Wide label="Deliveries">
            <table>
              <caption>Deliveries of epoch {epoch}</caption>
              <TableHead
                columns={[
                  "Route",
                  { number: "Copies delivered" },
                  { number: "Confirmed" },
                  { number: "Of all" },
                  { number: "Median time" },
                  { number: "95 of 100 within" },
                ]}
              />
              <tbody>
                {deliveries.map(({ routeId, copies, confirmed, latencyMs }) => (
                  <tr key={routeId}>
                    <th scope="row">{routeId ?? "all"}</th>
                    <td class="number">{count(copies)}</td>
                    <td class="number">{count(confirmed)}</td>
                    <td class="number">{percent(confirmed, copies)}</td>
                    <td class="number">{latencyMs === null ? "–" : seconds(latencyMs.median)}</td>
                    <td class="number">{latencyMs === null ? "–" : seconds(latencyMs.p95)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Wide>
          <p class="quiet">
            A copy is confirmed when the customer's meter reported it. The time runs from the reception by the hotspot's
            clock until that report was in a log.
            {!isSettled && ` Confirmations up to epoch ${until} are counted; more may come.`}
          </p>
        </>
      )}
    </Shown>
  );
}

export function UptimeShown({ hotspotKey }: { readonly hotspotKey: string }) {
  const answer = useAnswer<UptimeAnswer>(`/v1/hotspots/${hotspotKey}/uptime`);
  return (
    <Shown answer={answer} what="the uptime">
      {({ uptime }) => (
        <dl class="figures">
          <Figure name="uptime by challenges">
            {uptime.uptimeE4 === null ? "none asked" : percent(uptime.answered, uptime.challenged)}
          </Figure>
          <Figure name="challenges answered">
            {uptime.answered} of {uptime.challenged}
          </Figure>
          <Figure name="parts of the epoch with a report">
            {uptime.activeSpans} of {uptime.spans}
          </Figure>
          <Figure name="last report">{clock(uptime.lastReport)}</Figure>
        </dl>
      )}
    </Shown>
  );
}

function seconds(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
}
