/** What openapi-typescript makes of an operation, as far as the tests look. */
interface Described {
  requestBody?: { content: Record<string, unknown> };
  responses: object;
}

type Values<T> = T[keyof T];
type JsonOf<Media> = Media extends { 'application/json': infer Body } ? Body : never;

/** The JSON body of every operation that takes one. */
export type Bodies<Operations> = {
  [
    O in keyof Operations as Operations[O] extends { requestBody?: { content: object } }
      ? Operations[O] extends { requestBody?: never }
        ? never
        : O
      : never
  ]: Operations[O] extends { requestBody?: { content: infer Media } } ? JsonOf<Media> : never;
};

/** The JSON body of success of every operation; undefined where there is none. */
export type Answers<Operations> = {
  [O in keyof Operations]: Operations[O] extends Described ? SuccessOf<Operations[O]['responses']> : never;
};

type SuccessOf<Responses> = Values<{
  [
    Status in keyof Responses as Status extends 200 | 201 | 202 | 204 | 303 ? Status : never
  ]: Responses[Status] extends {
    content: infer Media;
  }
    ? Media extends object
      ? JsonOf<Media>
      : undefined
    : undefined;
}>;

/** Whatever an operation refuses with. */
export type Refusals<Operations> = {
  [O in keyof Operations]: Operations[O] extends Described ? RefusalOf<Operations[O]['responses']> : never;
};

type RefusalOf<Responses> = Values<{
  [Status in Exclude<keyof Responses, 200 | 201 | 202 | 204 | 303>]: Responses[Status] extends {
    content: infer Media;
  }
    ? Values<Media>
    : never;
}>;
