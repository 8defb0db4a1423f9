/** The first of the rows 0 … `count` − 1, which ascend, that is not below what is looked for; `count` where all are. */
export function lowerBound(count: number, isBelow: (row: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBelow(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}
