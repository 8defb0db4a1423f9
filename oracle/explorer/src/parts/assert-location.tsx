/** Choosing a place on the map, open or private, and the command that asserts it. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Hotspot } from "../api-types.ts";
import type { CoverageMap } from "../map/coverage-map.ts";
import { cellToLatLng, cellToParent, latLngToCell } from "../map/h3.ts";
import { useTheme } from "../theme.ts";
import { Command } from "./command.tsx";
import { PointForm } from "./point-form.tsx";

const EXACT_RESOLUTION = 12;
const PUBLIC_RESOLUTION = 8;
/** Zoom at which a cell of resolution 12, 18 m across, can be hit. */
const CLOSE_ZOOM = 14;

export function AssertLocation({
  hotspot,
  exactCell,
}: {
  readonly hotspot: Hotspot;
  readonly exactCell: string | null;
}) {
  const [cell, setCell] = useState<string | null>(exactCell);
  const [isPrivate, setPrivate] = useState(!hotspot.isLocationOpen);
  const known = cell ?? exactCell;
  const choose = (latDeg: number, lngDeg: number) => setCell(latLngToCell(latDeg, lngDeg, EXACT_RESOLUTION));
  return (
    <details>
      <summary>Assert a location</summary>
      <p>
        Click on the map where the antenna is, or write the place. A new place costs the network's fee in data credits.
      </p>
      <PlaceMap start={exactCell ?? hotspot.cell} cell={known} onChoose={choose} />
      <PointForm button="Take it" isSecond onPoint={({ latDeg, lngDeg }) => choose(latDeg, lngDeg)} />
      <fieldset class="modes">
        <legend>Who may know it</legend>
        <label>
          <input type="radio" name="privacy" checked={!isPrivate} onChange={() => setPrivate(false)} />
          Open: the log of the network carries the cell of resolution 12, about 300 m²
        </label>
        <label>
          <input type="radio" name="privacy" checked={isPrivate} onChange={() => setPrivate(true)} />
          Private: nobody learns more than the cell of resolution 8, about 0.7 km², and it earns less
        </label>
      </fieldset>
      {known === null ? (
        <p class="note empty">No place is chosen yet.</p>
      ) : (
        <>
          <p>
            Cell <span class="code">{known}</span>, shown to everybody as{" "}
            <span class="code">{cellToParent(known, PUBLIC_RESOLUTION)}</span>
          </p>
          <Command
            words={[
              ...["hotspot", "assert", hotspot.key, "--cell", known, "--region", hotspot.region],
              ...(isPrivate ? ["--private", "--opening", `${hotspot.gatewayId}.opening.json`] : []),
            ]}
            {...(isPrivate ? { note: "Keep the opening file: it is needed to open the place later." } : {})}
          />
        </>
      )}
    </details>
  );
}

function PlaceMap({
  start,
  cell,
  onChoose,
}: {
  readonly start: string | null;
  readonly cell: string | null;
  readonly onChoose: (latDeg: number, lngDeg: number) => void;
}) {
  const theme = useTheme();
  const place = useRef<HTMLDivElement>(null);
  const [map, setMap] = useState<CoverageMap>();
  const [isSeen, setSeen] = useState(false);
  const choose = useRef(onChoose);
  choose.current = onChoose;
  // The map is made when its part of the page is opened.
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const watch = new ResizeObserver(() => setSeen(element.clientHeight > 0));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  useEffect(() => {
    if (!isSeen) return;
    let made: CoverageMap | undefined;
    let isGone = false;
    import("../map/coverage-map.ts")
      .then(({ CoverageMap }) => {
        if (isGone || place.current === null) return;
        made = new CoverageMap(place.current, theme, {
          onPick: (_, { latDeg, lngDeg }) => choose.current(latDeg, lngDeg),
          onView: () => undefined,
        });
        if (start !== null) made.lookAt(start, CLOSE_ZOOM);
        setMap(made);
      })
      .catch(() => undefined);
    return () => {
      isGone = true;
      made?.remove();
      setMap(undefined);
    };
  }, [isSeen]);
  useEffect(() => map?.setTheme(theme), [map, theme]);
  useEffect(() => map?.outline(cell), [map, cell]);
  const [lat, lng] = cell === null ? [null, null] : cellToLatLng(cell);
  return (
    <>
      <div class="map small" ref={place} />
      <p class="quiet" aria-live="polite">
        {lat === null ? "" : `Chosen: ${lat.toFixed(5)}°, ${lng!.toFixed(5)}°`}
      </p>
    </>
  );
}
