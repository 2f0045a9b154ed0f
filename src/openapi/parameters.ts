import { z } from 'zod';
import type { OperationRow } from '../http/operation-row.js';
import { MOST_ON_A_PAGE } from '../http/paging.js';
import type { Options } from '../config/options.js';
import { tidy, userIdSchema, withUserIds } from './schemas.js';

interface Parameter {
  name: string;
  in: 'path' | 'query';
  required: boolean;
  description: string;
  schema: object;
}

const PAGE: readonly Parameter[] = [
  {
    name: 'limit',
    in: 'query',
    required: false,
    description: 'How many there may be on the page.',
    schema: { type: 'integer', minimum: 1, maximum: MOST_ON_A_PAGE, default: MOST_ON_A_PAGE },
  },
  {
    name: 'cursor',
    in: 'query',
    required: false,
    description: 'Where the page begins: as the header `Link` of the one before says it.',
    schema: { type: 'string' },
  },
];

const ADMIN_PAGE: readonly Parameter[] = PAGE.map((parameter) =>
  parameter.name === 'cursor'
    ? { ...parameter, description: 'Where the page begins: `next` of the one before.' }
    : parameter,
);

const TEXT = { type: 'string' };

/** What an operation takes beside its body. */
export const parametersOf = (
  { params, query, isPaged, access }: OperationRow,
  options: Pick<Options, 'userId'>,
): Parameter[] => [
  ...Object.entries(params).map(([name, parameter]): Parameter => ({
    name,
    in: 'path',
    required: true,
    ...(typeof parameter === 'string'
      ? { description: parameter, schema: name === 'provider' ? TEXT : { ...TEXT, format: 'uuid' } }
      : {
          description: parameter.description,
          schema: parameter.type === 'user' ? userIdSchema(options) : { type: parameter.type },
        }),
  })),
  ...(query ? queryOf(query, options) : []),
  ...(isPaged ? (access === 'admin' ? ADMIN_PAGE : PAGE) : []),
];

function queryOf(query: z.ZodObject, options: Pick<Options, 'userId'>): Parameter[] {
  const { properties = {} } = z.toJSONSchema(query, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => withUserIds(zodSchema, jsonSchema, options),
  });
  return Object.entries(properties).map(([name, property]) => {
    const { description = '', ...schema } = property as { description?: string };
    return { name, in: 'query', required: false, description, schema: tidy(schema) };
  });
}
