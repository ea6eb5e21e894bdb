/** A cell of the grid: row -1 is the header, column 0 the line numbers. */
export interface GridPosition {
  readonly row: number;
  readonly column: number;
}

export interface GridSize {
  readonly rows: number;
  readonly columns: number;
  /** How many rows PageUp and PageDown move. */
  readonly page: number;
}

/**
 * The cell that a key moves to, following the grid pattern of the ARIA Authoring Practices; undefined for a key that
 * does not navigate. Source: https://www.w3.org/WAI/ARIA/apg/patterns/grid/
 */
export function moveInGrid(
  { row, column }: GridPosition,
  { key, control }: { readonly key: string; readonly control: boolean },
  { rows, columns, page }: GridSize,
): GridPosition | undefined {
  const to = (nextRow: number, nextColumn: number): GridPosition => clamp(nextRow, nextColumn, rows, columns);
  switch (key) {
    case "ArrowUp":
      return control ? to(0, column) : to(row - 1, column);
    case "ArrowDown":
      return control ? to(rows - 1, column) : to(row + 1, column);
    case "ArrowLeft":
      return control ? to(row, 0) : to(row, column - 1);
    case "ArrowRight":
      return control ? to(row, columns - 1) : to(row, column + 1);
    case "Home":
      return control ? to(0, 0) : to(row, 0);
    case "End":
      return control ? to(rows - 1, columns - 1) : to(row, columns - 1);
    // With Ctrl, these keys switch between VS Code's tabs.
    case "PageUp":
      return control ? undefined : to(Math.max(row - page, Math.min(row, 0)), column);
    case "PageDown":
      return control ? undefined : to(row + page, column);
    default:
      return undefined;
  }
}

function clamp(row: number, column: number, rows: number, columns: number): GridPosition {
  return { row: Math.max(-1, Math.min(row, rows - 1)), column: Math.max(0, Math.min(column, columns - 1)) };
}
