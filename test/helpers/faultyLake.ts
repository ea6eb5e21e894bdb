import type { Readable } from "node:stream";
import { CleverLakeError } from "../../src/basics/errors";
import type { FolderLake } from "../../src/lake/folder";
import type { Lake, LakeEntry, LakeOptions } from "../../src/lake/lake";

/**
 * How a lake fails: `before` does not execute the operation, `after` executes it and reports a failure, `dead` executes
 * neither it nor any later one, as if the process had been killed there.
 */
export type Fault = "before" | "after" | "dead";

/** A lake whose n-th changing operation fails. */
export class FaultyLake implements Lake {
  readonly url: string;
  /** Operations so far. */
  operations = 0;
  /** What failed, such as `putIfAbsent stage1np/clever/_run.lock`. */
  failed: string | undefined;

  constructor(
    private readonly lake: FolderLake,
    private readonly fault: Fault,
    /** From 1. */
    private readonly at: number,
  ) {
    this.url = lake.url;
  }

  list(folder: string, options?: LakeOptions & { readonly recursive?: boolean }): AsyncIterable<LakeEntry> {
    return this.lake.list(folder, options);
  }

  names(folder: string, options?: LakeOptions): Promise<string[]> {
    return this.lake.names(folder, options);
  }

  stat(path: string, options?: LakeOptions): Promise<LakeEntry | undefined> {
    return this.lake.stat(path, options);
  }

  readRange(path: string, start: number, length: number, options?: LakeOptions): Promise<Buffer> {
    return this.lake.readRange(path, start, length, options);
  }

  readStream(path: string, options?: LakeOptions): Readable {
    return this.lake.readStream(path, options);
  }

  write(path: string, data: AsyncIterable<Uint8Array>, options?: LakeOptions): Promise<void> {
    return this.change(`write ${path}`, () => this.lake.write(path, data, options));
  }

  deleteEmptyFolder(path: string, options?: LakeOptions): Promise<void> {
    return this.change(`deleteEmptyFolder ${path}`, () => this.lake.deleteEmptyFolder(path, options));
  }

  putIfAbsent(path: string, data: Uint8Array, options?: LakeOptions): Promise<boolean> {
    return this.change(`putIfAbsent ${path}`, () => this.lake.putIfAbsent(path, data, options));
  }

  importFile(localFile: string, path: string, options?: LakeOptions): Promise<void> {
    return this.change(`importFile ${path}`, () => this.lake.importFile(localFile, path, options));
  }

  rename(from: string, to: string, options?: LakeOptions): Promise<void> {
    return this.change(`rename ${from}`, () => this.lake.rename(from, to, options));
  }

  delete(path: string, options?: LakeOptions): Promise<void> {
    return this.change(`delete ${path}`, () => this.lake.delete(path, options));
  }

  temporaries(options?: LakeOptions): AsyncIterable<LakeEntry> {
    return this.lake.temporaries(options);
  }

  scratch(): Promise<string> {
    return this.lake.scratch();
  }

  localPath(path: string): string {
    return this.lake.localPath(path);
  }

  private async change<T>(name: string, operation: () => Promise<T>): Promise<T> {
    const number = ++this.operations;
    const fails = this.fault === "dead" ? number >= this.at : number === this.at;
    if (!fails) return operation();
    this.failed ??= name;
    if (this.fault === "after") await operation();
    throw new CleverLakeError("io", "The lake failed, as the test wants it.", { subject: name });
  }
}
