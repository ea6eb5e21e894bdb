import {
  type DuckDBDataChunk,
  DuckDBDoubleVector,
  DuckDBUIntegerVector,
  DuckDBUTinyIntVector,
  type DuckDBVector,
} from "@duckdb/node-api";
import { type ColumnShape, makeColumns, type TypedArray, type TypedColumns } from "./columns";

/** Rows of columns that have not grown yet: those of a few chunks. */
const firstCapacity = 8192;

/** Columns that grow with the chunks that are added: a statement's number of rows is known only at its end. */
export class GrowingColumns<Shape extends ColumnShape> {
  private columns: Readonly<Record<string, TypedArray>>;
  private capacity = firstCapacity;
  private rows = 0;

  constructor(private readonly shape: Shape) {
    this.columns = this.empty();
  }

  add(chunk: DuckDBDataChunk): void {
    const { rowCount } = chunk;
    const targets = Object.entries(this.withSpaceFor(rowCount));
    if (targets.length !== chunk.columnCount)
      throw new Error("The statement does not have the requested columns.");
    for (const [index, [name, target]] of targets.entries()) {
      copyVector(numbersOf(chunk.getColumnVector(index), target, name), target, this.rows, rowCount);
    }
    this.rows += rowCount;
  }

  /** The rows that were added. */
  filled(): TypedColumns<Shape> {
    const entries = Object.entries(this.columns);
    return Object.fromEntries(
      entries.map(([name, column]) => [name, column.subarray(0, this.rows)]),
    ) as TypedColumns<Shape>;
  }

  private withSpaceFor(rows: number): Readonly<Record<string, TypedArray>> {
    const needed = this.rows + rows;
    if (needed > this.capacity) {
      this.capacity = Math.max(2 * this.capacity, needed);
      const before = this.columns;
      this.columns = this.empty();
      for (const [name, column] of Object.entries(this.columns)) column.set(before[name] ?? []);
    }
    return this.columns;
  }

  private empty(): Readonly<Record<string, TypedArray>> {
    return makeColumns(this.shape, (ArrayType) => new ArrayType(this.capacity));
  }
}

type NumberVector = DuckDBVector<number>;

function numbersOf(vector: DuckDBVector, target: TypedArray, name: string): NumberVector {
  if (target instanceof Uint32Array && vector instanceof DuckDBUIntegerVector) return vector;
  if (target instanceof Uint8Array && vector instanceof DuckDBUTinyIntVector) return vector;
  if (target instanceof Float64Array && vector instanceof DuckDBDoubleVector) return vector;
  throw new Error(`The column ${name} does not have the requested type.`);
}

/** The fields of a vector that copy it as a whole: reading item by item takes several times as long. */
interface VectorFields {
  readonly items: TypedArray;
  /** A bit for each row that is not null; absent if none is. */
  readonly validity: { readonly data: BigUint64Array | null };
}
const allValid = 2n ** 64n - 1n;

function copyVector(vector: NumberVector, target: TypedArray, row: number, count: number): void {
  const { items, validity } = vector as unknown as VectorFields;
  if (validity.data?.some((bits) => bits !== allValid)) {
    for (let index = 0; index < count; index++) {
      if (vector.getItem(index) === null) throw new Error("A column contains an unexpected null.");
    }
  }
  target.set(items, row);
}
