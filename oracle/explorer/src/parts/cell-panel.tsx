/** One cell beside the map: its hotspots, its verdicts, links both ways, and the density scale with its arithmetic. */
import { useEffect, useState } from "preact/hooks";
import { ask } from "../api.ts";
import type { Cell, Hotspot, HotspotPage, Reception, WholeCell } from "../api-types.ts";
import { count, factor, percent, reasonText, shares, tenths, tokens } from "../format.ts";
import { cellToLatLng, getResolution } from "../map/h3.ts";
import type { LinkOnMap } from "../map/marks.ts";
import { lastValue, useEpochAnswer } from "../use-answer.ts";
import { Figure } from "./figure.tsx";
import { HotspotLink } from "./links.tsx";
import { Shown } from "./states.tsx";
import { TableHead } from "./table-head.tsx";

const PUBLIC_RESOLUTION = 8;
/** Hotspots of a cell whose links are drawn, and links of each. */
const LINKED_HOTSPOTS = 6;
const LINKS_EACH = 100;

export function CellPanel({
  cell,
  onLinks,
}: {
  readonly cell: string;
  readonly onLinks: (links: readonly LinkOnMap[]) => void;
}) {
  const isPublic = getResolution(cell) === PUBLIC_RESOLUTION;
  const whole = useEpochAnswer<WholeCell>(`/v1/cells/${cell}`);
  const hotspots = useEpochAnswer<HotspotPage>(isPublic ? `/v1/hotspots?cell=${cell}` : null);
  const page = lastValue(hotspots);
  const [lat, lng] = cellToLatLng(cell);
  return (
    <>
      <p>
        <a href={`/${location.search}`}>← whole map</a>
      </p>
      <h2>
        Cell <span class="code">{cell}</span>
      </h2>
      <p class="quiet">
        Resolution {getResolution(cell)}, centre {lat.toFixed(3)}°, {lng.toFixed(3)}°
      </p>
      {isPublic && (
        <>
          <Shown
            answer={hotspots}
            what="the hotspots of the cell"
            empty={({ hotspots: found }) =>
              found.length === 0 ? "No hotspot has asserted a location in this cell." : null
            }
          >
            {({ hotspots: found, next }) => <HotspotTable hotspots={found} more={next !== null} />}
          </Shown>
          {page !== undefined && page.hotspots.length > 0 && <Links page={page} onLinks={onLinks} />}
        </>
      )}
      {!(isPublic && whole.state === "too-early") && (
        <Shown answer={whole} what="the figures of the cell">
          {({ cell: figures, verdicts, parents }) => (
            <>
              {figures !== null && <Figures cell={figures} isPublic={isPublic} />}
              {figures === null && !isPublic && <p class="note empty">No hotspot stands in this cell.</p>}
              {verdicts.length > 0 && <Verdicts verdicts={verdicts} />}
              {(figures !== null || parents.length > 0) && (
                <ScaleTable cells={figures === null ? parents : [figures, ...parents]} />
              )}
            </>
          )}
        </Shown>
      )}
    </>
  );
}

function HotspotTable({ hotspots, more }: { readonly hotspots: readonly Hotspot[]; readonly more: boolean }) {
  return (
    <table>
      <caption>Hotspots</caption>
      <TableHead columns={["Name", { number: "Beacons" }, { number: "Heard" }, { number: "Tokens" }]} />
      <tbody>
        {hotspots.map(({ key, beacons, receptions, pay, isSuspended }) => (
          <tr key={key}>
            <th scope="row">
              <HotspotLink hotspotKey={key} />
              {isSuspended && <span class="tag bad">suspended</span>}
            </th>
            <td class="number">{beacons}</td>
            <td class="number">{receptions}</td>
            <td class="number">{tokens(pay.atoms)}</td>
          </tr>
        ))}
      </tbody>
      {more && (
        <tfoot>
          <tr>
            <td colSpan={4}>and more; the API has all.</td>
          </tr>
        </tfoot>
      )}
    </table>
  );
}

interface LinkRow {
  readonly cell: string;
  readonly hotspot: string;
  sent: number;
  heard: number;
  valid: number;
}

/** Who heard the cell's hotspots, and whom they heard; also drawn on the map. */
function Links({
  page: { epoch, hotspots },
  onLinks,
}: {
  readonly page: HotspotPage;
  readonly onLinks: (links: readonly LinkOnMap[]) => void;
}) {
  const [rows, setRows] = useState<readonly LinkRow[]>();
  const keys = hotspots.slice(0, LINKED_HOTSPOTS).map(({ key }) => key);
  const named = `${epoch} ${keys.join(" ")}`;
  // the keys by their names, in each epoch anew.
  useEffect(() => {
    const stop = new AbortController();
    const read = (key: string, way: "witnesses" | "receptions") =>
      ask<Record<string, readonly Reception[]>>(`/v1/hotspots/${key}/${way}?limit=${LINKS_EACH}`, {}, stop.signal).then(
        (answer) => answer[way] ?? [],
      );
    Promise.all(keys.flatMap((key) => [read(key, "witnesses"), read(key, "receptions")]))
      .then((answers) => {
        const { table, lines } = linksOf(new Set(keys), answers.flat());
        setRows(table);
        onLinks(lines);
      })
      .catch(() => undefined);
    return () => {
      stop.abort();
      onLinks([]);
    };
  }, [named]);
  if (rows === undefined) return null;
  return (
    <table>
      <caption>
        Links both ways{hotspots.length > LINKED_HOTSPOTS ? `, of the first ${LINKED_HOTSPOTS} hotspots` : ""}; on the
        map orange where a reception was valid
      </caption>
      <TableHead columns={["With", { number: "Heard by it" }, { number: "Heard here" }, { number: "Valid" }]} />
      <tbody>
        {rows.slice(0, 20).map(({ hotspot, sent, heard, valid }) => (
          <tr key={hotspot}>
            <th scope="row">
              <HotspotLink hotspotKey={hotspot} />
            </th>
            <td class="number">{sent}</td>
            <td class="number">{heard}</td>
            <td class="number">{valid}</td>
          </tr>
        ))}
        {rows.length === 0 && (
          <tr>
            <td colSpan={4}>Nobody heard it, and it heard nobody.</td>
          </tr>
        )}
      </tbody>
    </table>
  );
}

