/** A stable sort of items by a small number. */
export function countingSort(
  items: Uint32Array,
  key: (item: number) => number,
  keys: number,
): Uint32Array<ArrayBuffer> {
  const starts = new Uint32Array(keys + 1);
  for (const item of items) starts[key(item) + 1] = (starts[key(item) + 1] as number) + 1;
  for (let k = 0; k < keys; k++) starts[k + 1] = (starts[k + 1] as number) + (starts[k] as number);
  const sorted = new Uint32Array(items.length);
  for (const item of items) {
    const at = starts[key(item)] as number;
    sorted[at] = item;
    starts[key(item)] = at + 1;
  }
  return sorted;
}
