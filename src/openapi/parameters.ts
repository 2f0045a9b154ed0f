import type { OperationRow } from '../http/operation-row.js';
import { MOST_ON_A_PAGE } from '../http/paging.js';

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

/** What an operation takes beside its body. */
export const parametersOf = ({ params, isPaged }: OperationRow): Parameter[] => [
  ...Object.entries(params).map(([name, description]): Parameter => ({
    name,
    in: 'path',
    required: true,
    description,
    schema: name === 'provider' ? { type: 'string' } : { type: 'string', format: 'uuid' },
  })),
  ...(isPaged ? PAGE : []),
];
