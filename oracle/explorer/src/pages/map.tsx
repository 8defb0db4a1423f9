/** The map and what stands beside it: the scale of colours, what is in view, and the cell that was chosen. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { MapColumns } from "../api-types.ts";
import { count } from "../format.ts";
import { CellIndex } from "../map/cell-index.ts";
import type { CoverageMap } from "../map/coverage-map.ts";
import { isValidCell } from "../map/h3.ts";
import type { LinkOnMap } from "../map/marks.ts";
import { type CellFigures, cssColour, type MapMode, SCALES } from "../map/palette.ts";
import { CellPanel } from "../parts/cell-panel.tsx";
import { Figure } from "../parts/figure.tsx";
import { Shown } from "../parts/states.tsx";
import { go, usePlace } from "../router.ts";
import { useTheme } from "../theme.ts";
import { lastValue, useEpochAnswer } from "../use-answer.ts";

const MODES: readonly MapMode[] = ["coverage", "weight", "age"];
/** Cells listed beside the map, for people who do not use a pointer. */
const LISTED = 12;

export function MapPage({ cell }: { readonly cell: string | null }) {
  const { query } = usePlace();
  const asked = query.get("show");
  const mode = MODES.find((one) => one === asked) ?? "coverage";
  const answer = useEpochAnswer<MapColumns>("/v1/map");
  const columns = lastValue(answer);
  const cells = useMemo(() => (columns === undefined ? undefined : new CellIndex(columns)), [columns]);
  const [visible, setVisible] = useState<readonly CellFigures[]>([]);
  const [links, setLinks] = useState<readonly LinkOnMap[]>([]);
  const known = cell !== null && isValidCell(cell) ? cell : null;
  return (
    <div class="map-page">
      <h1 class="visually-hidden">Coverage map</h1>
      <MapCanvas cells={cells} mode={mode} cell={known} links={known === null ? [] : links} onVisible={setVisible} />
      <aside class={known === null ? "panel" : "panel chosen"} aria-label="About the map">
        {known === null ? (
          <Shown
            answer={answer}
            what="the map"
            empty={(map) => (map.cell.length === 0 ? "No hotspot has asserted a location yet." : null)}
          >
            {() => (
              <>
                <ModeChoice mode={mode} />
                <Legend mode={mode} />
                <InView mode={mode} visible={visible} />
              </>
            )}
          </Shown>
        ) : (
          <CellPanel cell={known} onLinks={setLinks} />
        )}
      </aside>
    </div>
  );
}

function MapCanvas({
  cells,
  mode,
  cell,
  links,
  onVisible,
}: {
  readonly cells: CellIndex | undefined;
  readonly mode: MapMode;
  readonly cell: string | null;
  readonly links: readonly LinkOnMap[];
  readonly onVisible: (visible: readonly CellFigures[]) => void;
}) {
  const theme = useTheme();
  const place = useRef<HTMLDivElement>(null);
  const [map, setMap] = useState<CoverageMap>();
  const [fault, setFault] = useState<string>();
  const lookedAt = useRef<string | null>(null);
  // the map is made once; what changes is told to it below.
  useEffect(() => {
    let made: CoverageMap | undefined;
    let isGone = false;
    import("../map/coverage-map.ts")
      .then(({ CoverageMap }) => {
        if (isGone || place.current === null) return;
        made = new CoverageMap(place.current, theme, {
          onPick: (picked) => go(picked === null ? `/${location.search}` : `/cell/${picked}${location.search}`),
          onView: onVisible,
        });
        // The benchmark and the tests look at the map through this.
        (place.current as HTMLDivElement & { coverageMap?: CoverageMap }).coverageMap = made;
        setMap(made);
      })
      .catch((cause: Error) => setFault(cause.message));
    return () => {
      isGone = true;
      made?.remove();
    };
  }, []);
  useEffect(() => map?.setTheme(theme), [map, theme]);
  useEffect(() => {
    if (cells !== undefined) map?.show(cells, mode);
  }, [map, cells, mode]);
  useEffect(() => {
    map?.outline(cell);
    if (map === undefined || cells === undefined || cell === null || lookedAt.current === cell) return;
    lookedAt.current = cell;
    map.lookAt(cell);
  }, [map, cells, cell]);
  useEffect(() => map?.links(links), [map, links]);
  return (
    <div class="map" ref={place}>
      {fault !== undefined && (
        <p class="note failed" role="alert">
          The map cannot be drawn: this browser gives no WebGL ({fault}). The lists beside it have the same figures.
        </p>
      )}
    </div>
  );
}

function ModeChoice({ mode }: { readonly mode: MapMode }) {
  return (
    <fieldset class="modes">
      <legend>Colour hexagons by</legend>
      {MODES.map((one) => (
        <label key={one}>
          <input
            type="radio"
            name="mode"
            checked={one === mode}
            onChange={() => go(one === "coverage" ? location.pathname : `${location.pathname}?show=${one}`, true)}
          />
          {SCALES[one].title}
        </label>
      ))}
    </fieldset>
  );
}

function Legend({ mode }: { readonly mode: MapMode }) {
  const { meaning, steps } = SCALES[mode];
  return (
    <section class="legend" aria-label="Scale of colours">
      <p class="quiet">{meaning}.</p>
      <ul>
        {steps.map(({ colour, label }) => (
          <li key={label}>
            <span class="swatch" style={{ background: cssColour(colour) }} />
            {label}
          </li>
        ))}
      </ul>
    </section>
  );
}

function InView({ mode, visible }: { readonly mode: MapMode; readonly visible: readonly CellFigures[] }) {
  const total = (figure: (cell: CellFigures) => number) => visible.reduce((sum, cell) => sum + figure(cell), 0);
  const listed = [...visible].sort((a, b) => b.hotspots - a.hotspots || (a.cell < b.cell ? -1 : 1)).slice(0, LISTED);
  return (
    <section>
      <h2>In view</h2>
      <dl class="figures">
        <Figure name="hexagons">{count(visible.length)}</Figure>
        <Figure name="hotspots">{count(total(({ hotspots }) => hotspots))}</Figure>
        <Figure name="of them proving">{count(total(({ activeHotspots }) => activeHotspots))}</Figure>
        <Figure name="valid receptions">{count(total(({ witnessesValid }) => witnessesValid))}</Figure>
      </dl>
      {listed.length === 0 ? (
        <p class="note empty">
          No hotspot in this part of the map. Zoom out, or see where one is wanted: <a href="/gaps">gaps</a>.
        </p>
      ) : (
        <ol class="cells">
          {listed.map((cell) => (
            <li key={cell.cell}>
              <span
                class="swatch"
                style={{ background: cssColour(SCALES[mode].steps[SCALES[mode].stepOf(cell)]!.colour) }}
              />
              <a class="code" href={`/cell/${cell.cell}${location.search}`}>
                {cell.cell}
              </a>
              <span class="quiet">
                {cell.hotspots} {cell.hotspots === 1 ? "hotspot" : "hotspots"}, {SCALES[mode].text(cell)}
              </span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
