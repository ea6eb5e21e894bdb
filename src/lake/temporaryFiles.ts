import { createHash } from "node:crypto";
import * as fs from "node:fs/promises";
import path from "node:path";
import { ScratchNames } from "../basics/scratch";
import { identityFileSystems, temporaryFolder } from "./lakePath";
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
  private readonly openNames = new Map<string, ScratchNames>();
  private made: Promise<void> | undefined;

  constructor(private readonly root: string) {
    this.folder = path.join(root, temporaryFolder);
    this.names = new ScratchNames(this.folder);
  }

  /** A new name for a file that will be renamed to `lakePath`. */
  async next(lakePath: string): Promise<string> {
    if (!this.mustStageInPlace(lakePath)) return this.nextPrivate();
    const [fileSystem = ""] = lakePath.split("/", 1);
    return this.namesIn(fileSystem).next();
  }

  /** Entries of these folders from other processes, by path below the lake's root. */
  async others(): Promise<string[]> {
    const here = await this.names.others();
    const open = keepsAccessList ? await this.namesIn(openFileSystem).others() : [];
    return [
      ...here.map((name) => `${temporaryFolder}/${name}`),
      ...open.map((name) => `${openFileSystem}/${temporaryFolder}/${name}`),
    ];
  }

  private namesIn(fileSystem: string): ScratchNames {
    const names =
      this.openNames.get(fileSystem) ?? new ScratchNames(path.join(this.root, fileSystem, temporaryFolder));
    this.openNames.set(fileSystem, names);
    return names;
  }

  /** Whether a file for this path must be created within its file system. */
  mustStageInPlace(lakePath: string): boolean {
    const [fileSystem = "", ...rest] = lakePath.split("/");
    return keepsAccessList && rest.length > 0 && !identityFileSystems.has(fileSystem);
  }

  /** A new empty folder for files of any kind. */
  async scratch(): Promise<string> {
    const folder = await this.nextPrivate();
    await fs.mkdir(folder, { mode: 0o700 });
    return folder;
  }

  /** The claim file with which writers of one path take turns. */
  async claim(target: string): Promise<string> {
    await this.ensure();
    const name = createHash("sha256").update(path.relative(this.root, target).toLowerCase()).digest("hex");
    return path.join(this.folder, `claim-${name}`);
  }

  private async nextPrivate(): Promise<string> {
    await this.ensure();
    return this.names.next();
  }

  private ensure(): Promise<void> {
    this.made ??= this.make().catch((error: unknown) => {
      this.made = undefined;
      throw error;
    });
    return this.made;
  }

  private async make(): Promise<void> {
    await fs.mkdir(this.root, { recursive: true });
    await makePrivateFolder(this.folder);
  }
}
