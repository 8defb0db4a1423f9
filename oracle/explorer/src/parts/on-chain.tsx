/** What the chain says of an epoch: its root, who voted for it, and whether it is final. */
import type { ChainEpochs } from "../api-types.ts";
import { clock, count, tokens } from "../format.ts";
import { useHas } from "../parts-of-api.ts";
import { useAnswer } from "../use-answer.ts";
import { Code } from "./links.tsx";
import { Shown } from "./states.tsx";
import { TableHead } from "./table-head.tsx";
import { Wide } from "./wide.tsx";

export function OnChain({ epoch }: { readonly epoch: number }) {
  const has = useHas("chain");
  const answer = useAnswer<ChainEpochs>(has === true ? `/v1/chain/epochs?to=${epoch + 1}` : null);
  return (
    <>
      <h2>Votes on chain</h2>
      {has === false ? (
        <p class="note empty">
          This oracle shows closed epochs from disk and reads no chain. Where one is read, the votes on each root stand
          here; until then <code>earshot rewards status</code> says which epoch is final.
        </p>
      ) : (
        <Shown
          answer={answer}
          what="the votes"
          empty={({ epochs }) => (epochs.length === 0 ? "No epoch is issued on chain yet." : null)}
        >
          {({ nowMs, oracles, threshold, epochs }) => (
            <Wide label="Votes">
              <table>
                <caption>
                  {count(oracles.length)} oracles; a root needs {threshold} of the same votes
                </caption>
                <TableHead columns={["Epoch", { number: "Issued" }, "Votes", "Root", "State"]} />
                <tbody>
                  {[...epochs].reverse().map((one) => (
                    <tr key={one.epoch}>
                      <th scope="row">{one.epoch}</th>
                      <td class="number">{tokens(one.issuedAtoms)}</td>
                      <td>
                        {one.votes.length} of {oracles.length}
                        {new Set(one.votes.map(({ digest }) => digest)).size > 1 && (
                          <span class="tag bad">they differ</span>
                        )}
                      </td>
                      <td>{/^0+$/.test(one.rootHash) ? "–" : <Code text={one.rootHash} />}</td>
                      <td>
                        <State epoch={one} nowMs={nowMs} />
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

function State({ epoch, nowMs }: { readonly epoch: ChainEpochs["epochs"][number]; readonly nowMs: number }) {
  const { isFinal, vetoEndsMs } = epoch;
  if (isFinal) return <span class="tag good">final</span>;
  if (vetoEndsMs === null) return <span class="tag">open</span>;
  return (
    <>
      <span class="tag">approved</span>{" "}
      <span class="quiet">{vetoEndsMs > nowMs ? `can be vetoed until ${clock(vetoEndsMs)}` : "can become final"}</span>
    </>
  );
}
