/** With or without an extension, possibly after blanks. */
const device = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(?:\.|$)/i;

/**
 * Why Windows cannot store a file or folder of this name, as a clause; undefined if it can. Windows would not reject
 * all of them: `a:b` becomes a hidden part of the file `a`, and a trailing dot or blank is dropped.
 */
export function windowsNameFault(name: string): string | undefined {
  if (/[<>:"|?*\\]/.test(name)) return "a name with characters that Windows does not allow";
  if (device.test(name)) return "a name that Windows keeps for a device";
  if (/[. ]$/.test(name)) return "a name that ends in a dot or space";
  return undefined;
}
