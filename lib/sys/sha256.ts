/** From this size on a file is read in pieces (bytes): the quick way needs the whole of it in memory. */
const WHOLE_MAX = 64 * 1024 * 1024;

const PIECE = 1024 * 1024;

/** As `Files.sha256`. */
export async function sha256(
  source: { readonly path: string } | { readonly text: string },
): Promise<string | null> {
  if ("text" in source) return await digest(new TextEncoder().encode(source.text));
  try {
    const { size } = Deno.statSync(source.path);
    return size <= WHOLE_MAX ? await digest(Deno.readFileSync(source.path)) : await inPieces(source.path);
  } catch {
    return null;
  }
}

async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

async function inPieces(path: string): Promise<string> {
  const { createHash } = await import("node:crypto");
  const hash = createHash("sha256");
  const piece = new Uint8Array(PIECE);
  using file = await Deno.open(path);
  for (let read = await file.read(piece); read !== null; read = await file.read(piece)) {
    hash.update(piece.subarray(0, read));
  }
  return hash.digest("hex");
}
