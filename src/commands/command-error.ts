/** A command that cannot be carried out, in a sentence for the operator. */
export class CommandError extends Error {}
