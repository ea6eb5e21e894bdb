import { textDecoder } from "@duckdb/node-api/lib/vectors/dataAccessors.js";

export { DuckDBInstance } from "@duckdb/node-api";

/**
 * DuckDB's package (1.5.6) decodes texts with a decoder that drops U+FEFF at the start of a text as a byte-order
 * mark. Two different texts would become equal, and a lookup by a returned text would fail. There is no setting for
 * this and every text goes through this decoder, so we patch it to keep the character; a test ensures that this
 * works.
 */
const wholeTexts = new TextDecoder("utf-8", { ignoreBOM: true });
textDecoder.decode = wholeTexts.decode.bind(wholeTexts);
