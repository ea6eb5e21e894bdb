/** Device names, with or without an extension, possibly followed by spaces. */
const device = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(?:\.|$)/i;

/**
 * Why Windows cannot store a file or folder of this name, as a noun phrase; undefined if it can. Windows does not
 * reject all of these names: `a:b` becomes a hidden stream of the file `a`, and a trailing dot or space is dropped.
 */
export function windowsNameFault(name: string): string | undefined {
  if (/[<>:"|?*\\]/.test(name)) return "a name with characters that Windows does not allow";
  if (device.test(name)) return "a name that Windows reserves for a device";
  if (/[. ]$/.test(name)) return "a name that ends in a dot or space";
  return undefined;
}
