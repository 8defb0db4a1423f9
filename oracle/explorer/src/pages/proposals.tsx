/** What is proposed, what it changes of the rules, what those would have paid, and how the vote stands. */
import { useState } from "preact/hooks";
import type { ChainProposal, ChainProposalList, Proposal, ProposalEffect, ProposalList } from "../api-types.ts";
import { clock, count, tokens } from "../format.ts";
import { Command } from "../parts/command.tsx";
import { Figure } from "../parts/figure.tsx";
import { Code, HotspotLink } from "../parts/links.tsx";
import { Shown } from "../parts/states.tsx";
import { TableHead } from "../parts/table-head.tsx";
import { Wide } from "../parts/wide.tsx";
import { useHas } from "../parts-of-api.ts";
import { lastValue, useAnswer } from "../use-answer.ts";

export function ProposalsPage() {
  const hasProposals = useHas("proposals");
  const hasChain = useHas("chain");
  const published = useAnswer<ProposalList>(hasProposals === true ? "/v1/proposals" : null);
  const onChain = lastValue(useAnswer<ChainProposalList>(hasChain === true ? "/v1/chain/proposals" : null));
  return (
    <section class="page">
      <h1>Proposals</h1>
      <p>
        Rules and money of the network change only by a vote of locked tokens and a delay in which everybody can see
        what comes. The chain keeps the hash of a proposal; what stands here is what its proposer published, and its
        rules are held against that hash.
      </p>
      {hasProposals === false && (
        <p class="note empty">This oracle shows no proposals: no folder of published ones is set.</p>
      )}
      {onChain !== undefined && <Unpublished onChain={onChain.proposals} published={lastValue(published)?.proposals} />}
      <Shown
        answer={published}
        what="the proposals"
        empty={({ proposals }) =>
          proposals.length === 0 ? "Nothing is proposed. `earshot gov propose FILE` proposes what a file says." : null
        }
      >
        {({ proposals }) => (
          <>
            {hasChain === false && (
              <p class="note">
                This oracle reads no chain, so votes and delays are not shown. <code>earshot gov list</code> shows them.
              </p>
            )}
            {proposals.map((proposal) => (
              <ProposalShown
                key={proposal.number}
                proposal={proposal}
                onChain={onChain?.proposals.find(({ number }) => number === proposal.number)}
              />
            ))}
          </>
        )}
      </Shown>
    </section>
  );
}

/** What can still come into force and is not among those below; nothing while those are not known. */
function Unpublished({
  onChain,
  published,
}: {
  readonly onChain: readonly ChainProposal[];
  readonly published: readonly Proposal[] | undefined;
}) {
  if (published === undefined) return null;
  const open = onChain.filter(({ number, waitsFor }) => {
    return waitsFor !== null && !published.some((one) => one.number === number);
  });
  if (open.length === 0) return null;
  const named = open.map(({ number, waitsFor, isLingering }) => {
    return `${number} (waits for ${waitsFor}${isLingering ? ", long after its vote" : ""})`;
  });
  return <p class="note">On chain, and not published here: {named.join(", ")}. The chain says only their hash.</p>;
}