/** Sums receptions by the hotspot at the other end, and by pair of cells. */
function linksOf(own: ReadonlySet<string>, receptions: readonly Reception[]): { table: LinkRow[]; lines: LinkOnMap[] } {
  const rows = new Map<string, LinkRow>();
  const lines = new Map<string, LinkOnMap>();
  const seen = new Set<number>();
  for (const { logIndex, beaconer, witness, verdict } of receptions) {
    if (beaconer === null || witness === null || seen.has(logIndex)) continue;
    seen.add(logIndex);
    const isSent = own.has(beaconer.key);
    const other = isSent ? witness : beaconer;
    const isValid = verdict.reason === "valid";
    if (!rows.has(other.key))
      rows.set(other.key, { cell: other.cell ?? "", hotspot: other.key, sent: 0, heard: 0, valid: 0 });
    const row = rows.get(other.key)!;
    if (isSent) row.sent++;
    else row.heard++;
    if (isValid) row.valid++;
    if (beaconer.cell === null || witness.cell === null || beaconer.cell === witness.cell) continue;
    const pair = `${beaconer.cell} ${witness.cell}`;
    if (isValid || !lines.has(pair)) lines.set(pair, { from: beaconer.cell, to: witness.cell, isValid });
  }
  const table = [...rows.values()].sort((a, b) => b.sent + b.heard - a.sent - a.heard);
  return { table, lines: [...lines.values()] };
}

function Figures({ cell, isPublic }: { readonly cell: Cell; readonly isPublic: boolean }) {
  const loss = cell.medianExcessLossDdb;
  return (
    <dl class="figures">
      <Figure name="proving hotspots">{cell.activeHotspots}</Figure>
      {isPublic && (
        <>
          <Figure name="beacons valid">
            {cell.beaconsValid} of {cell.beacons}
          </Figure>
          <Figure name="receptions valid">
            {cell.witnessesValid} of {cell.witnessReports} ({percent(cell.witnessesValid, cell.witnessReports)})
          </Figure>
          <Figure name="lost beyond free space">{loss === null ? "–" : `${tenths(loss, "dB")} median`}</Figure>
          <Figure name="weight">{factor(cell.weightE4)}</Figure>
          <Figure name="data credits that count">{count(BigInt(cell.servedCreditsE4) / 10_000n)}</Figure>
          <Figure name="shares earned">{shares(cell.sharesE12)}</Figure>
        </>
      )}
    </dl>
  );
}

function Verdicts({ verdicts }: { readonly verdicts: WholeCell["verdicts"] }) {
  const total = verdicts.reduce((sum, { witnessReports }) => sum + witnessReports, 0);
  return (
    <table>
      <caption>Verdicts on who reported to hear it</caption>
      <tbody>
        {[...verdicts]
          .sort((a, b) => b.witnessReports - a.witnessReports)
          .map(({ reason, witnessReports }) => (
            <tr key={reason}>
              <th scope="row">{reasonText(reason)}</th>
              <td class="number">{count(witnessReports)}</td>
              <td class="number">{percent(witnessReports, total)}</td>
            </tr>
          ))}
      </tbody>
    </table>
  );
}

/** One line a resolution: the scale of a place is the product of the last column. */
function ScaleTable({ cells }: { readonly cells: readonly Cell[] }) {
  const product = cells.reduce((scale, { scaleE4 }) => (scale * scaleE4) / 10_000, 1);
  return (
    <table>
      <caption>Density scale from here up: what is counted of the hotspots below, over what there are</caption>
      <TableHead
        columns={[
          "Resolution",
          { number: "Proving" },
          { number: "Limit" },
          { number: "Counted" },
          { number: "Factor" },
        ]}
      />
      <tbody>
        {cells.map(({ cell, resolution, activeHotspots, limit, clipped, scaleE4 }) => (
          <tr key={resolution}>
            <th scope="row">{cell === null ? resolution : <a href={`/cell/${cell}`}>{resolution}</a>}</th>
            <td class="number">{activeHotspots}</td>
            <td class="number">{limit}</td>
            <td class="number">{clipped}</td>
            <td class="number">{factor(scaleE4)}</td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row" colSpan={4}>
            product of these
          </th>
          <td class="number">{product.toFixed(4)}</td>
        </tr>
      </tfoot>
    </table>
  );
}
