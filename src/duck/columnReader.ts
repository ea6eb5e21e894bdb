import {
  type DuckDBDataChunk,
  DuckDBDoubleVector,
  DuckDBUIntegerVector,
  DuckDBUTinyIntVector,
  type DuckDBVector,
} from "@duckdb/node-api";
import { type ColumnShape, makeColumns, type TypedArray, type TypedColumns } from "./columns";

/** Copies chunks of rows into columns. */
export class ColumnReader<Shape extends ColumnShape> {
  private readonly columns: TypedColumns<Shape>;
  private rows = 0;

  /** @param capacity at least the number of rows; memory that they do not fill is not used */
  constructor(shape: Shape, capacity: number) {
    this.columns = makeColumns(shape, (ArrayType) => new ArrayType(capacity));
  }

  add(chunk: DuckDBDataChunk): void {
    const { rowCount } = chunk;
    const targets = Object.entries<TypedArray>(this.columns);
    if (targets.length !== chunk.columnCount)
      throw new Error("The statement does not have the requested columns.");
    for (const [index, [name, target]] of targets.entries()) {
      copyVector(numbersOf(chunk.getColumnVector(index), target, name), target, this.rows, rowCount);
    }
    this.rows += rowCount;
  }

  /** The rows that were added. */
  filled(): TypedColumns<Shape> {
    const entries = Object.entries<TypedArray>(this.columns);
    return Object.fromEntries(
      entries.map(([name, column]) => [name, column.subarray(0, this.rows)]),
    ) as TypedColumns<Shape>;
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
