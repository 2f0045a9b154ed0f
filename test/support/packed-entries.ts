/** The IDs in a page of the blacklist's entries, as PostgreSQL packs them. */
export const sessionsIn = (packed: Uint8Array): string[] =>
  Array.from({ length: packed.byteLength / ENTRY_BYTES }, (_, n) =>
    Buffer.from(packed.subarray(n * ENTRY_BYTES, n * ENTRY_BYTES + 16))
      .toString('hex')
      .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
  );

const ENTRY_BYTES = 24;
