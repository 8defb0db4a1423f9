/** One hotspot: who it is, what it did in the epoch, why it earned or not, and every epoch's pay with the proof of it. */
import type { BeaconPage, Explanation, Hotspot, Pay, Proof, Reception, Statement, WholeHotspot } from "../api-types.ts";
import { Chart } from "../charts/chart.tsx";
import { animalName, clock, count, factor, reasonText, shares, tenths, tokens, tokensNumber } from "../format.ts";
import { Deliveries, UptimeShown } from "../parts/deliveries.tsx";
import { Figure } from "../parts/figure.tsx";
import { CellLink, Code, HotspotLink } from "../parts/links.tsx";
import { ProofShown } from "../parts/proof.tsx";
import { Shown } from "../parts/states.tsx";
import { TableHead } from "../parts/table-head.tsx";
import { Why } from "../parts/why.tsx";
import { Wide } from "../parts/wide.tsx";
import { usePlace } from "../router.ts";
import { useAnswer, useEpochAnswer } from "../use-answer.ts";

const TABS = [
  ["why", "Why it earned"],
  ["beacons", "Beacons"],
  ["witnesses", "Who heard it"],
  ["receptions", "Whom it heard"],
  ["packets", "Uptime and packets"],
  ["rewards", "Rewards"],
] as const;
const PAGE = 100;

export function HotspotPage({ hotspotKey }: { readonly hotspotKey: string }) {
  const { query } = usePlace();
  const tab = TABS.find(([name]) => name === query.get("tab"))?.[0] ?? "why";
  const answer = useEpochAnswer<WholeHotspot>(`/v1/hotspots/${hotspotKey}`);
  return (
    <section class="page">
      <h1>{animalName(hotspotKey)}</h1>
      <p>
        <Code text={hotspotKey} />
      </p>
      <Shown answer={answer} what="the hotspot">
        {(whole) => (
          <>
            <About whole={whole} />
            <nav class="tabs" aria-label="About the hotspot">
              {TABS.map(([name, title]) => (
                <a
                  key={name}
                  href={name === "why" ? `/hotspot/${hotspotKey}` : `/hotspot/${hotspotKey}?tab=${name}`}
                  aria-current={name === tab ? "true" : undefined}
                >
                  {title}
                </a>
              ))}
            </nav>
            {tab === "why" && <Explained hotspotKey={hotspotKey} />}
            {tab === "beacons" && <Beacons hotspotKey={hotspotKey} />}
            {tab === "witnesses" && <Receptions hotspotKey={hotspotKey} way="witnesses" />}
            {tab === "receptions" && <Receptions hotspotKey={hotspotKey} way="receptions" />}
            {tab === "packets" && (
              <>
                <UptimeShown hotspotKey={hotspotKey} />
                <Deliveries hotspotKey={hotspotKey} />
              </>
            )}
            {tab === "rewards" && <Rewards hotspotKey={hotspotKey} wallets={walletsOf(whole.hotspot)} />}
          </>
        )}
      </Shown>
    </section>
  );
}

function About({ whole: { epoch, hotspot, lastBeacon, lastWitness } }: { readonly whole: WholeHotspot }) {
  return (
    <>
      <p>
        {hotspot.isSuspended && <span class="tag bad">suspended</span>}
        {!hotspot.provesCoverage && <span class="tag">data only</span>}
        {hotspot.isLocationOpen ? <span class="tag">open location</span> : <span class="tag">private location</span>}
      </p>
      <dl class="figures">
        <Figure name={`earned in epoch ${epoch}, tokens`}>{tokens(hotspot.pay.atoms, 8)}</Figure>
        <Figure name="cell">
          <CellLink cell={hotspot.cell} />
        </Figure>
        <Figure name="region, antenna">
          {hotspot.region}, {tenths(hotspot.gainDdbi, "dBi")}, {hotspot.elevationM} m
        </Figure>
        <Figure name="last beacon">{clock(lastBeacon)}</Figure>
        <Figure name="last heard another">{clock(lastWitness)}</Figure>
        <Figure name="scale × weight">
          {factor(hotspot.scaleE4)} × {factor(hotspot.weightE4)}
        </Figure>
        <Figure name="data credits carried">{count(BigInt(hotspot.dataCredits))}</Figure>
        <div>
          <dt>gateway id</dt>
          <dd class="code">{hotspot.gatewayId}</dd>
        </div>
        <Figure name="owner">
          <Code text={hotspot.owner} />
        </Figure>
        <Figure name="paid to">
          {walletsOf(hotspot).map((wallet, at) => (
            <div key={wallet}>
              <Code text={wallet} />
              {hotspot.split[at] !== undefined && ` ${(hotspot.split[at].shareE4 / 100).toFixed(2)} %`}
            </div>
          ))}
        </Figure>
        <Figure name="first epoch">{hotspot.firstEpoch}</Figure>
      </dl>
    </>
  );
}

