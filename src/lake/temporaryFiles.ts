import { createHash } from "node:crypto";
import * as fs from "node:fs/promises";
import path from "node:path";
import { makeFolder } from "../basics/makeFolder";
import { ScratchNames } from "../basics/scratch";
import { temporaryFolder } from "./lakePath";
import { makePrivateFolder } from "./privateFolder";

/** The file system without identities. */
const openFileSystem = "stage2p";

/** On Windows, a renamed file keeps the access list of the folder in which it was created. */
const keepsAccessList = process.platform === "win32";

/**
 * Where a folder lake keeps unfinished files: in one folder next to the file systems, readable by its owner only. On
 * Windows, files for `stage2p` are created within `stage2p`, so that everyone with access to it can read them.
 */
export class TemporaryFiles {
  private readonly folder: string;
  private readonly names: ScratchNames;
  private readonly openNames: ScratchNames;

  constructor(private readonly root: string) {
    this.folder = path.join(root, temporaryFolder);
    this.names = new ScratchNames(this.folder, async (folder) => {
      await makeFolder(root);
      await makePrivateFolder(folder);
    });
    this.openNames = new ScratchNames(path.join(root, openFileSystem, temporaryFolder));
  }

  /** A new name for a file that will be renamed to `lakePath`. */
  next(lakePath: string): Promise<string> {
    return (this.mustStageInPlace(lakePath) ? this.openNames : this.names).next();
  }

  /** Entries of these folders from other processes, by path below the lake's root. */
  async others(): Promise<string[]> {
    const [here, open] = [await this.names.others(), await this.openNames.others()];
    return [
      ...here.map((name) => `${temporaryFolder}/${name}`),
      ...open.map((name) => `${openFileSystem}/${temporaryFolder}/${name}`),
    ];
  }

  /** Whether a file for this path must be created within its file system. */
  mustStageInPlace(lakePath: string): boolean {
    return keepsAccessList && lakePath.startsWith(`${openFileSystem}/`);
  }

  /** A new empty folder for files of any kind. */
  async scratch(): Promise<string> {
    const folder = await this.names.next();
    await fs.mkdir(folder, { mode: 0o700 });
    return folder;
  }

  /** The claim file with which writers of one path take turns. */
  async claim(target: string): Promise<string> {
    await this.names.ready();
    const name = createHash("sha256").update(path.relative(this.root, target).toLowerCase()).digest("hex");
    return path.join(this.folder, `claim-${name}`);
  }
}
