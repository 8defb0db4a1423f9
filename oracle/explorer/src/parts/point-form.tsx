/** A place written as latitude and longitude; what is no place is answered with what is expected. */
import { useId, useState } from "preact/hooks";

export interface Point {
  readonly latDeg: number;
  readonly lngDeg: number;
}

export function PointForm({
  button,
  isSecond = false,
  onPoint,
}: {
  readonly button: string;
  /** Whether another control of its part of the page comes first. */
  readonly isSecond?: boolean;
  readonly onPoint: (point: Point) => void;
}) {
  const [text, setText] = useState("");
  const [fault, setFault] = useState<string>();
  const faultId = useId();
  return (
    <>
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          const point = pointOf(text);
          setFault(
            point === undefined ? "Write latitude and longitude in degrees, such as 37.77, -122.42." : undefined,
          );
          if (point !== undefined) onPoint(point);
        }}
      >
        <label class="field">
          Latitude, longitude
          <input
            value={text}
            placeholder="37.77, -122.42"
            inputMode="text"
            aria-invalid={fault !== undefined}
            aria-describedby={fault === undefined ? undefined : faultId}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <button type="submit" class={isSecond ? "second field" : "field"}>
          {button}
        </button>
      </form>
      {fault !== undefined && (
        <p id={faultId} class="note failed" role="alert">
          {fault}
        </p>
      )}
    </>
  );
}

function pointOf(text: string): Point | undefined {
  const [latDeg, lngDeg, ...more] = text
    .split(/[\s,;]+/)
    .filter((part) => part !== "")
    .map(Number);
  if (latDeg === undefined || lngDeg === undefined || more.length > 0) return undefined;
  return Math.abs(latDeg) <= 90 && Math.abs(lngDeg) <= 180 ? { latDeg, lngDeg } : undefined;
}
