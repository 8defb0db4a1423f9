/** Why a hotspot earned what it earned: the answer in a sentence, then every step of the arithmetic. */
import type { ExplainedVerdict, Explanation } from "../api-types.ts";
import { count, factor, percent, reasonText, shares, tokens } from "../format.ts";
import { Figure } from "./figure.tsx";
import { TableHead } from "./table-head.tsx";
import { Wide } from "./wide.tsx";

export function Why({ explanation }: { readonly explanation: Explanation }) {
  const { beacons, receptions, pay, challenges, unanswered } = explanation;
  const valid = beacons.filter(({ verdict }) => verdict.reason === "valid");
  const heard = receptions.filter(({ verdict }) => verdict.reason === "valid");
  const answer = inOneSentence(explanation);
  return (
    <>
      <p class={answer.isGood ? "why good" : "why bad"}>{answer.text}</p>
      <dl class="figures">
        <Figure name="asked to beacon">
          {challenges}, answered {challenges - unanswered}
        </Figure>
        <Figure name="uptime by challenges">{percent(challenges - unanswered, challenges)}</Figure>
        <Figure name="beacons valid">
          {valid.length} of {beacons.length}
        </Figure>
        <Figure name="receptions valid">
          {heard.length} of {receptions.length}
        </Figure>
        <Figure name="receptions paid">{receptions.filter(({ paid }) => paid).length}</Figure>
      </dl>
      <Faults title="What failed of its beacons" verdicts={beacons.map(({ verdict }) => verdict)} />
      <Faults title="What failed of what it heard" verdicts={receptions.map(({ verdict }) => verdict)} />
      <Density explanation={explanation} />
      <Weight explanation={explanation} />
      <h2>The sum</h2>
      <table>
        <TableHead columns={["For", { number: "Shares" }, { number: "Tokens" }]} />
        <tbody>
          <tr>
            <th scope="row">beacons</th>
            <td class="number">{shares(pay.beacon.sharesE12)}</td>
            <td class="number">{tokens(pay.beacon.atoms, 8)}</td>
          </tr>
          <tr>
            <th scope="row">receptions</th>
            <td class="number">{shares(pay.witness.sharesE12)}</td>
            <td class="number">{tokens(pay.witness.atoms, 8)}</td>
          </tr>
          <tr>
            <th scope="row">{count(BigInt(pay.dataCredits))} data credits</th>
            <td class="number">–</td>
            <td class="number">{tokens(pay.dataAtoms, 8)}</td>
          </tr>
        </tbody>
        <tfoot>
          <tr>
            <th scope="row" colSpan={2}>
              earned
            </th>
            <td class="number">{tokens(pay.atoms, 8)}</td>
          </tr>
        </tfoot>
      </table>
      <p class="quiet">
        All shares of the epoch are {shares(pay.totalSharesE12)}; together they were paid{" "}
        {tokens(pay.coveragePoolAtoms)} tokens.
      </p>
    </>
  );
}

/** The first reason that matters, in the order in which a person would look for it. */
function inOneSentence(explanation: Explanation): { readonly text: string; readonly isGood: boolean } {
  const { hotspot, challenges, unanswered, beacons, receptions, density, weight, pay } = explanation;
  const good = (text: string) => ({ text, isGood: true });
  const bad = (text: string) => ({ text, isGood: false });
  if (hotspot.keyProblem !== null) return bad(`It earned nothing: its key is unusable (${hotspot.keyProblem}).`);
  if (hotspot.suspended) return bad("It earned nothing: the registry has suspended it for this epoch.");
  const earned = `It earned ${tokens(pay.atoms)} tokens`;
  if (!hotspot.provesCoverage) return good(`${earned}. It carries data only and is not asked to prove coverage.`);
  if (challenges > 0 && unanswered === challenges)
    return bad(
      `${earned}. It answered none of its ${challenges} challenges: is the agent running, and can it reach an oracle?`,
    );
  if (hotspot.cellPublic === null)
    return bad(`${earned}. It has no asserted location, so it is not asked to beacon and what it hears is not paid.`);
  const valid = beacons.filter(({ verdict }) => verdict.reason === "valid");
  if (beacons.length === 0 && challenges === 0) return bad(`${earned}. It was not asked to beacon in this epoch.`);
  if (valid.length === 0) {
    const common = mostCommon(beacons.map(({ verdict }) => verdict));
    return bad(`${earned}. None of its beacons passed${common === undefined ? "." : `: ${common.meaning}`}`);
  }
  if (valid.every(({ witnesses }) => witnesses.valid === 0))
    return bad(
      `${earned}. Its beacons were sent, and nobody's report of hearing them was valid: look at the antenna, or there is no hotspot near.`,
    );
  if (weight?.weightE4 === 0 && weight.note !== null) return bad(`${earned}: ${weight.note}.`);
  const scale =
    density.scaleE4 < 5000 ? ` Many hotspots crowd around it: its scale is ${factor(density.scaleE4)}.` : "";
  const missed = unanswered > 0 ? ` It missed ${unanswered} of ${challenges} challenges.` : "";
  const paid = receptions.filter((reception) => reception.paid).length;
  return good(`${earned}: ${valid.length} valid beacons, and ${paid} paid receptions of others.${missed}${scale}`);
}

