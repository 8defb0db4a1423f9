/** Where a hotspot is wanted, and whether a place has coverage today. */
import { useState } from "preact/hooks";
import type { Coverage, GapPage } from "../api-types.ts";
import { clock, count, factor, tenths, tokens } from "../format.ts";
import { CellLink } from "../parts/links.tsx";
import { type Point, PointForm } from "../parts/point-form.tsx";
import { Shown } from "../parts/states.tsx";
import { TableHead } from "../parts/table-head.tsx";
import { Wide } from "../parts/wide.tsx";
import { useEpochAnswer } from "../use-answer.ts";

export function GapsPage() {
  const answer = useEpochAnswer<GapPage>("/v1/gaps?limit=100");
  return (
    <section class="page">
      <h1>Coverage gaps</h1>
      <p>
        Hexagons that devices send from and where no hotspot proves coverage, the greatest unmet demand first: the data
        credits carried in and around the hexagon over the window of the rules, for each hotspot that would share them.
      </p>
      <CoverageAtPoint />
      <h2>Where a hotspot is wanted</h2>
      <Shown
        answer={answer}
        what="the gaps"
        empty={({ gaps }) =>
          gaps.length === 0
            ? "Every hexagon that devices send from has a hotspot that proves coverage, or none near enough to hear one."
            : null
        }
      >
        {({ epoch, gaps }) => (
          <>
            <p class="quiet">
              The estimate is what a hotspot there would have earned for coverage in epoch {epoch} if it had beaconed
              and heard like the median around it: units × scale × weight, plus what the median hears. It is no promise.
            </p>
            <Wide label="Gaps">
              <table>
                <caption>Gaps of epoch {epoch}</caption>
                <TableHead
                  columns={[
                    { number: "#" },
                    "Cell",
                    { number: "Unmet, data credits" },
                    { number: "Demand, data credits" },
                    { number: "Proving around" },
                    { number: "Units" },
                    { number: "Scale" },
                    { number: "Weight" },
                    { number: "Estimate, tokens" },
                  ]}
                />
                <tbody>
                  {gaps.map(({ rank, cell, demandCredits, provingAround, unmetCredits, estimate }) => (
                    <tr key={rank}>
                      <td class="number">{rank}</td>
                      <th scope="row">
                        <CellLink cell={cell} />
                      </th>
                      <td class="number">{count(Math.round(unmetCredits))}</td>
                      <td class="number">{count(Math.round(demandCredits))}</td>
                      <td class="number">{provingAround}</td>
                      <td class="number">{factor(estimate.unitsE4)}</td>
                      <td class="number">{factor(estimate.scaleE4)}</td>
                      <td class="number">{factor(estimate.weightE4)}</td>
                      <td class="number">{tokens(estimate.atoms)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Wide>
          </>
        )}
      </Shown>
    </section>
  );
}

/** "Is there coverage at …": evidence of the cell of a point and the six around it. */
export function CoverageAtPoint() {
  const [point, setPoint] = useState<Point | null>(null);
  const answer = useEpochAnswer<Coverage>(
    point === null ? null : `/v1/coverage?lat=${point.latDeg}&lng=${point.lngDeg}`,
  );
  return (
    <section aria-labelledby="coverage-at">
      <h2 id="coverage-at">Is there coverage at …</h2>
      <PointForm button="Look" onPoint={setPoint} />
      {point !== null && (
        <Shown answer={answer} what="the coverage">
          {({ cell, isCovered, evidence }) => (
            <div aria-live="polite">
              <p class={isCovered ? "why good" : "why bad"}>
                <strong>{isCovered ? "Yes." : "No evidence of it."}</strong> Cell <CellLink cell={cell} />
                {isCovered
                  ? ": a beacon from it or from beside it was heard by another hotspot."
                  : ": no beacon from it or from beside it was heard by another hotspot in the epoch."}
              </p>
              {evidence.length > 0 && (
                <Wide label="Evidence">
                  <table>
                    <caption>Evidence</caption>
                    <TableHead
                      columns={[
                        "Cell",
                        "Where",
                        { number: "Proving hotspots" },
                        { number: "Valid receptions" },
                        { number: "Lost beyond free space" },
                        "Last beacon",
                      ]}
                    />
                    <tbody>
                      {evidence.map((one) => (
                        <tr key={one.cell}>
                          <th scope="row">
                            <CellLink cell={one.cell} />
                          </th>
                          <td>{one.distanceCells === 0 ? "here" : "beside"}</td>
                          <td class="number">
                            {one.activeHotspots} of {one.hotspots}
                          </td>
                          <td class="number">{count(one.witnessesValid)}</td>
                          <td class="number">
                            {one.medianExcessLossDdb === null ? "–" : tenths(one.medianExcessLossDdb, "dB")}
                          </td>
                          <td>{clock(one.lastBeacon)}</td>
                        </tr>
                      ))}
                    </tbody>
                  </table>
                </Wide>
              )}
            </div>
          )}
        </Shown>
      )}
    </section>
  );
}
