import { CleverLakeError, isCleverLakeError } from "../basics/errors";
import type { Lake, LakeOptions } from "./lake";
import { fileSystems } from "./lakePath";

/** Whether there is a lake: at least one of its stages exists. A disk that is not mounted leaves an empty folder. */
export async function isLake(lake: Lake, options: LakeOptions = {}): Promise<boolean> {
  try {
    for await (const { path } of lake.list("", options)) {
      if (fileSystems.some((stage) => stage === path)) return true;
    }
    return false;
  } catch (error) {
    // A stage that this user must not see.
    if (isCleverLakeError(error, "auth")) return true;
    throw error;
  }
}

/** Rejects with `notFound` if there is no lake; for work that needs what a run wrote. */
export async function requireLake(lake: Lake, options: LakeOptions = {}): Promise<void> {
  if (await isLake(lake, options)) return;
  throw new CleverLakeError("notFound", "There is no lake here: the folder is missing, or holds none.", {
    subject: lake.url,
    hint: "Check the lake's address, and whether its disk is mounted. The first run creates the lake.",
  });
}