function mostCommon(verdicts: readonly ExplainedVerdict[]): ExplainedVerdict | undefined {
  const counts = new Map<string, number>();
  for (const { reason } of verdicts) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...verdicts].sort((a, b) => counts.get(b.reason)! - counts.get(a.reason)!)[0];
}

/** Failures summed by reason, with one example in figures. */
function Faults({ title, verdicts }: { readonly title: string; readonly verdicts: readonly ExplainedVerdict[] }) {
  const failed = verdicts.filter(({ reason }) => reason !== "valid");
  if (failed.length === 0) return null;
  const groups = new Map<string, ExplainedVerdict[]>();
  for (const verdict of failed) groups.set(verdict.reason, [...(groups.get(verdict.reason) ?? []), verdict]);
  return (
    <table>
      <caption>{title}</caption>
      <tbody>
        {[...groups]
          .sort(([, a], [, b]) => b.length - a.length)
          .map(([reason, group]) => {
            const { meaning, figures, side } = group[0]!;
            return (
              <tr key={reason}>
                <td class="number">{group.length}</td>
                <th scope="row">{reasonText(reason)}</th>
                <td>
                  {meaning}
                  {figures.measured !== "" && ` For instance ${figures.measured}; ${figures.limit} counts.`}
                  {side === "beaconer" && " The beaconer's failure."}
                </td>
              </tr>
            );
          })}
      </tbody>
    </table>
  );
}

function Density({ explanation: { density } }: { readonly explanation: Explanation }) {
  return (
    <>
      <h2>Density scale {factor(density.scaleE4)}</h2>
      {density.steps.length === 0 ? (
        <p class="quiet">
          No hotspot that proves coverage is counted in its place, so the scale of the rules for such a place holds.
        </p>
      ) : (
        <Wide label="Density arithmetic">
          <table>
            <TableHead
              columns={[
                "Resolution",
                { number: "Proving" },
                { number: "Before the limit" },
                { number: "Full hexagons around" },
                { number: "Limit" },
                { number: "Counted" },
                { number: "Factor" },
              ]}
            />
            <tbody>
              {density.steps.map((step) => (
                <tr key={step.resolution}>
                  <th scope="row">{step.resolution}</th>
                  <td class="number">{step.active}</td>
                  <td class="number">{step.unclipped}</td>
                  <td class="number">
                    {step.occupied} (of {step.neighbours} that count)
                  </td>
                  <td class="number">{step.limit}</td>
                  <td class="number">{step.clipped}</td>
                  <td class="number">{step.unclipped === 0 ? "–" : (step.clipped / step.unclipped).toFixed(4)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Wide>
      )}
    </>
  );
}

function Weight({ explanation: { weight } }: { readonly explanation: Explanation }) {
  if (weight === null) return null;
  return (
    <>
      <h2>Weight of its cell {factor(weight.weightE4)}</h2>
      <p>
        {count(BigInt(weight.servedE4) / 10_000n)} data credits count here; at {count(weight.halfDataCredits)} a cell is
        half-way from the floor of {factor(weight.floorE4)} to 1.
        {weight.curveE4 !== null && ` The curve gives ${factor(weight.curveE4)}.`}
        {weight.note !== null && ` It is ${weight.note}.`}
      </p>
    </>
  );
}
