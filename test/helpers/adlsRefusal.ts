/** The status and Azure's error code of a refused request, or that it succeeded. */
export async function refusal(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    const refused = error as { statusCode?: number; code?: string; details?: { errorCode?: string } };
    if (refused.statusCode === undefined && refused.code === undefined) throw error;
    return `${refused.statusCode ?? "no answer:"} ${refused.details?.errorCode ?? refused.code}`;
  }
  return "went through";
}
