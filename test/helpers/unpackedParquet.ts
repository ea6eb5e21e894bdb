import { sqlString } from "../../src/duck/duck";
import { sharedDuck } from "./lakeRows";

/** A Parquet file's values, decompressed, as bytes in Latin-1. */
export async function unpackedParquet(place: string): Promise<string> {
  const duck = await sharedDuck();
  const rows = await duck.session((session) =>
    session.query(`SELECT to_json(row_)::VARCHAR AS json FROM read_parquet(${sqlString(place)}) row_`),
  );
  return Buffer.from(rows.map(({ json }) => String(json)).join("\n")).toString("latin1");
}
