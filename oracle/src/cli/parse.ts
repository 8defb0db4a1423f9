/** Reads the values of flags and arguments; what cannot be read is an error of the command line, exit code 2. */

/** An integer from `minimum` to `maximum`. */
export function integerParser(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = /^-?[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= minimum && value <= maximum)) {
      throw new RangeError(`expected an integer from ${minimum} to ${maximum}, got ${JSON.stringify(text)}`);
    }
    return value;
  };
}

/** A number above 0, at most `maximum`. */
export function positiveParser(maximum: number): (text: string) => number {
  return (text) => {
    const value = decimal(text);
    if (!(value > 0 && value <= maximum)) {
      throw new RangeError(`expected a number above 0 and at most ${maximum}, got ${JSON.stringify(text)}`);
    }
    return value;
  };
}

/** `LAT,LNG` in degrees. */
export function placeParser(text: string): { readonly latDeg: number; readonly lngDeg: number } {
  const [latDeg, lngDeg, ...rest] = text.split(",").map(decimal);
  if (rest.length > 0 || !(Math.abs(latDeg) <= 90 && Math.abs(lngDeg) <= 180)) {
    throw new RangeError(`expected LAT,LNG in degrees, as 37.77,-122.42, got ${JSON.stringify(text)}`);
  }
  return { latDeg, lngDeg };
}

/** Text that is not empty. */
export function textParser(text: string): string {
  if (text === "") throw new RangeError("expected some text, got none");
  return text;
}

function decimal(text: string): number {
  return /^\s*[+-]?[0-9]+(\.[0-9]*)?\s*$/.test(text) ? Number(text) : Number.NaN;
}
