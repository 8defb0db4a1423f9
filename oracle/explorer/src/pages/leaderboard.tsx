/** Hotspots by what they did: earned, heard, carried, or kept up. */
import type { Leaderboard } from "../api-types.ts";
import { count, tokens } from "../format.ts";
import { CellLink, HotspotLink } from "../parts/links.tsx";
import { Shown } from "../parts/states.tsx";
import { TableHead } from "../parts/table-head.tsx";
import { Wide } from "../parts/wide.tsx";
import { usePlace } from "../router.ts";
import { useEpochAnswer } from "../use-answer.ts";

const RANKINGS = [
  ["earned", "Earned"],
  ["heard", "Heard others"],
  ["carried", "Carried data"],
  ["streak", "Streak"],
] as const;

export function LeaderboardPage() {
  const { query } = usePlace();
  const by = RANKINGS.find(([name]) => name === query.get("by"))?.[0] ?? "earned";
  const answer = useEpochAnswer<Leaderboard>(`/v1/leaderboard?by=${by}&limit=100`);
  return (
    <section class="page">
      <h1>Hotspots</h1>
      <p class="quiet">
        The first hundred of the latest closed epoch. A streak counts epochs in a row in which a hotspot earned. Any
        other hotspot is found by its name or key in the field above.
      </p>
      <nav class="tabs" aria-label="Order by">
        {RANKINGS.map(([name, title]) => (
          <a
            key={name}
            href={name === "earned" ? "/hotspots" : `/hotspots?by=${name}`}
            aria-current={name === by ? "true" : undefined}
          >
            {title}
          </a>
        ))}
      </nav>
      <Shown
        answer={answer}
        what="the leaderboard"
        empty={({ hotspots }) => (hotspots.length === 0 ? "No hotspot has done any of this in the epoch." : null)}
      >
        {({ epoch, hotspots }) => (
          <Wide label="Leaderboard">
            <table>
              <caption>Epoch {epoch}</caption>
              <TableHead
                columns={[
                  { number: "#" },
                  "Hotspot",
                  { number: "Earned, tokens" },
                  { number: "Heard others" },
                  { number: "Was heard" },
                  { number: "Data credits" },
                  { number: "Streak, epochs" },
                  "Cell",
                ]}
              />
              <tbody>
                {hotspots.map(({ rank, key, cell, pay, validReceptions, beaconsHeard, dataCredits, streakEpochs }) => (
                  <tr key={key}>
                    <td class="number">{rank}</td>
                    <th scope="row">
                      <HotspotLink hotspotKey={key} />
                    </th>
                    <td class="number">{tokens(pay.atoms)}</td>
                    <td class="number">{count(validReceptions)}</td>
                    <td class="number">{count(beaconsHeard)}</td>
                    <td class="number">{count(BigInt(dataCredits))}</td>
                    <td class="number">{streakEpochs}</td>
                    <td>
                      <CellLink cell={cell} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Wide>
        )}
      </Shown>
    </section>
  );
}
