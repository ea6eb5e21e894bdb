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

const arrayTypes = { UTINYINT: Uint8Array, UINTEGER: Uint32Array, DOUBLE: Float64Array } as const;
type ArrayType = (typeof arrayTypes)[keyof typeof arrayTypes];

/** Columns of a shape, each created by `make` as an array of the given type. */
export function makeColumns<Shape extends ColumnShape>(
  shape: Shape,
  make: (type: ArrayType) => TypedArray,
): TypedColumns<Shape> {
  return Object.fromEntries(
    Object.entries(shape).map(([name, type]) => [name, make(arrayTypes[type])]),
  ) as TypedColumns<Shape>;
}

export type TypedArray = ArrayOf[keyof ArrayOf];
