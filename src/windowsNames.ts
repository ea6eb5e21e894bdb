/** With or without an extension, and with blanks before it. */
const device = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(?:\.|$)/i;

/**
 * Why Windows cannot hold a file or folder of this name, as a half sentence; undefined where it can. It would not refuse
 * all of them: `a:b` becomes a hidden part of the file `a`, and a dot or blank at the end is dropped.
 */
export function windowsNameFault(name: string): string | undefined {
  if (/[<>:"|?*\\]/.test(name)) return "a name with characters that Windows does not allow";
  if (device.test(name)) return "a name that Windows keeps for a device";
  if (/[. ]$/.test(name)) return "a name that ends in a dot or space";
  return undefined;
}
