/** Reads the values of flags and arguments; what cannot be read is an error of the command line. */

/** An integer from `minimum` to `maximum`. */
export function integerParser(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = /^[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= minimum && value <= maximum))
      throw new RangeError(`expected an integer from ${minimum} to ${maximum}, got ${JSON.stringify(text)}`);
    return value;
  };
}

/** Text that is not empty. */
export function textParser(text: string): string {
  if (text === "") throw new RangeError("expected some text, got none");
  return text;
}
