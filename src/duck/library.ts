import { textDecoder } from "@duckdb/node-api/lib/vectors/dataAccessors.js";

export { DuckDBInstance } from "@duckdb/node-api";

/**
 * DuckDB's package reads texts by a decoder that takes U+FEFF at a text's start for a byte-order mark and drops it (1.5.6):
 * two texts would become one, and a text asked for by what came back would not be found. Its own one is told to keep
 * it, since no setting does and every text goes through it; a test holds that it does.
 */
const wholeTexts = new TextDecoder("utf-8", { ignoreBOM: true });
textDecoder.decode = wholeTexts.decode.bind(wholeTexts);