function ProposalShown({
  proposal,
  onChain,
}: {
  readonly proposal: Proposal;
  readonly onChain: ChainProposal | undefined;
}) {
  const { number, description, instructions, changes, fault, fromEpoch, parameterHash } = proposal;
  return (
    <article aria-labelledby={`proposal-${number}`}>
      <h2 id={`proposal-${number}`}>
        {number}. {description === "" ? "Unreadable proposal" : description}
      </h2>
      {fault !== null && (
        <p class="note failed" role="alert">
          Its published file is not what is voted on or cannot be read: {fault}
        </p>
      )}
      {onChain !== undefined && <Vote vote={onChain} />}
      {onChain?.isLingering === true && (
        <p class="note failed">
          Its vote ended {clock(onChain.endMs)} and it still{" "}
          {onChain.waitsFor === "queue" ? "can be queued" : "can be counted"}: no time ends that, and whoever wants to
          can have it executed. Only its proposer can take it back.
        </p>
      )}
      {parameterHash !== null && (
        <p class="quiet">
          Sets the rules with hash <Code text={parameterHash} />
          {fromEpoch === null ? "" : ` from epoch ${fromEpoch} on`}.
        </p>
      )}
      {changes.length > 0 && (
        <Wide label={`Changes of proposal ${number}`}>
          <table>
            <caption>What changes of the rules</caption>
            <TableHead columns={["Parameter", "In force", "Proposed"]} />
            <tbody>
              {changes.map(({ path, from, to }) => (
                <tr key={path}>
                  <th scope="row" class="code">
                    {path}
                  </th>
                  <td class="code">
                    <del>{from ?? "–"}</del>
                  </td>
                  <td class="code">
                    <ins>{to ?? "–"}</ins>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Wide>
      )}
      {changes.length > 0 && <Effect number={number} />}
      <details open={changes.length === 0}>
        <summary>Instructions as published</summary>
        <Wide label={`Instructions of proposal ${number}`}>
          <pre>{JSON.stringify(instructions, null, 2)}</pre>
        </Wide>
      </details>
      <details>
        <summary>Vote</summary>
        <Command
          words={["gov", "vote", String(number), "yes"]}
          note="Or no, or abstain. Votes with all your positions that count;"
        />
      </details>
    </article>
  );
}

function Vote({ vote }: { readonly vote: ChainProposal }) {
  const [yes, no, abstain] = [BigInt(vote.yesAtoms), BigInt(vote.noAtoms), BigInt(vote.abstainAtoms)];
  const cast = yes + no + abstain;
  const share = (part: bigint) => (cast === 0n ? "0 %" : `${(Number((part * 10_000n) / cast) / 100).toFixed(1)} %`);
  return (
    <dl class="figures">
      <Figure name="state">{vote.state}</Figure>
      <Figure name="yes">
        {share(yes)} ({tokens(yes, 0)})
      </Figure>
      <Figure name="no">
        {share(no)} ({tokens(no, 0)})
      </Figure>
      <Figure name="abstain">{share(abstain)}</Figure>
      <Figure name="quorum">
        {tokens(cast, 0)} of {tokens(vote.quorumAtoms, 0)}
      </Figure>
      <Figure name="passes at">{(vote.passBps / 100).toFixed(1)} % yes</Figure>
      <Figure name="vote ends">{clock(vote.endMs)}</Figure>
      <Figure name="timelock ends">{vote.etaMs === 0 ? "after it is queued" : clock(vote.etaMs)}</Figure>
    </dl>
  );
}

/** Scored on request: it takes as long as closing an epoch. */
function Effect({ number }: { readonly number: number }) {
  const [isAsked, setAsked] = useState(false);
  const answer = useAnswer<ProposalEffect>(isAsked ? `/v1/proposals/${number}/effect` : null);
  if (!isAsked) {
    return (
      <button type="button" onClick={() => setAsked(true)}>
        Score the latest epoch under both rule sets
      </button>
    );
  }
  return (
    <Shown
      answer={answer}
      what="the effect"
      empty={({ none }) => (none === null ? null : `The epoch cannot be scored under these rules: ${none}.`)}
    >
      {({ epoch, effect }) => effect !== null && <EffectShown epoch={epoch} effect={effect} />}
    </Shown>
  );
}

function EffectShown({
  epoch,
  effect,
}: {
  readonly epoch: number;
  readonly effect: NonNullable<ProposalEffect["effect"]>;
}) {
  const { before, after, hotspots, most } = effect;
  const rows: readonly (readonly [string, string, string])[] = [
    ["hotspots proving", count(before.activeHotspots), count(after.activeHotspots)],
    ["beacons valid", count(before.beaconsValid), count(after.beaconsValid)],
    ["receptions valid", count(before.witnessesValid), count(after.witnessesValid)],
    ["tokens for coverage", tokens(before.coverageAtoms), tokens(after.coverageAtoms)],
    ["tokens for data", tokens(before.dataAtoms), tokens(after.dataAtoms)],
    ["tokens to nobody", tokens(before.treasuryAtoms), tokens(after.treasuryAtoms)],
  ];
  return (
    <div aria-live="polite">
      <p class="why">
        In epoch {epoch} {count(hotspots.more)} hotspots would have earned more, {count(hotspots.less)} less, and{" "}
        {count(hotspots.same)} the same.
      </p>
      <Wide label="Effect of the proposal">
        <table>
          <caption>Epoch {epoch} under both rule sets</caption>
          <TableHead columns={["Sum", { number: "In force" }, { number: "Proposed" }]} />
          <tbody>
            {rows.map(([name, from, to]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td class="number">{from}</td>
                <td class="number">{to}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Wide>
      {most.length > 0 && (
        <Wide label="Who gains and loses most">
          <table>
            <caption>Who gains and loses most, tokens</caption>
            <TableHead columns={["Hotspot", { number: "In force" }, { number: "Proposed" }, { number: "Change" }]} />
            <tbody>
              {most.map(({ key, beforeAtoms, afterAtoms }) => {
                const change = BigInt(afterAtoms) - BigInt(beforeAtoms);
                return (
                  <tr key={key}>
                    <th scope="row">
                      <HotspotLink hotspotKey={key} />
                    </th>
                    <td class="number">{tokens(beforeAtoms)}</td>
                    <td class="number">{tokens(afterAtoms)}</td>
                    <td class="number">{change < 0n ? `−${tokens(-change)}` : `+${tokens(change)}`}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </Wide>
      )}
    </div>
  );
}
