import type { WebAnswer } from "../host.ts";

/** `Web.get`: HTTP and HTTPS by the runtime's own client. */
export async function get(
  url: string,
  { timeoutMs, bytesMax }: { readonly timeoutMs: number; readonly bytesMax: number },
): Promise<WebAnswer> {
  try {
    const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(timeoutMs) });
    const to = response.headers.get("location");
    if (response.status >= 300 && response.status < 400 && to !== null) {
      await response.body?.cancel();
      return { kind: "moved", to: new URL(to, url).href };
    }
    if (!response.ok) {
      await response.body?.cancel();
      return { kind: "refused", why: `${response.status} ${response.statusText}`.trim() };
    }
    const bytes = await readAtMost(response, bytesMax);
    if (bytes === null) return { kind: "refused", why: `it is larger than ${bytesMax} bytes` };
    return { kind: "ok", bytes, type: response.headers.get("content-type") ?? "" };
  } catch (error) {
    return { kind: "refused", why: wordsOf(error) };
  }
}

async function readAtMost(response: Response, bytesMax: number): Promise<Uint8Array<ArrayBuffer> | null> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > bytesMax) return null;
    chunks.push(chunk);
  }
  return await new Blob(chunks).bytes();
}

/** What went wrong at the bottom: the outer words only repeat the address. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return "no answer in time";
  const words = [error.message];
  for (let cause = error.cause; cause instanceof Error; cause = cause.cause) words.push(cause.message);
  return words.at(-1)!;
}
