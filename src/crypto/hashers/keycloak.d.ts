export function fromKeycloak(credential: unknown): string | undefined;
