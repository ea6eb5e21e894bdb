/** `4.2 s`, `3 min 20 s` or `2 h 5 min`, with the numbers of a language. */
export function duration(milliseconds: number, language: string): string {
  const tenths = Math.round(milliseconds / 100);
  if (tenths < 600) {
    return `${(tenths / 10).toLocaleString(language, { maximumFractionDigits: 1 })} s`;
  }
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
