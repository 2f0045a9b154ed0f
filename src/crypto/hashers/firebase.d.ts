export function fromFirebase(hash: Readonly<Record<string, unknown>>): string | undefined;
export function fromSupabaseFirebase(stored: string): string | undefined;
