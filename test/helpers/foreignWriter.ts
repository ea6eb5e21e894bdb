import { rename, writeFile } from "node:fs/promises";
import { type DataFileRequest, writeDataFile } from "../../src/delta/files/dataFile";
import { type Action, type AddFile, formatCommit, type Txn } from "../../src/delta/log/actions";
import { writeCheckpoint } from "../../src/delta/log/checkpoint";
import { commitPath } from "../../src/delta/paths";
import { readQuery } from "../../src/delta/readQuery";
import { tableColumns } from "../../src/delta/schema";
import { readSnapshot, type Snapshot } from "../../src/delta/snapshot";
import { removeFile } from "../../src/delta/tableActions";
import type { FolderLake } from "../../src/lake/folder";
import { sharedDuck } from "./lakeRows";

interface SchemaField {
  readonly name: string;
  readonly type: unknown;
}
export type SchemaChange = (fields: readonly SchemaField[]) => readonly SchemaField[];

/** Another program that writes to a table of a folder lake and does not know our tags. */
export class ForeignWriter {
  constructor(
    private readonly lake: FolderLake,
    readonly table: string,
  ) {}

  async snapshot(): Promise<Snapshot> {
    const snapshot = await readSnapshot({ lake: this.lake, duck: await sharedDuck() }, this.table);
    if (snapshot === undefined) throw new Error("there is no table");
    return snapshot;
  }

  /** The commit of an operation. */
  async commit(operation: string, actions: readonly Action[], version?: number): Promise<void> {
    const next = version ?? (await this.snapshot()).version + 1;
    const info = { commitInfo: { timestamp: Date.now(), operation, engineInfo: "Apache-Spark/3.5.3" } };
    const place = this.lake.localPath(commitPath(this.table, next));
    await writeFile(place, formatCommit([info, ...actions]), { flag: "wx" });
  }

  /** Deletes rows of a data file by a deletion vector, as Databricks and Fabric do. */
  async deleteByVector(): Promise<void> {
    const [file] = (await this.snapshot()).files.values();
    if (file === undefined) throw new Error("there is no data file");
    const names = ["deletionVectors"];
    const versions = { minReaderVersion: 3, minWriterVersion: 7 };
    await this.commit("DELETE", [
      { protocol: { ...versions, readerFeatures: names, writerFeatures: names } },
      removeFile(file, { dataChange: true }),
      { add: { ...file, deletionVector: { storageType: "i", pathOrInlineDv: "x", offset: 1 } } },
    ]);
  }

  /** Turns the change feed on, which other programs can read only if each writer records its changes for it. */
  async turnChangeFeedOn(): Promise<void> {
    const { columns: _, ...metadata } = (await this.snapshot()).metadata;
    const configuration = { ...metadata.configuration, "delta.enableChangeDataFeed": "true" };
    const protocol = { minReaderVersion: 1, minWriterVersion: 4 };
    await this.commit("SET TBLPROPERTIES", [{ protocol }, { metaData: { ...metadata, configuration } }]);
  }

  /** Makes the table need a feature that no reader has yet. */
  async requireFeature(feature: string): Promise<void> {
    const versions = { minReaderVersion: 3, minWriterVersion: 7 };
    const protocol = { ...versions, readerFeatures: [feature], writerFeatures: [feature] };
    await this.commit("SET TBLPROPERTIES", [{ protocol }]);
  }

  /** Changes the table's columns in its log only, as programs with column mapping or schema evolution do. */
  async changeColumns(change: SchemaChange): Promise<void> {
    const { columns: _, schemaString, ...metadata } = (await this.snapshot()).metadata;
    const schema = JSON.parse(schemaString) as { readonly fields: readonly SchemaField[] };
    const changed = JSON.stringify({ ...schema, fields: change(schema.fields) });
    await this.commit("REPLACE COLUMNS", [{ metaData: { ...metadata, schemaString: changed } }]);
  }

  async dropColumn(dropped: string): Promise<void> {
    await this.changeColumns((fields) => fields.filter(({ name }) => name !== dropped));
  }

  /** Rewrites a month's rows into one data file. */
  async rewrite(
    operation: string,
    month: { readonly year: number; readonly month: number },
    {
      select = "SELECT *",
      dataChange = true,
    }: { readonly select?: string; readonly dataChange?: boolean } = {},
  ): Promise<void> {
    const files = [...(await this.snapshot()).files.values()].filter(
      ({ partitionValues }) =>
        partitionValues.year === `${month.year}` && partitionValues.month === `${month.month}`,
    );
    const add = await this.file(
      (rows) => `${select} FROM ${rows} WHERE year = ${month.year} AND month = ${month.month}`,
      month,
      dataChange,
    );
    await this.commit(operation, [...files.map((file) => removeFile(file, { dataChange })), { add }]);
  }

  /** Rewrites all data files of a table without partitions into one, with the same rows. */
  async compact(): Promise<void> {
    const files = [...(await this.snapshot()).files.values()];
    const add = await this.file((rows) => `SELECT * FROM ${rows}`, undefined, false);
    await this.commit("OPTIMIZE", [...files.map((file) => removeFile(file, { dataChange: false })), { add }]);
  }

  /**
   * Removes all commits before the newest version, as a clean-up of the log does after its days of retention. Without
   * transactions, it does as if these had expired, too.
   */
  async cleanUp({ withTransactions = true } = {}): Promise<void> {
    await this.commit("VACUUM END", []);
    const newest = await this.snapshot();
    const snapshot = withTransactions ? newest : { ...newest, transactions: new Map<string, Txn>() };
    await writeCheckpoint({ lake: this.lake, duck: await sharedDuck() }, snapshot);
    for (let version = 0; version < snapshot.version; version++)
      await this.lake.delete(commitPath(this.table, version));
  }

  /** A data file with rows of the table, named as Spark and delta-rs do. */
  async file(
    select: (rows: string) => string,
    partitionValues?: DataFileRequest["partitionValues"],
    dataChange = true,
  ): Promise<AddFile> {
    const snapshot = await this.snapshot();
    const duck = await sharedDuck();
    const files = [...snapshot.files.values()];
    const rows = readQuery(snapshot, files, (lakePath) => this.lake.localPath(lakePath));
    const add = await duck.session((session) =>
      writeDataFile({
        session,
        dataChange,
        lake: this.lake,
        tablePath: this.table,
        columns: tableColumns(snapshot.metadata.columns, this.table),
        query: select(`(${rows})`),
        ...(partitionValues ? { partitionValues } : {}),
      }),
    );
    if (add === undefined) throw new Error("there are no rows");
    const { tags: _tags, ...untagged } = add;
    const name = add.path.replace("part-", "part-00000-");
    const [from, to] = [add.path, name].map((each) => this.lake.localPath(`${this.table}/${each}`));
    await rename(from ?? "", to ?? "");
    return { ...untagged, path: name };
  }
}