function Explained({ hotspotKey }: { readonly hotspotKey: string }) {
  const answer = useAnswer<Explanation>(`/v1/hotspots/${hotspotKey}/explanation`);
  return (
    <Shown answer={answer} what="the explanation">
      {(explanation) => <Why explanation={explanation} />}
    </Shown>
  );
}

function Beacons({ hotspotKey }: { readonly hotspotKey: string }) {
  const answer = useAnswer<BeaconPage>(`/v1/hotspots/${hotspotKey}/beacons?limit=${PAGE}`);
  return (
    <Shown
      answer={answer}
      what="the beacons"
      empty={({ beacons }) =>
        beacons.length === 0
          ? "It reported no beacon in the epoch: see what it was asked for under “Why it earned”."
          : null
      }
    >
      {({ beacons }) => (
        <Wide label="Beacons">
          <table>
            <TableHead
              columns={[
                "Transmitted",
                { number: "MHz" },
                { number: "Power" },
                { number: "Heard by" },
                { number: "Valid" },
                { number: "Paid" },
                "Verdict",
                { number: "Share" },
              ]}
            />
            <tbody>
              {beacons.map((beacon) => (
                <tr key={beacon.logIndex}>
                  <td>{beacon.transmitted === null ? "answers no challenge" : clock(beacon.transmitted)}</td>
                  <td class="number">{(beacon.frequencyHz / 1e6).toFixed(2)}</td>
                  <td class="number">{tenths(beacon.txPowerDdbm, "dBm")}</td>
                  <td class="number">{beacon.witnesses.reports}</td>
                  <td class="number">{beacon.witnesses.valid}</td>
                  <td class="number">{beacon.witnesses.selected}</td>
                  <td>{reasonText(beacon.verdict.reason)}</td>
                  <td class="number">{shares(beacon.shareE12)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Wide>
      )}
    </Shown>
  );
}

function Receptions({ hotspotKey, way }: { readonly hotspotKey: string; readonly way: "witnesses" | "receptions" }) {
  const answer = useAnswer<Record<string, readonly Reception[]> & { readonly next: number | null }>(
    `/v1/hotspots/${hotspotKey}/${way}?limit=${PAGE}`,
  );
  const nothing =
    way === "witnesses" ? "Nobody reported to have heard its beacons." : "It reported no beacon of another hotspot.";
  return (
    <Shown answer={answer} what="the receptions" empty={(value) => ((value[way]?.length ?? 0) === 0 ? nothing : null)}>
      {(value) => (
        <Wide label="Receptions">
          <table>
            <caption>
              All that were reported, chosen for pay or not{value.next === null ? "" : `; the first ${PAGE}`}
            </caption>
            <TableHead
              columns={[
                "Received",
                way === "witnesses" ? "Heard by" : "Sent by",
                { number: "RSSI" },
                { number: "SNR" },
                "Verdict",
                "Paid",
              ]}
            />
            <tbody>
              {value[way]!.map((reception) => {
                const other = way === "witnesses" ? reception.witness : reception.beaconer;
                return (
                  <tr key={reception.logIndex}>
                    <td>{clock(reception.received)}</td>
                    <th scope="row">
                      {other === null ? <span class="quiet">unknown</span> : <HotspotLink hotspotKey={other.key} />}
                    </th>
                    <td class="number">{tenths(reception.rssiDdbm, "dBm")}</td>
                    <td class="number">{tenths(reception.snrDdb, "dB")}</td>
                    <td>{reasonText(reception.verdict.reason)}</td>
                    <td>
                      {reception.verdict.isSelected
                        ? "yes"
                        : reception.verdict.reason === "valid"
                          ? "not chosen"
                          : "no"}
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </Wide>
      )}
    </Shown>
  );
}

function Rewards({ hotspotKey, wallets }: { readonly hotspotKey: string; readonly wallets: readonly string[] }) {
  const answer = useAnswer<Statement>(`/v1/hotspots/${hotspotKey}/rewards`);
  return (
    <>
      <Shown answer={answer} what="the rewards">
        {({ rewards, totalAtoms }) => (
          <>
            <Chart
              title="Earned"
              unit="tokens an epoch"
              epochs={epochsOf(rewards)}
              series={[
                { label: "beacons", values: byEpoch(rewards, "beaconAtoms") },
                { label: "receptions", values: byEpoch(rewards, "witnessAtoms") },
                { label: "data", values: byEpoch(rewards, "dataAtoms") },
              ]}
            />
            <p>
              <a
                href={`/v1/hotspots/${hotspotKey}/rewards.csv`}
                download={`${animalName(hotspotKey).replaceAll(" ", "-")}.csv`}
              >
                Download as CSV
              </a>{" "}
              <span class="quiet">
                amounts in base units; the column adds up to what it put into its beneficiary's leaf
              </span>
            </p>
            <Wide label="Rewards">
              <table>
                <caption>Tokens by epoch</caption>
                <TableHead
                  columns={[
                    "Epoch",
                    { number: "Beacons" },
                    { number: "Receptions" },
                    { number: "Data" },
                    { number: "Sum" },
                    "Paid to",
                  ]}
                />
                <tbody>
                  {[...rewards].reverse().map(({ epoch, pay, beneficiary: wallet }) => (
                    <tr key={`${epoch} ${wallet}`}>
                      <th scope="row">{epoch}</th>
                      <td class="number">{tokens(pay.beaconAtoms, 8)}</td>
                      <td class="number">{tokens(pay.witnessAtoms, 8)}</td>
                      <td class="number">{tokens(pay.dataAtoms, 8)}</td>
                      <td class="number">{tokens(pay.atoms, 8)}</td>
                      <td>
                        <Code text={wallet} />
                      </td>
                    </tr>
                  ))}
                </tbody>
                <tfoot>
                  <tr>
                    <th scope="row" colSpan={4}>
                      Sum
                    </th>
                    <td class="number">{tokens(totalAtoms, 8)}</td>
                    <td />
                  </tr>
                </tfoot>
              </table>
            </Wide>
          </>
        )}
      </Shown>
      <h2>Proof</h2>
      {wallets.map((wallet) => (
        <WalletProof key={wallet} wallet={wallet} />
      ))}
    </>
  );
}

function WalletProof({ wallet }: { readonly wallet: string }) {
  const answer = useAnswer<Proof>(`/v1/wallets/${wallet}/proof`);
  return (
    <Shown answer={answer} what="the proof">
      {(owed) => <ProofShown owed={owed} />}
    </Shown>
  );
}

/** The wallets its rewards go to. */
function walletsOf({ beneficiary, split }: Hotspot): readonly string[] {
  return beneficiary === null ? split.map(({ wallet }) => wallet) : [beneficiary];
}

type Rewarded = Statement["rewards"];

function epochsOf(rewards: Rewarded): number[] {
  return [...new Set(rewards.map(({ epoch }) => epoch))];
}

/** Tokens of a kind by epoch: a split hotspot has an entry for each wallet. */
function byEpoch(rewards: Rewarded, kind: keyof Pay): number[] {
  return epochsOf(rewards).map((epoch) =>
    rewards.filter((one) => one.epoch === epoch).reduce((sum, { pay }) => sum + tokensNumber(pay[kind]), 0),
  );
}
