import { textDecoder } from "@duckdb/node-api/lib/vectors/dataAccessors.js";

export { DuckDBInstance } from "@duckdb/node-api";

/**
 * DuckDB's package decodes texts with a decoder that drops U+FEFF at a text's start as a byte-order mark (1.5.6): two
 * different texts would become equal, and a lookup by a returned text would fail. We patch its decoder to keep it,
 * because there is no setting and every text goes through it; a test ensures that this works.
 */
const wholeTexts = new TextDecoder("utf-8", { ignoreBOM: true });
textDecoder.decode = wholeTexts.decode.bind(wholeTexts);
