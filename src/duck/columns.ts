import {
  type DuckDBDataChunk,
  DuckDBDoubleVector,
  DuckDBUIntegerVector,
  DuckDBUTinyIntVector,
  type DuckDBVector,
} from "@duckdb/node-api";

/** A statement's columns with their types, in the statement's order. */
export type ColumnShape = Readonly<Record<string, "UTINYINT" | "UINTEGER" | "DOUBLE">>;

interface ArrayOf {
  readonly UTINYINT: Uint8Array<ArrayBuffer>;
  readonly UINTEGER: Uint32Array<ArrayBuffer>;
  readonly DOUBLE: Float64Array<ArrayBuffer>;
}

export type TypedColumns<Shape extends ColumnShape> = {
  readonly [Name in keyof Shape]: ArrayOf[Shape[Name]];
};

/** The event loop gets a turn after this many chunks: a few milliseconds of copying. */
export const chunksPerTurn = 256;

const arrayTypes = { UTINYINT: Uint8Array, UINTEGER: Uint32Array, DOUBLE: Float64Array } as const;
export type ArrayType = (typeof arrayTypes)[keyof typeof arrayTypes];

/** Columns of a shape, each created by `make` as an array of the given type. */
export function makeColumns<Shape extends ColumnShape>(
  shape: Shape,
  make: (type: ArrayType) => TypedArray,
): TypedColumns<Shape> {
  return Object.fromEntries(
    Object.entries(shape).map(([name, type]) => [name, make(arrayTypes[type])]),
  ) as TypedColumns<Shape>;
}

/** Copies a chunk's values into the columns, starting at a row; returns its number of rows. */
export function copyChunk(chunk: DuckDBDataChunk, columns: TypedColumns<ColumnShape>, row: number): number {
  const { rowCount } = chunk;
  const targets = Object.entries(columns);
  if (targets.length !== chunk.columnCount)
    throw new Error("The statement does not have the requested columns.");
  for (const [index, [name, target]] of targets.entries()) {
    copyVector(numbersOf(chunk.getColumnVector(index), target, name), target, row, rowCount);
  }
  return rowCount;
}

type NumberVector = DuckDBVector<number>;
export type TypedArray = ArrayOf[keyof ArrayOf];

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
