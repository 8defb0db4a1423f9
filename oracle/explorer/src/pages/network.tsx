/** The network over epochs: what was issued, burnt and proven, the roots and who voted for them. */
import type { EpochSummary, History } from "../api-types.ts";
import { Chart } from "../charts/chart.tsx";
import { count, percent, reasonText, tokens, tokensNumber } from "../format.ts";
import { ContestedRoutes } from "../parts/contested.tsx";
import { Deliveries } from "../parts/deliveries.tsx";
import { Figure } from "../parts/figure.tsx";
import { Code } from "../parts/links.tsx";
import { OnChain } from "../parts/on-chain.tsx";
import { NO_EPOCH_YET, Shown } from "../parts/states.tsx";
import { TableHead } from "../parts/table-head.tsx";
import { Wide } from "../parts/wide.tsx";
import { useAnswer } from "../use-answer.ts";

export function NetworkPage() {
  const answer = useAnswer<History>("/v1/history?limit=92");
  return (
    <section class="page">
      <h1>Network</h1>
      <Shown answer={answer} what="the network" empty={({ epochs }) => (epochs.length === 0 ? NO_EPOCH_YET : null)}>
        {({ epochs }) => (
          <>
            <Latest epoch={epochs.at(-1)!} />
            <Charts epochs={epochs} />
            <OnChain epoch={epochs.at(-1)!.epoch} />
            <h2>Deliveries</h2>
            <Deliveries />
            <ContestedRoutes epochs={epochs.map(({ epoch }) => epoch)} />
            <Epochs epochs={epochs} />
            <Reasons epoch={epochs.at(-1)!} />
          </>
        )}
      </Shown>
    </section>
  );
}

function Latest({ epoch }: { readonly epoch: EpochSummary }) {
  return (
    <>
      <h2>Epoch {epoch.epoch}</h2>
      <dl class="figures">
        <Figure name="hotspots proving">
          {count(epoch.activeHotspots)} of {count(epoch.hotspots)}
        </Figure>
        <Figure name="beacons valid">{percent(epoch.beaconsValid, epoch.beacons)}</Figure>
        <Figure name="receptions valid">{percent(epoch.witnessesValid, epoch.witnesses)}</Figure>
        <Figure name="issued, tokens">{tokens(epoch.budgetAtoms)}</Figure>
        <Figure name="for coverage, tokens">{tokens(epoch.coverageAtoms)}</Figure>
        <Figure name="for data, tokens">{tokens(epoch.dataAtoms)}</Figure>
        <Figure name="data credits burnt">{count(BigInt(epoch.dataCredits))}</Figure>
        <Figure name="price of a token, USD">{(epoch.tokenPriceUsdE8 / 1e8).toFixed(4)}</Figure>
      </dl>
      <p class="quiet">
        Rules {epoch.rules}, parameters <Code text={epoch.parameterHash} />, root <Code text={epoch.root.hash} /> over{" "}
        {epoch.root.leafCount} wallets that are owed {tokens(epoch.root.totalAtoms)} tokens in all. Recompute it:{" "}
        <code>oracle audit --help</code>.
      </p>
    </>
  );
}

function Charts({ epochs }: { readonly epochs: readonly EpochSummary[] }) {
  const numbers = epochs.map(({ epoch }) => epoch);
  const series = (label: string, value: (epoch: EpochSummary) => number) => ({ label, values: epochs.map(value) });
  const ratio = (part: number, total: number) => (total === 0 ? 0 : (100 * part) / total);
  return (
    <div class="split">
      <Chart
        title="Emission"
        unit="tokens an epoch"
        epochs={numbers}
        series={[
          series("coverage", ({ coverageAtoms }) => tokensNumber(coverageAtoms)),
          series("data", ({ dataAtoms }) => tokensNumber(dataAtoms)),
          series("treasury", ({ treasuryAtoms }) => tokensNumber(treasuryAtoms)),
        ]}
      />
      <Chart
        title="Burn"
        unit="data credits an epoch"
        epochs={numbers}
        series={[series("burnt", ({ dataCredits }) => Number(dataCredits))]}
      />
      <Chart
        title="Hotspots"
        unit="count"
        epochs={numbers}
        series={[
          series("registered", ({ hotspots }) => hotspots),
          series("proving", ({ activeHotspots }) => activeHotspots),
        ]}
      />
      <Chart
        title="Verdicts"
        unit="% valid"
        epochs={numbers}
        format={(value) => `${value.toFixed(1)} %`}
        series={[
          series("beacons", ({ beacons, beaconsValid }) => ratio(beaconsValid, beacons)),
          series("receptions", ({ witnesses, witnessesValid }) => ratio(witnessesValid, witnesses)),
        ]}
      />
    </div>
  );
}

function Epochs({ epochs }: { readonly epochs: readonly EpochSummary[] }) {
  return (
    <>
      <h2>Epochs and roots</h2>
      <Wide label="Epochs">
        <table>
          <TableHead
            columns={[
              "Epoch",
              "Root",
              "Manifest before",
              { number: "Wallets" },
              { number: "Uploads" },
              { number: "Refused" },
              { number: "Issued, tokens" },
              { number: "To nobody, tokens" },
            ]}
          />
          <tbody>
            {[...epochs].reverse().map((epoch) => (
              <tr key={epoch.epoch}>
                <th scope="row">
                  <a href={`/v1/epochs/${epoch.epoch}`}>{epoch.epoch}</a>
                </th>
                <td>
                  <Code text={epoch.root.hash} />
                </td>
                <td>
                  <Code text={epoch.previousManifestHash} />
                </td>
                <td class="number">{count(epoch.root.leafCount)}</td>
                <td class="number">{count(epoch.uploads)}</td>
                <td class="number">{count(epoch.uploadsRefused)}</td>
                <td class="number">{tokens(epoch.budgetAtoms)}</td>
                <td class="number">{tokens(epoch.treasuryAtoms)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Wide>
    </>
  );
}

function Reasons({ epoch }: { readonly epoch: EpochSummary }) {
  const table = (title: string, reasons: Readonly<Record<string, number>>) => {
    const total = Object.values(reasons).reduce((sum, one) => sum + one, 0);
    return (
      <table>
        <caption>{title}</caption>
        <tbody>
          {Object.entries(reasons)
            .sort(([, a], [, b]) => b - a)
            .map(([reason, reports]) => (
              <tr key={reason}>
                <th scope="row">{reasonText(reason)}</th>
                <td class="number">{count(reports)}</td>
                <td class="number">{percent(reports, total)}</td>
              </tr>
            ))}
        </tbody>
      </table>
    );
  };
  return (
    <>
      <h2>Verdicts of epoch {epoch.epoch}</h2>
      <div class="split">
        {table("Beacons", epoch.beaconReasons)}
        {table("Receptions", epoch.witnessReasons)}
      </div>
    </>
  );
}
